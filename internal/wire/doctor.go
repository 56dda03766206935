package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/pushover"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/slack"
	"github.com/rouse-oncall/rouse/internal/adapters/clock"
	"github.com/rouse-oncall/rouse/internal/adapters/redis"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/backup"
	"github.com/rouse-oncall/rouse/internal/app/watch"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Symptom is what the doctor says of one thing, and what to do.
type Symptom struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, warning, wrong
	Words string `json:"words"`
	Do    string `json:"do,omitempty"`
}

// How bad a symptom is.
const (
	Fine  = "ok"
	Warn  = "warning"
	Wrong = "wrong"
)

// patience is how long the doctor waits for each thing that it asks.
const patience = 10 * time.Second

// doctor looks at one installation from the server's own machine.
type doctor struct {
	cfg      Config
	channels channels
	symptoms []Symptom
	off      time.Duration // by which the database's clock is ahead of this machine's
}

func (d *doctor) say(check, state, do, format string, args ...any) {
	d.symptoms = append(d.symptoms, Symptom{check, state, fmt.Sprintf(format, args...), do})
}

// Doctor looks at everything that paging stands on. It sends nothing and changes nothing.
func Doctor(ctx context.Context, cfg Config) []Symptom {
	d := &doctor{cfg: cfg}
	if d.settings() {
		d.database(ctx)
		d.redis(ctx)
		d.providers(ctx)
		d.hears()
		d.server(ctx)
	}
	return d.symptoms
}

func (d *doctor) settings() (readable bool) {
	err := d.cfg.Check()
	if err == nil {
		d.channels, err = newChannels(d.cfg, time.Now, hears{})
	}
	if err == nil {
		_, err = newHeartbeat(d.cfg)
	}
	if err != nil {
		d.say("settings", Wrong, "mend the setting: see rouse serve --help", "%v", err)
		return false
	}
	d.say("settings", Fine, "", "can be read")
	if d.cfg.HoldPaging {
		d.say("settings", Warn, "take it away once the restored database was looked at", "ROUSE_HOLD_PAGING is set: each start of a server holds paging")
	}
	if d.cfg.HeartbeatURL == "" {
		d.say("heartbeat", Warn, "set ROUSE_HEARTBEAT_URL to a dead man's switch", "nobody outside is told that Rouse is well: nobody notices when it is not")
	}
	return true
}

func (d *doctor) database(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	db, err := store.Open(ctx, d.cfg.DatabaseURL, store.Options{Expiry: d.channels.expiry, Sendable: d.channels.sendable, Follows: d.channels.follows, AsIs: true})
	if err != nil {
		d.say("database", Wrong, "start the server once where it is new; else see that it runs, can be reached, and takes the password", "%v", err)
		return
	}
	defer func() { _ = db.Close() }() // it was only read
	about, found, err := db.Complaints(ctx)
	if err == nil {
		err = errors.Join(db.Ping(ctx), d.channels.readSlackToken(ctx, db))
	}
	if err != nil {
		d.say("database", Wrong, "see its log", "it does not answer, or cannot be written: %v", err)
		return
	}
	d.say("database", Fine, "", "answers, can be written, has this version's tables: %s", about)
	for _, c := range found {
		d.say("database", grade(c.Grave), c.Do, "%s", c.What)
	}
	doubts, err := db.Doubts(ctx)
	if err != nil {
		d.say("durability", Warn, "see the database's log", "it was asked and did not say: %v", err)
	}
	for _, doubt := range doubts {
		d.say("durability", Wrong, "change that setting of the database", "%s", doubt.Words)
	}
	d.clock(ctx, db)
	d.kept(ctx, db)
}

func grade(grave bool) string {
	if grave {
		return Wrong
	}
	return Warn
}

func (d *doctor) clock(ctx context.Context, db *store.DB) {
	before := time.Now()
	there, err := db.Now(ctx)
	if err != nil {
		d.say("clock", Wrong, "see the database's log", "the database's clock cannot be read: %v", err)
		return
	}
	d.off = there.Sub(before.Add(time.Since(before) / 2))
	switch {
	case d.off.Abs() > clock.Skew:
		d.say("clock", Warn, "let both machines follow a time server", "this machine's clock is %s off the database's; the server corrects that", d.off.Abs().Round(time.Millisecond))
	default:
		d.say("clock", Fine, "", "follows the database's")
	}
}

// now is by the database's clock, as all that is kept.
func (d *doctor) now() time.Time { return time.Now().Add(d.off) }

