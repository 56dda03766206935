package channeltest

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// TelegramToken is the bot's, TelegramBot its id, TelegramGroup a group that it is in.
const (
	TelegramBot   = "4200000001"
	TelegramToken = "fake-telegram-token-fake-telegram"
	TelegramGroup = "-1001234567890"
)

// TelegramKey is a button.
type TelegramKey struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// TelegramMessage is a message that the fake has taken.
type TelegramMessage struct {
	Chat   string
	ID     int64
	Text   string // as it was sent, with its marks
	Line   string // as people see it, in one line
	Keys   []TelegramKey
	Reply  int64 // to which message
	Edits  int
	Silent bool
}

// TelegramAnswer is what whoever pressed a button was told.
type TelegramAnswer struct {
	Query string
	Text  string
}

// Telegram is Telegram's Bot API for one bot. A script is for what is sent and edited; the rest is answered.
type Telegram struct {
	*ledger[TelegramMessage]
	base    string
	server  *http.Server
	answers *ledger[TelegramAnswer]

	// under the ledger's lock
	messages []TelegramMessage
	updates  []telegramUpdate
	queries  map[string]bool // that wait for an answer
	nextID   int64
	hook     string
	secret   string
	asking   int
	fresh    chan struct{} // closed and made anew when an update comes
}

// NewTelegram starts one for a test.
func NewTelegram(t testing.TB) *Telegram {
	t.Helper()
	g := &Telegram{ledger: newLedger[TelegramMessage](), answers: newLedger[TelegramAnswer](), queries: map[string]bool{}, fresh: make(chan struct{})}
	mux := http.NewServeMux()
	for method, do := range map[string]func(w http.ResponseWriter, r *http.Request, in telegramIn){
		"getMe": func(w http.ResponseWriter, _ *http.Request, _ telegramIn) {
			telegramOK(w, map[string]any{"id": 4200000001, "is_bot": true, "username": "rouse_bot"})
		},
		"sendMessage": g.send, "editMessageText": g.edit, "answerCallbackQuery": g.answer,
		"setWebhook": g.setWebhook, "deleteWebhook": g.setWebhook, "getUpdates": g.getUpdates,
	} {
		mux.HandleFunc("POST /bot"+TelegramBot+":"+TelegramToken+"/"+method, func(w http.ResponseWriter, r *http.Request) {
			var in telegramIn
			if json.NewDecoder(r.Body).Decode(&in) != nil {
				telegramNo(w, 400, "Bad Request: can't parse the request", nil)
				return
			}
			do(w, r, in)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		telegramNo(w, http.StatusUnauthorized, "Unauthorized", nil)
	})
	var err error
	if g.server, g.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// Close ends the fake and every connection.
func (g *Telegram) Close() {
	g.stop()
	_ = g.server.Close()
}

// URL is the setting by which Rouse finds it.
func (g *Telegram) URL() string {
	return strings.Replace(g.base, "://", "://"+TelegramBot+":"+TelegramToken+"@", 1)
}

// Address is the group.
func (g *Telegram) Address() string { return TelegramGroup }

// Seen is what was taken, as the suite looks at it.
func (g *Telegram) Seen() []Seen {
	var out []Seen
	for _, m := range g.Taken() {
		out = append(out, Seen{To: []string{m.Chat}, Line: m.Line, HTML: m.Text})
	}
	return out
}

// Messages are those that there are, as they stand.
func (g *Telegram) Messages() []TelegramMessage {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]TelegramMessage(nil), g.messages...)
}

// Answers are what pressers were told.
func (g *Telegram) Answers() []TelegramAnswer { return g.answers.Taken() }

// Forget deletes all messages, as people may.
func (g *Telegram) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.messages = nil
}

type telegramUpdate struct {
	id       int64
	document map[string]any
}

type telegramIn struct {
	Chat   string `json:"chat_id"`
	ID     int64  `json:"message_id"`
	Text   string `json:"text"`
	Mode   string `json:"parse_mode"`
	Silent bool   `json:"disable_notification"`
	Reply  *struct {
		ID int64 `json:"message_id"`
	} `json:"reply_parameters"`
	Markup *struct {
		Rows [][]TelegramKey `json:"inline_keyboard"`
	} `json:"reply_markup"`
	Query   string `json:"callback_query_id"`
	Offset  int64  `json:"offset"`
	Timeout int    `json:"timeout"`
	URL     string `json:"url"`
	Secret  string `json:"secret_token"`
}

func telegramOK(w http.ResponseWriter, result any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
}

func telegramNo(w http.ResponseWriter, status int, words string, parameters map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	said := map[string]any{"ok": false, "error_code": status, "description": words}
	if parameters != nil {
		said["parameters"] = parameters
	}
	_ = json.NewEncoder(w).Encode(said)
}

