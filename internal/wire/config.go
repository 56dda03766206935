// Package wire puts the server together: configuration, composition, start and stop.
package wire

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/redis"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Config is every setting of a server: flags, environment variables and a file have the same names.
type Config struct {
	Listen         string        `help:"Address to listen on." default:":8080" env:"ROUSE_LISTEN"`
	PublicURL      string        `help:"Address by which people and senders reach this server; links are made from it. Default: http://localhost and the port." env:"ROUSE_PUBLIC_URL"`
	DatabaseURL    string        `help:"Where everything is kept: sqlite:FILE or postgres://…" default:"sqlite:rouse.db" env:"ROUSE_DATABASE_URL"`
	RedisURL       string        `help:"Redis, optional: takes alerts while the database is away, and shares limits between servers. redis://:password@host:6379/0 (rediss for TLS)." env:"ROUSE_REDIS_URL"`
	BufferTTL      time.Duration `help:"How long an alert may wait in Redis and still page; after that it is recorded, and somebody is told." default:"1h" env:"ROUSE_BUFFER_TTL"`
	BufferMax      int           `help:"Requests that may wait in Redis; more are refused." default:"50000" env:"ROUSE_BUFFER_MAX"`
	SMTPURL        string        `name:"smtp-url" help:"Mail server: smtp://user:pass@host:587?from=rouse@example.org (smtps for implicit TLS)." env:"ROUSE_SMTP_URL"`
	MailListen     string        `help:"Address of the mail server for what comes back, answers to pages and bounces, and for alerts by mail, e.g. :25; off by default. It needs smtp-url." env:"ROUSE_MAIL_LISTEN"`
	MailDomain     string        `help:"Domain whose mail comes to mail-listen. Default: the sender's of smtp-url." env:"ROUSE_MAIL_DOMAIN"`
	TwilioURL      string        `help:"SMS and calls by Twilio: https://SID:TOKEN@api.twilio.com?from=+1…" env:"ROUSE_TWILIO_URL"`
	TelnyxURL      string        `help:"SMS by Telnyx, beside Twilio or instead of it: https://KEY@api.telnyx.com?from=+1…&public_key=…" env:"ROUSE_TELNYX_URL"`
	SMSGateway     string        `name:"sms-gateway" help:"A file that describes an HTTP API for SMS, beside Twilio and Telnyx or instead of them." env:"ROUSE_SMS_GATEWAY"`
	SMSGatewayKey  string        `name:"sms-gateway-key" help:"The secret that sms-gateway writes as {{.key}}." env:"ROUSE_SMS_GATEWAY_KEY"`
	PushoverURL    string        `help:"Pushover: https://TOKEN@api.pushover.net with the token of an application." env:"ROUSE_PUSHOVER_URL"`
	GitHubURL      string        `name:"github-url" help:"Issues on GitHub: https://token:TOKEN@api.github.com?secret=…, or as an App: https://APP-ID@api.github.com?installation=ID&key=FILE&secret=…" env:"ROUSE_GITHUB_URL"`
	SlackURL       string        `help:"Slack: https://token:xoxb-…@slack.com?secret=… with the app's signing secret, or &app=xapp-… for Socket Mode; to be installed by OAuth https://CLIENT-ID:CLIENT-SECRET@slack.com?secret=…; &link=email links people by the address that Slack has confirmed." env:"ROUSE_SLACK_URL"`
	TeamsURL       string        `help:"A bot in Microsoft Teams: https://APP-ID:SECRET@login.microsoftonline.com/TENANT-ID. Workflows need no setting." env:"ROUSE_TEAMS_URL"`
	TelegramURL    string        `help:"A bot of Telegram: https://123456:ABC-DEF@api.telegram.org with the token that BotFather gave; ?updates=webhook where Telegram can reach this server." env:"ROUSE_TELEGRAM_URL"`
	MattermostURL  string        `help:"A bot of Mattermost: https://token:TOKEN@chat.example.org; ?command=TOKEN of a slash command." env:"ROUSE_MATTERMOST_URL"`
	PaidPerPerson  int           `help:"Texts and calls a day that one person may get before only urgent ones go on; 0: any number." default:"0" env:"ROUSE_PAID_PER_PERSON"`
	PaidPerDay     int           `help:"Texts and calls a day that may go out before only urgent ones go on; 0: any number." default:"0" env:"ROUSE_PAID_PER_DAY"`
	WebhookSecret  string        `help:"Secret by which webhooks are signed. Without one they are not." env:"ROUSE_WEBHOOK_SECRET"`
	WebhookAllow   []string      `help:"Private networks (CIDR) that webhooks, ntfy, Gotify and push services may be at; none by default." env:"ROUSE_WEBHOOK_ALLOW"`
	AdminToken     string        `help:"A token with all rights, for automation. At least 20 characters." env:"ROUSE_ADMIN_TOKEN"`
	Metrics        string        `help:"Who may read /metrics: loopback (and tokens), token, public." enum:"loopback,token,public" default:"loopback" env:"ROUSE_METRICS"`
	TrustedProxies []string      `help:"Networks (CIDR) of proxies whose X-Forwarded-For and -Proto are believed." env:"ROUSE_TRUSTED_PROXIES"`
	IntakeRate     float64       `help:"Requests a second that one integration key may send; each ten alerts in one count as one." default:"100" env:"ROUSE_INTAKE_RATE"`
	IntakeBurst    int           `help:"Requests that one integration key may send at once." default:"2000" env:"ROUSE_INTAKE_BURST"`
	ConfigDir      string        `help:"Files of what people own, applied at start." env:"ROUSE_CONFIG_DIR"`
	HeartbeatURL   string        `help:"Who is told every minute that all is well, and should be alarmed when that stops: a dead man's switch (https://…), or an Alertmanager (alertmanager+https://…)." env:"ROUSE_HEARTBEAT_URL"`
	HoldPaging     bool          `help:"Hold paging from the start, e.g. on a restored database, until somebody says rouse paging resume." env:"ROUSE_HOLD_PAGING"`
	BackupTo       string        `help:"Where backups are kept: a folder, s3://bucket?region=… or azblob://container, each with ?prefix=folder/. None are made without it." env:"ROUSE_BACKUP_TO"`
	BackupEvery    time.Duration `help:"How old the newest backup may get." default:"24h" env:"ROUSE_BACKUP_EVERY"`
	BackupKeep     time.Duration `help:"How long backups are kept; the newest always is." default:"720h" env:"ROUSE_BACKUP_KEEP"`
	BackupKey      string        `help:"By what backups are encrypted: a passphrase of 16 characters or more, or a key of age (age1… can only make them)." env:"ROUSE_BACKUP_KEY"`
	BackupScratch  string        `help:"Folder for a copy as large as the database while a backup is made. Default: the system's." env:"ROUSE_BACKUP_SCRATCH"`
	Retention      `embed:""`
	Profiler       string `help:"Address for Go's profiler (/debug/pprof), e.g. 127.0.0.1:6060; off by default, and nobody is asked who they are." env:"ROUSE_PROFILER"`
	Demo           string `kong:"-"` // the address of a demonstration's mailbox; "" in earnest
	LogLevel       string `help:"debug, info, warn, error." enum:"debug,info,warn,error" default:"info" env:"ROUSE_LOG_LEVEL"`
	LogFormat      string `help:"text or json." enum:"text,json" default:"text" env:"ROUSE_LOG_FORMAT"`
}

