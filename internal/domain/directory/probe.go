package directory

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// The synthetic alert by which Rouse tests itself goes the way of every alert: a service, a policy and a channel
// are built in for it, which nobody owns, sees or can configure. Only its own integration leads there, whatever
// other alerts are labelled with.
const (
	ProbeIntegration id.Integration = "probe" // others have UUIDs
	probeService     id.Service     = "probe"
	probePolicy      id.Policy      = "probe"
)

// ProbeChannel is the channel of the synthetic alert, and its kind.
const ProbeChannel = "probe"

// probeHold makes a timer a part of the way.
const probeHold = time.Second

// ProbeLane is where the synthetic page is queued.
func ProbeLane() notification.Lane { return notification.ChannelLane(ProbeChannel) }

// ProbeService is the service of the synthetic alert.
func ProbeService() *Service {
	return &Service{
		ID: probeService, Name: Own, Policy: probePolicy, Correlate: incident.Correlate{Mode: incident.CorrelateAlert},
		Rules: incident.Rules{HoldHigh: probeHold},
	}
}

func probeSteps() *escalation.Policy {
	return &escalation.Policy{
		Ref: escalation.Ref{ID: probePolicy, Version: 1}, Name: "probe",
		Levels: []escalation.Level{{AckTimeout: 24 * time.Hour, Targets: []escalation.Target{{Kind: escalation.TargetChannel, ID: ProbeChannel}}}},
	}
}

// service finds a service by id, the built-in one, too.
func (s *Snapshot) service(sid id.Service) (*Service, bool) {
	if sid == probeService {
		return ProbeService(), true
	}
	v, ok := s.Services[sid]
	return v, ok
}

// Channel finds a channel by id, the built-in one, too.
func (s *Snapshot) Channel(c id.Channel) (*Channel, bool) {
	if c == ProbeChannel {
		return &Channel{ID: c, Name: ProbeChannel, Kind: ProbeChannel, To: ProbeChannel}, true
	}
	v, ok := s.Channels[c]
	return v, ok
}
