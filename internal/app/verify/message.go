package verify

import (
	"fmt"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func (m *Message) check(found find) {
	if m.Unreadable != nil {
		found(Unreadable, "it cannot be read: %v", m.Unreadable)
		return
	}
	m.deliveries(found)
	m.future(found)
	if (m.Status == notification.MessageAccepted || m.Status == notification.MessageDelivered) && m.SentAt.IsZero() && m.ProviderID == "" {
		found(Pages, "it is %s, and was never sent", m.Status)
	}
}

// future: what is not over is looked at again, and when it says.
func (m *Message) future(found find) {
	looks := m.NextAt
	if m.Status == notification.MessageSending {
		looks = m.LeaseUntil
	}
	switch {
	case !m.Status.Known():
		found(Pages, "its status is %q, which is none: nothing would send it or make an end of it", m.Status)
	case !m.Purpose.Known():
		found(Pages, "its purpose is %q, which is none", m.Purpose)
	case !m.Status.Final() && looks.IsZero():
		found(Pages, "it is %s, and nobody will look at it again", m.Status)
	case !m.LookAt.Equal(looks):
		found(Pages, "it is %s, to be looked at again at %s, and would be at %s", m.Status, stamp(looks), stamp(m.LookAt))
	}
}

// deliveries: those that it lists are its own, and end with it.
func (m *Message) deliveries(found find) {
	if len(m.Lists) == 0 && m.Purpose != notification.PurposeTest {
		found(Pages, "it is made of no deliveries")
	}
	has := make(map[int64]bool, len(m.Deliveries))
	var strange []string
	for _, d := range m.Deliveries {
		has[d.ID] = true
		switch {
		case d.Message == "":
			found(Pages, "it lists the delivery %d of incident %s, which is part of no message", d.ID, d.Page.Incident)
		case d.Message != m.ID:
			found(Pages, "it lists the delivery %d of incident %s, which is part of the message %s", d.ID, d.Page.Incident, d.Message)
		}
		if m.Status.Known() && m.Status.Final() && d.Status == notification.Sending {
			strange = append(strange, fmt.Sprintf("%d (incident %s)", d.ID, d.Page.Incident))
		}
	}
	for _, n := range m.Lists {
		if !has[n] {
			found(Pages, "it lists the delivery %d, which does not exist", n)
		}
	}
	if len(strange) > 0 {
		found(Pages, "it is %s, and its deliveries %s are being sent still", m.Status, strings.Join(strange, ", "))
	}
}
