package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/alertmanager"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/failover"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/github"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/gotify"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/mattermost"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/ntfy"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/opsgenie"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/pagerduty"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/probe"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/pushover"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/slack"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/smsgateway"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/smtp"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/teams"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/telegram"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/telnyx"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/webhook"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/webpush"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// channels are the kinds of channels that this server knows, and those that it can send by.
type channels struct {
	descriptors map[string]ports.ChannelDescriptor
	notifiers   map[string]ports.Notifier
	twilio      *twilio.Sender
	telnyx      *telnyx.Sender
	push        *webpush.Sender
	pushover    *pushover.Sender
	mail        *smtp.Sender
	mailDomain  string // whose mail comes here; "" where none does
	senders     httpapi.Senders
	github      *github.Sender
	slack       *slack.Sender
	teams       *teams.Bot
	telegram    *telegram.Sender
	mattermost  *mattermost.Sender
}

// hears are what channels tell this server; the zero value serves for looking at them.
type hears struct {
	ended   func(ctx context.Context, to string)      // a device whose push service is done with it
	changed func(kind string, h ports.ProviderHealth) // a provider that begins to fail, or ends to
	blocked func(ctx context.Context, to, why string) // a chat whose owner is done with us
	refused func(ctx context.Context, to, why string) // a mailbox that takes nothing
}

// newChannels puts the channels together: a line for each.
func newChannels(cfg Config, now func() time.Time, h hears) (channels, error) {
	c := channels{descriptors: map[string]ports.ChannelDescriptor{}, notifiers: map[string]ports.Notifier{}}
	var reach channel.Reach
	for _, n := range cfg.WebhookAllow {
		reach.Allow = append(reach.Allow, netip.MustParsePrefix(n)) // Config.Check looked at them
	}
	c.add(webhook.Descriptor(), webhook.New(webhook.Config{Secret: cfg.WebhookSecret, Reach: reach, Now: now}))
	c.add(ntfy.Descriptor(), ntfy.New(ntfy.Config{Reach: reach, Now: now}))
	c.add(gotify.Descriptor(), gotify.New(gotify.Config{Reach: reach, Now: now}))
	c.push = webpush.New(webpush.Config{Subject: subject(cfg.PublicURL), Reach: reach, Ended: h.ended, Now: now})
	c.add(webpush.Descriptor(), c.push)
	c.add(pushover.Descriptor(), nil)
	if cfg.PushoverURL != "" {
		conf, err := pushover.Parse(cfg.PushoverURL)
		if err != nil {
			return c, fmt.Errorf("pushover-url: %w", err)
		}
		conf.Now = now
		c.pushover = pushover.New(conf)
		c.add(pushover.Descriptor(), c.pushover)
	}
	c.notifiers[directory.ProbeChannel] = probe.Notifier{} // without a descriptor: nobody can choose it
	c.add(smtp.Descriptor(), nil)
	c.add(twilio.Descriptor(), nil)
	c.add(twilio.VoiceDescriptor(), nil)
	c.add(pagerduty.Descriptor(), pagerduty.New(now))
	c.add(opsgenie.Descriptor(), opsgenie.New(now))
	c.add(alertmanager.Descriptor(), alertmanager.New(alertmanager.Config{Reach: reach, Now: now}))
	c.add(alertmanager.RouseDescriptor(), alertmanager.NewRouse(alertmanager.Config{Reach: reach, Now: now}))
	if err := c.addGitHub(cfg, now); err != nil {
		return c, fmt.Errorf("github-url: %w", err)
	}
	if err := c.addSlack(cfg, now); err != nil {
		return c, fmt.Errorf("slack-url: %w", err)
	}
	c.add(teams.WorkflowDescriptor(), teams.NewWorkflow(reach, now))
	if err := c.addTeams(cfg, now); err != nil {
		return c, fmt.Errorf("teams-url: %w", err)
	}
	if err := c.addMail(cfg, h.refused); err != nil {
		return c, fmt.Errorf("smtp-url: %w", err)
	}
	return c, errors.Join(c.addChats(cfg, now, reach, h.blocked), c.addPhones(cfg, now, h.changed))
}

