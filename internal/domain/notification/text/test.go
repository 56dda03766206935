package text

import "github.com/rouse-oncall/rouse/internal/domain/notification"

// test is what a message says that is sent to see whether it arrives; false for every other. It tells of no incident.
func (in Input) test() (string, bool) {
	if in.Purpose != notification.PurposeTest {
		return "", false
	}
	said := ""
	if len(in.Items) > 0 {
		said = clean(in.Items[0].Text, maxText)
	}
	return "TEST from Rouse: " + said, true
}
