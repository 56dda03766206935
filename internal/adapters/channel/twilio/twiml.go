package twilio

import (
	"encoding/xml"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// TwiML: what Twilio does in a call.
// https://www.twilio.com/docs/voice/twiml
type twiml struct {
	XMLName xml.Name `xml:"Response"`
	Gather  *gather  `xml:"Gather,omitempty"`
	Say     []string `xml:"Say,omitempty"`
	Hangup  struct{} `xml:"Hangup"`
}

// gather says something and waits for a key, which it brings to its action. Without one the call goes on behind it.
type gather struct {
	Input   string `xml:"input,attr"`
	Digits  int    `xml:"numDigits,attr"`
	Timeout int    `xml:"timeout,attr"`     // seconds of silence
	Finish  string `xml:"finishOnKey,attr"` // none: # is a key as any other
	Action  string `xml:"action,attr"`
	Method  string `xml:"method,attr"`
	Say     string `xml:"Say"`
}

const waitForKey = 10 // seconds

// Speak writes what a call says as Twilio takes it; action is where a key is brought to.
func (s *Sender) Speak(sp ports.Speech, action string) (document []byte, contentType string, err error) {
	var t twiml
	if sp.Keys {
		t.Gather = &gather{Input: "dtmf", Digits: 1, Timeout: waitForKey, Action: action, Method: "POST", Say: sp.Words}
	} else {
		t.Say = append(t.Say, sp.Words)
	}
	if sp.Else != "" {
		t.Say = append(t.Say, sp.Else)
	}
	out, err := xml.Marshal(t)
	return append([]byte(xml.Header), out...), "text/xml; charset=utf-8", err
}