// domain is one, or nothing.
var domain = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)?$`)

// Check fills what follows from other settings, and says what is wrong in the reader's words.
func (c *Config) Check() error {
	if c.PublicURL == "" {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return fmt.Errorf("listen: %q is not an address such as :8080", c.Listen)
		}
		c.PublicURL = "http://localhost:" + port
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("public-url: %q is not an address such as https://rouse.example.org", c.PublicURL)
	}
	if err := errors.Join(networks("trusted-proxies", c.TrustedProxies), networks("webhook-allow", c.WebhookAllow)); err != nil {
		return err
	}
	if !domain.MatchString(c.MailDomain) {
		return fmt.Errorf("mail-domain: %q is not a domain such as rouse.example.org", c.MailDomain)
	}
	if c.MailListen != "" && c.SMTPURL == "" {
		return errors.New("mail-listen: what comes back is answered by smtp-url, which is not set")
	}
	if err := errors.Join(c.checkBuffer(), c.checkRate(), c.checkBackup(), c.checkRetention()); err != nil {
		return err
	}
	if c.AdminToken != "" && len(c.AdminToken) < 20 {
		return fmt.Errorf("admin-token: it has all rights; give it at least 20 characters")
	}
	return nil
}

func networks(setting string, list []string) error {
	for _, n := range list {
		if _, err := netip.ParsePrefix(n); err != nil {
			return fmt.Errorf("%s: %q is not a network such as 10.0.0.0/8, or 10.1.2.3/32 for one machine", setting, n)
		}
	}
	return nil
}

func (c *Config) checkBuffer() error {
	if c.RedisURL == "" {
		return nil
	}
	if err := redis.Check(c.RedisURL); err != nil {
		return fmt.Errorf("redis-url: %w", err)
	}
	if c.BufferTTL <= 0 || c.BufferMax <= 0 {
		return errors.New("buffer-ttl and buffer-max: give both more than nothing, or no redis-url")
	}
	return nil
}

func (c *Config) checkBackup() error {
	if c.BackupTo != "" && (c.BackupEvery < time.Minute || c.BackupKeep < c.BackupEvery) {
		return errors.New("backup-every and backup-keep: a backup can be made once a minute at most, and must be kept until the next one")
	}
	return nil
}

// checkRate refuses limits by which no alert would ever be taken, or that are none.
func (c *Config) checkRate() error {
	if c.PaidPerPerson < 0 || c.PaidPerDay < 0 {
		return errors.New("paid-per-person and paid-per-day: give a number, or 0 for any")
	}
	if c.IntakeBurst < 1 {
		return fmt.Errorf("intake-burst: %d would refuse every alert; it must be at least 1", c.IntakeBurst)
	}
	if !(c.IntakeRate > 0) || math.IsInf(c.IntakeRate, 0) {
		return fmt.Errorf("intake-rate: %v would refuse every alert, or none; it must be a number above 0", c.IntakeRate)
	}
	return nil
}

func (c *Config) quota() notification.Quota {
	return notification.Quota{Person: c.PaidPerPerson, Server: c.PaidPerDay}
}

// Level is the log level.
func (c *Config) Level() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel)) // the enum leaves nothing else
	return l
}