var (
	telegramTags  = regexp.MustCompile(`</?(?:b|i|u|s|code|pre|a)(?: href="[^"<>]*")?>`)
	telegramChats = regexp.MustCompile(`^-?[0-9]+$`)
)

// looked is the message as Telegram would show it, or why it takes no such message.
func (in telegramIn) looked() (m TelegramMessage, why string) {
	m = TelegramMessage{Chat: in.Chat, Text: in.Text, Silent: in.Silent}
	shown := in.Text
	if in.Mode == "HTML" {
		bare := telegramTags.ReplaceAllString(in.Text, "")
		if strings.ContainsAny(bare, "<>") || strings.Count(in.Text, "<b>") != strings.Count(in.Text, "</b>") || strings.Count(in.Text, "<a ") != strings.Count(in.Text, "</a>") {
			return m, "Bad Request: can't parse entities: Unsupported start tag"
		}
		shown = html.UnescapeString(bare)
	}
	switch n := len(utf16.Encode([]rune(shown))); {
	case strings.TrimSpace(shown) == "":
		return m, "Bad Request: message text is empty"
	case n > 4096:
		return m, "Bad Request: message is too long"
	case !telegramChats.MatchString(in.Chat):
		return m, "Bad Request: chat not found"
	}
	m.Line = strings.Join(strings.FieldsFunc(shown, func(r rune) bool { return r == '\n' }), " ")
	if in.Reply != nil {
		m.Reply = in.Reply.ID
	}
	if in.Markup != nil {
		for _, row := range in.Markup.Rows {
			for _, k := range row {
				if len(k.Data) == 0 || len(k.Data) > 64 {
					return m, "Bad Request: BUTTON_DATA_INVALID"
				}
				m.Keys = append(m.Keys, k)
			}
		}
	}
	return m, ""
}

func (g *Telegram) play(w http.ResponseWriter, r *http.Request, taken, ok func()) {
	g.answerHTTP(r, g.next(), taken, ok, func(status, _ int, h map[string]string) {
		switch status {
		case 0:
			telegramNo(w, http.StatusBadRequest, "Bad Request: chat not found by "+TelegramBot+":"+TelegramToken, nil)
		case http.StatusTooManyRequests:
			after, _ := strconv.Atoi(h["Retry-After"])
			telegramNo(w, status, fmt.Sprintf("Too Many Requests: retry after %d", after), map[string]any{"retry_after": after})
		case http.StatusForbidden:
			telegramNo(w, status, "Forbidden: bot was blocked by the user", nil)
		default:
			telegramNo(w, status, http.StatusText(status)+h["words"], nil)
		}
	})
}

func (g *Telegram) send(w http.ResponseWriter, r *http.Request, in telegramIn) {
	m, why := in.looked()
	if why != "" {
		telegramNo(w, http.StatusBadRequest, why, nil)
		return
	}
	g.play(w, r, func() {
		g.mu.Lock()
		g.nextID++
		m.ID = g.nextID
		g.messages = append(g.messages, m)
		g.mu.Unlock()
		g.take(m)
	}, func() {
		chat, _ := strconv.ParseInt(m.Chat, 10, 64)
		telegramOK(w, map[string]any{"message_id": m.ID, "chat": map[string]any{"id": chat}})
	})
}

func (g *Telegram) edit(w http.ResponseWriter, r *http.Request, in telegramIn) {
	m, why := in.looked()
	g.mu.Lock()
	at := -1
	for i, old := range g.messages {
		if old.ID == in.ID && old.Chat == in.Chat {
			at = i
		}
	}
	switch {
	case why != "":
	case at < 0:
		why = "Bad Request: message to edit not found"
	case g.messages[at].Text == m.Text && fmt.Sprint(g.messages[at].Keys) == fmt.Sprint(m.Keys):
		why = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
	}
	g.mu.Unlock()
	if why != "" {
		telegramNo(w, http.StatusBadRequest, why, nil)
		return
	}
	g.play(w, r, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		old := &g.messages[at]
		old.Text, old.Line, old.Keys, old.Edits = m.Text, m.Line, m.Keys, old.Edits+1
	}, func() { telegramOK(w, map[string]any{"message_id": in.ID}) })
}

func (g *Telegram) answer(w http.ResponseWriter, _ *http.Request, in telegramIn) {
	g.mu.Lock()
	waits := g.queries[in.Query]
	delete(g.queries, in.Query)
	g.mu.Unlock()
	switch {
	case len([]rune(in.Text)) > 200:
		telegramNo(w, http.StatusBadRequest, "Bad Request: MESSAGE_TOO_LONG", nil)
	case !waits:
		telegramNo(w, http.StatusBadRequest, "Bad Request: query is too old and response timeout expired or query ID is invalid", nil)
	default:
		g.answers.take(TelegramAnswer{in.Query, in.Text})
		telegramOK(w, true)
	}
}