// addMail puts in the mail server, where there is one.
func (c *channels) addMail(cfg Config, refused func(ctx context.Context, to, why string)) error {
	if cfg.SMTPURL == "" {
		return nil
	}
	conf, err := smtp.Parse(cfg.SMTPURL)
	if err != nil {
		return err
	}
	if cfg.MailListen != "" {
		c.mailDomain = cmp.Or(cfg.MailDomain, conf.From.Address[strings.LastIndexByte(conf.From.Address, '@')+1:])
		conf.Replies = c.mailDomain
	}
	conf.Refused = refused
	c.senders.Mail = conf.From.Address
	c.mail = smtp.New(conf)
	d := smtp.Descriptor()
	d.Preview = smtp.Preview(conf.Replies != "")
	c.add(d, c.mail)
	return nil
}

// addPhones puts in who sends texts, the first choice first, and who calls.
func (c *channels) addPhones(cfg Config, now func() time.Time, changed func(kind string, h ports.ProviderHealth)) error {
	hears := func(kind string) func(ports.ProviderHealth) { return func(h ports.ProviderHealth) { changed(kind, h) } }
	var texts []failover.Provider
	var receive []bool // of each of them: somebody can write back
	if cfg.TwilioURL != "" {
		conf, err := twilio.Parse(cfg.TwilioURL)
		if err != nil {
			return fmt.Errorf("twilio-url: %w", err)
		}
		conf.Now = now
		c.senders.Add(conf.From, conf.Voice)
		c.twilio = twilio.New(conf)
		texts = append(texts, failover.Provider{Name: "Twilio", Notifier: c.twilio, Took: twilio.Took, Price: conf.Price})
		receive = append(receive, conf.Receives())
		if v, ok := c.twilio.Voice(); ok {
			d := twilio.VoiceDescriptor()
			c.add(d, failover.New(now, hears(d.Kind), failover.Provider{Name: "Twilio", Notifier: v, Took: twilio.Took, Price: conf.CallPrice}))
		}
	}
	if cfg.TelnyxURL != "" {
		conf, err := telnyx.Parse(cfg.TelnyxURL)
		if err != nil {
			return fmt.Errorf("telnyx-url: %w", err)
		}
		conf.Now = now
		c.senders.Add(conf.From)
		c.telnyx = telnyx.New(conf)
		texts = append(texts, failover.Provider{Name: "Telnyx", Notifier: c.telnyx, Took: telnyx.Took, Price: conf.Price})
		receive = append(receive, conf.Receives())
	}
	if cfg.SMSGateway != "" {
		content, err := os.ReadFile(cfg.SMSGateway)
		if err != nil {
			return fmt.Errorf("sms-gateway: %w", err)
		}
		conf, err := smsgateway.Parse(content, cfg.SMSGatewayKey)
		if err != nil {
			return fmt.Errorf("sms-gateway: %w", err)
		}
		conf.Now = now
		texts = append(texts, failover.Provider{Name: conf.Name, Notifier: smsgateway.New(conf), Took: smsgateway.Took, Price: conf.Price})
		receive = append(receive, false)
	}
	if len(texts) > 0 {
		d := twilio.Descriptor()
		d.Preview = twilio.Preview(receive[0]) // who is asked first
		c.add(d, failover.New(now, hears(d.Kind), texts...))
	}
	return nil
}

// answers is how what people answer by a kind comes in.
func (c *channels) answers(kind string) httpapi.Answers {
	called := map[string]bool{
		"sms": c.twilio == nil || !c.twilio.Asks(), "slack": c.slack == nil || !c.slack.Listens(), "telegram": c.telegram == nil || c.telegram.Brought(),
		"pushover": false, "voice": true, "teamsbot": true, "mattermost": true,
	}
	by, ok := called[kind]
	switch {
	case !ok:
		return ""
	case by:
		return httpapi.AnswersCalled
	}
	return httpapi.AnswersAsked
}

