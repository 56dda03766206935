package notification_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func TestReplies(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1": "acknowledge []", " 1. ": "acknowledge []", "ACK": "acknowledge []", "Ack!\r\n": "acknowledge []", "ack 42": "acknowledge [#42]", "ack 42 and 43": "acknowledge [#42 #43]",
		"Ack #42, #43": "acknowledge [#42 #43]", "1 42": "acknowledge [#42]", "acknowledge": "acknowledge []",
		"2": "pass_on []", "pass on": "pass_on []", "Pass 42": "pass_on [#42]", "pass on 42": "pass_on [#42]",
		"9": "resolve []", "resolve #42": "resolve [#42]", "Resolved.": "resolve []",
		"STOP": "stop []", "Stop.": "stop []", "unsubscribe": "stop []", "START": "start []",
		// nothing is guessed
		"": "", "   ": "", "42": "", "11": "", "12": "", "3": "", "ack please": "", "not 1": "", "ack 0": "", "ack -1": "", "ack 4 2x": "",
		"don't ack": "", "stop 42": "", "stop it": "", "1 99999999999999999999": "", "\x00": "", "１": "",
		"I am out of the office and ack nothing": "",
	} {
		got := ""
		if r, ok := notification.ParseReply(in); ok {
			got = fmt.Sprint(r.Deed, " ", r.Numbers)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func FuzzParseReply(f *testing.F) {
	for _, s := range []string{"1", "ack #42, 43", "pass on 7", "STOP", "9", strings.Repeat("1 ", 300), "\xff1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := notification.ParseReply(s)
		for _, n := range r.Numbers {
			if n < 1 {
				t.Errorf("%q names the incident %d", s, n)
			}
		}
		if ok != (r.Deed != "") || len(r.Numbers) > 0 && !r.Deed.Answers() {
			t.Errorf("%q is %+v, %v", s, r, ok)
		}
	})
}
