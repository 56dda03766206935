package notification

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// AnswerFor is how long a message can be answered by what it carries: links, keys, reply addresses.
const AnswerFor = 24 * time.Hour

// Codes signs what a message carries for its answer: short texts for links and reply addresses. A code names a
// delivery, so one person and one incident, or the whole message that it went out in. The zero value makes and reads
// none.
type Codes struct{ key string }

// Code is what a signed text names.
type Code struct {
	Delivery int64
	Whole    bool // the message that the delivery went out in, not only its incident
}

// NewCodes signs by a key: what has another one is not read.
func NewCodes(key string) Codes { return Codes{key} }

// signature is how many characters of five bits a code is signed by: nobody guesses that in a day.
const signature = 10

// Sign gives a code's text: lower-case letters and digits, about 16; "" without a key.
func (c Codes) Sign(code Code) string {
	if c.key == "" {
		return ""
	}
	n := code.Delivery * 2
	if code.Whole {
		n++
	}
	body := strconv.FormatInt(n, 36)
	return body + c.mac(body)
}

// Read gives what a text names, whatever its case: mail servers change that. False: it was not signed here.
func (c Codes) Read(text string) (Code, bool) {
	text = strings.ToLower(text)
	cut := len(text) - signature
	if c.key == "" || cut < 1 || !hmac.Equal([]byte(text[cut:]), []byte(c.mac(text[:cut]))) {
		return Code{}, false
	}
	n, err := strconv.ParseInt(text[:cut], 36, 64)
	return Code{Delivery: n / 2, Whole: n%2 == 1}, err == nil && n > 1
}

func (c Codes) mac(body string) string {
	mac := hmac.New(sha256.New, []byte(c.key))
	mac.Write([]byte("answer\x00" + body))
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)))[:signature]
}

// Answers are the codes that a message carries; empty for one that nobody can answer.
type Answers struct {
	Whole string // for all incidents that it lists
	Of    map[id.Incident]string
}

// Answers signs what a page to a person carries. The same deliveries always give the same codes.
func (c Codes) Answers(m Message, ds []Delivery) Answers {
	if c.key == "" || m.Purpose != PurposePage || m.Recipient.User() == "" || len(ds) == 0 {
		return Answers{}
	}
	first := make(map[id.Incident]int64)
	least := ds[0].ID
	for _, d := range ds {
		least = min(least, d.ID)
		if f, ok := first[d.Page.Incident]; !ok || d.ID < f {
			first[d.Page.Incident] = d.ID
		}
	}
	out := Answers{Whole: c.Sign(Code{Delivery: least, Whole: true}), Of: make(map[id.Incident]string, len(first))}
	for n, d := range first {
		out.Of[n] = c.Sign(Code{Delivery: d})
	}
	return out
}