// health is how the providers of a kind do; none where it has only one way.
func (c *channels) health(kind string) []ports.ProviderHealth {
	if p, ok := c.notifiers[kind].(ports.Providers); ok {
		return p.Health()
	}
	return nil
}

func (c *channels) addGitHub(cfg Config, now func() time.Time) error {
	c.add(github.Descriptor(), nil)
	if cfg.GitHubURL == "" {
		return nil
	}
	conf, err := github.Parse(cfg.GitHubURL)
	if err != nil {
		return err
	}
	conf.Now = now
	if c.github, err = github.New(conf); err != nil {
		return err
	}
	c.add(github.Descriptor(), c.github)
	return nil
}

func (c *channels) addSlack(cfg Config, now func() time.Time) error {
	c.add(slack.Descriptor(), nil)
	if cfg.SlackURL == "" {
		return nil
	}
	conf, err := slack.Parse(cfg.SlackURL)
	if err != nil {
		return err
	}
	conf.Now = now
	c.slack = slack.New(conf)
	c.add(slack.Descriptor(), c.slack)
	return nil
}

func (c *channels) addTeams(cfg Config, now func() time.Time) error {
	c.add(teams.Descriptor(), nil)
	if cfg.TeamsURL == "" {
		return nil
	}
	conf, err := teams.Parse(cfg.TeamsURL)
	if err != nil {
		return err
	}
	conf.Now = now
	c.teams = teams.NewBot(conf)
	c.add(teams.Descriptor(), c.teams)
	return nil
}

// subject is whom a push service may ask about us: our address, or somebody there.
func subject(publicURL string) string {
	if strings.HasPrefix(publicURL, "https://") {
		return publicURL
	}
	_, host, _ := strings.Cut(publicURL, "://")
	host, _, _ = strings.Cut(host, ":")
	return "rouse@" + host
}

func (c *channels) add(d ports.ChannelDescriptor, n ports.Notifier) {
	c.descriptors[d.Kind] = d
	if n != nil {
		c.notifiers[d.Kind] = n
	}
}

func (c *channels) expiry(kind string) time.Duration { return c.descriptors[kind].Expiry }

func (c *channels) follows(kind string) bool { return c.descriptors[kind].Follows }

func (c *channels) sendable(kind string) bool { return c.notifiers[kind] != nil }

// paid are the kinds whose messages cost money.
func (c *channels) paid() (kinds []string) {
	for _, kind := range slices.Sorted(maps.Keys(c.descriptors)) {
		if c.descriptors[kind].Paid {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// price is what a message of a kind costs by one of its providers.
func (c *channels) price(kind, provider string) notification.Price {
	for _, h := range c.health(kind) {
		if h.Name == provider {
			return h.Price
		}
	}
	return notification.Price{}
}

func (c *channels) rules() map[string]notification.LaneRules {
	out := make(map[string]notification.LaneRules, len(c.descriptors))
	for kind, d := range c.descriptors {
		r := notification.NewLaneRules(d.Floor, max(1, d.Burst))
		if d.Posts {
			r = notification.PostRules(d.Floor)
		}
		r.Line = d.Line
		out[kind] = r
	}
	return out
}

// words say by what people can be reached, and what is missing for the rest.
func (c *channels) words() string {
	text := "can send by"
	missing := ""
	for _, kind := range []string{"email", "sms", "voice", "slack", "teamsbot", "telegram", "mattermost", "pushover", "push", "ntfy", "gotify", "chat", "webhook"} {
		if c.notifiers[kind] != nil {
			text += " " + kind
			continue
		}
		missing += map[string]string{"email": "; no email: set ROUSE_SMTP_URL", "sms": "; no SMS: set ROUSE_TWILIO_URL, ROUSE_TELNYX_URL or ROUSE_SMS_GATEWAY"}[kind]
	}
	return text + missing
}