// kept looks at what the database knows: who could be paged, and how well the servers were last.
func (d *doctor) kept(ctx context.Context, db *store.DB) {
	read := store.Read(db, func(tx *store.Tx) ports.Directory { return tx.Directory() })
	var people *directory.Snapshot
	err := read(ctx, func(ctx context.Context, r ports.Directory) (err error) {
		people, err = r.Current(ctx)
		return err
	})
	w, err2 := readWatched(ctx, db)
	if err := errors.Join(err, err2); err != nil {
		d.say("people", Wrong, "see the database's log", "what people own cannot be read: %v", err)
		return
	}
	flaws := people.Lint(d.now())
	for _, f := range flaws {
		d.say("people", grade(f.Grave), f.Do, "%s", f.What)
	}
	if len(flaws) == 0 {
		d.say("people", Fine, "", "every policy in use reaches somebody, and everybody can be reached")
	}
	switch numbers, err := readBroken(ctx, db); {
	case err != nil:
		d.say("incidents", Wrong, "see the database's log", "they cannot be gone through: %v", err)
	case len(numbers) > 0:
		d.say("incidents", Wrong, mendBroken, "%s", cannotRead(numbers))
	default:
		d.say("incidents", Fine, "", "every unresolved one can be read")
	}
	if w.paging.Held {
		d.say("paging", Wrong, "rouse paging resume", "it is held since %s by %s: nobody is told of anything", w.paging.At.UTC().Format("2006-01-02 15:04 UTC"), w.paging.By.Name)
	} else {
		d.say("paging", Fine, "", "goes on")
	}
	d.pulses(w)
	p, known := w.pulses[backup.Pulse]
	if words, well := backupAge(p, known, d.now(), d.cfg); !well || !known {
		d.say("backup", Warn, "see docs/guide/backup.md, and try `rouse backup verify` on one", "%s", words)
	} else {
		d.say("backup", Fine, "", "%s", words)
	}
	d.quota(ctx, db, people)
}

// quota says who has nearly used up what costs money today, or has.
func (d *doctor) quota(ctx context.Context, db *store.DB, people *directory.Snapshot) {
	q := d.cfg.quota()
	if !q.On() {
		return
	}
	from, until := notification.Day(d.now())
	sums, err := db.Usage().Used(ctx, d.channels.paid(), from, until)
	if err != nil {
		d.say("quota", Warn, "see the database's log", "what was sent today cannot be counted: %v", err)
		return
	}
	all, each := 0, map[notification.Recipient]int{}
	for _, s := range sums {
		all += s.Messages
		each[s.Recipient] += s.Messages
	}
	said := len(d.symptoms)
	say := func(whose string, used, limit int, setting string) {
		if stage, words := notification.Used(used, limit); stage > 0 {
			d.say("quota", grade(stage > 1), "give more at "+setting+", or less to what pages them", "%s: %s", whose, words)
		}
	}
	say("everybody", all, q.Server, "ROUSE_PAID_PER_DAY")
	byName := func(a, b notification.Recipient) int {
		return cmp.Or(cmp.Compare(people.Name(a), people.Name(b)), cmp.Compare(a.ID, b.ID))
	}
	for _, who := range slices.SortedFunc(maps.Keys(each), byName) {
		say(people.Name(who), each[who], q.Person, "ROUSE_PAID_PER_PERSON")
	}
	if len(d.symptoms) == said {
		d.say("quota", Fine, "", "%d texts and calls went out today", all)
	}
}

// pulses are old where no server runs, too; the synthetic alert's tells most.
func (d *doctor) pulses(w watched) {
	names := []string{audit.Pulse, watch.PulseProbe}
	if d.cfg.HeartbeatURL != "" {
		names = append(names, watch.PulseHeartbeat)
	}
	for _, name := range names {
		p, known := w.pulses[name]
		switch age := d.now().Sub(p.At); {
		case name == watch.PulseProbe && w.paging.Held:
		case !known:
			d.say(name, Wrong, "start a server, wait for two minutes, and look at its log", "never went well")
		case age.Abs() > watch.Unwell:
			d.say(name, Wrong, "see that a server runs, and what its log and /ready say", "last went well %s", ago(age))
		default:
			d.say(name, Fine, "", "last went well %s", ago(age))
		}
	}
}

// redis is optional: without it alerts are refused while the database is away, which senders survive.
func (d *doctor) redis(ctx context.Context) {
	if d.cfg.RedisURL == "" {
		return
	}
	client, err := redis.New(d.cfg.RedisURL)
	if err != nil {
		d.say("redis", Wrong, "mend ROUSE_REDIS_URL", "%v", err)
		return
	}
	defer func() { _ = client.Close() }() // it was only asked
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch st := client.Look(asking); {
	case st.Keeps:
		d.say("redis", Fine, "", "%s", st.Words)
	default:
		d.say("redis", Warn, "see that it runs, that ROUSE_REDIS_URL is right, and that it keeps on its disk what it has", "%s", st.Words)
	}
}

// checker is a channel that can be asked without sending.
type checker interface {
	Check(ctx context.Context) error
}

func (d *doctor) providers(ctx context.Context) {
	for _, p := range []provider{
		{"email", "the mail server", "ROUSE_SMTP_URL", true}, {"sms", "Twilio", "ROUSE_TWILIO_URL", true}, {"voice", "Twilio", "ROUSE_TWILIO_URL", false}, {"slack", "Slack", "ROUSE_SLACK_URL", false},
		{"teamsbot", "Microsoft Teams", "ROUSE_TEAMS_URL", false}, {"pushover", "Pushover", "ROUSE_PUSHOVER_URL", false},
		{"telegram", "Telegram", "ROUSE_TELEGRAM_URL", false}, {"mattermost", "Mattermost", "ROUSE_MATTERMOST_URL", false},
	} {
		c, ok := d.channels.notifiers[p.kind].(checker)
		if !ok {
			if p.expected {
				d.say(p.kind, Warn, "set "+p.setting, "nobody can be told by it")
			}
			continue
		}
		asking, cancel := context.WithTimeout(ctx, patience)
		each := map[string]error{}
		if several, ok := c.(interface {
			CheckEach(ctx context.Context) map[string]error
		}); ok {
			each = several.CheckEach(asking)
		} else {
			each[p.name] = c.Check(asking)
		}
		cancel()
		for _, name := range slices.Sorted(maps.Keys(each)) {
			d.asked(p, name, each[name])
		}
	}
}

// provider is of a kind of channel; name is what it is called where there are no others of the kind.
type provider struct {
	kind, name, setting string
	expected            bool
}

// asked says what came of asking one of a kind.
func (d *doctor) asked(p provider, name string, err error) {
	setting, well := p.setting, "answers and lets us in"
	switch {
	case p.kind != "sms" || name == p.name:
	case name == "Telnyx":
		setting = "ROUSE_TELNYX_URL"
	default:
		setting, well = "ROUSE_SMS_GATEWAY", "answers; whether it lets us in shows only a message"
	}
	switch {
	case err == nil:
		d.say(p.kind, Fine, "", "%s %s", name, well)
	case errors.Is(err, pushover.ErrUsedUp):
		d.say(p.kind, Wrong, "buy more at pushover.net, or let people be reached by another way until then", "%v", err)
	default:
		d.say(p.kind, Wrong, "see that "+setting+" is right and can be reached from here", "%v", err)
	}
}

// hears says where what people do comes in by no way.
func (d *doctor) hears() {
	if s := d.channels.slack; s != nil && !s.Hears() {
		d.say(slack.Kind, Warn, "add secret= with the app's signing secret, or app= with an app-level token, to ROUSE_SLACK_URL", deafToSlack)
	}
}

// server asks the public address, as senders and people do.
func (d *doctor) server(ctx context.Context) {
	found, err := AskReady(ctx, d.cfg.PublicURL)
	if err != nil {
		d.say("public address", Wrong, "start the server, or mend ROUSE_PUBLIC_URL or the proxy before it", "%v", err)
		return
	}
	d.say("public address", Fine, "", "a server answers at %s", d.cfg.PublicURL)
	if u, err := url.Parse(d.cfg.PublicURL); err == nil && u.Scheme == "http" && !channel.Loopback(u.Hostname()) {
		d.say("public address", Warn, "serve it by https", "passwords travel to it in the open")
	}
	for _, s := range found {
		if s.State != Fine {
			s.Words = strings.TrimSuffix(s.Words, askDoctor) // who is here
			d.symptoms = append(d.symptoms, s)
		}
	}
}

// AskReady asks a server how it is, and gives a symptom for each of its checks.
func AskReady(ctx context.Context, address string) ([]Symptom, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/ready", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address such as http://localhost:8080", address)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return nil, fmt.Errorf("no server answers at %s: %w", address, err)
	}
	defer func() { _ = res.Body.Close() }()
	var got struct {
		Checks map[string]struct {
			OK     bool   `json:"ok"`
			Detail string `json:"detail"`
		} `json:"checks"`
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || len(got.Checks) == 0 {
		return nil, fmt.Errorf("what answers at %s is no Rouse server", address)
	}
	out := make([]Symptom, 0, len(got.Checks))
	for name, c := range got.Checks {
		state := Fine
		if !c.OK {
			state = Wrong
		}
		out = append(out, Symptom{Check: name, State: state, Words: c.Detail})
	}
	slices.SortFunc(out, func(a, b Symptom) int { return cmp.Compare(a.Check, b.Check) })
	return out, nil
}
