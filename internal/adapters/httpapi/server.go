// Package httpapi is the HTTP surface: the API with its OpenAPI document, intake, and a few plain pages.
// It translates; what may be done, and by whom, the use cases decide.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config is what the surface must be told.
type Config struct {
	Version        string
	PublicURL      string         // without a trailing slash; "" where nobody said
	MailDomain     string         // where mail is taken as alerts; "": none is
	Senders        Senders        // whom pages come from
	Installation   string         // our id: what has it was forwarded by ourselves
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and -Proto are believed
	MetricsFor     MetricsFor
	Demo           string // the mailbox of a demonstration; "" for a server in earnest
	Rate           Rate   // of integrations that have none of their own; zero: DefaultRate
}

// Access is who may come in, and changing what people own.
type Access struct {
	OfferSetup     admin.OfferSetup
	Setup          admin.SetupFirstAdmin
	SignIn         admin.SignIn
	SignOut        admin.SignOut
	ResolveSession admin.ResolveSession
	ChoosePassword admin.ChoosePassword
	OfferSignIn    admin.OfferSignIn
	SignInByLink   admin.SignInByLink
	ResetUser      admin.ResetUser
	CreateToken    admin.CreateToken
	ListTokens     admin.ListTokens
	RevokeToken    admin.RevokeToken
	VerifyToken    admin.VerifyToken
	Directory      admin.ReadDirectory
	Apply          admin.Apply
	Edit           admin.Edit
	Remove         admin.Remove
	RotateKey      admin.RotateKey
	Foresee        admin.Foresee
	VerifyContact  admin.VerifyContact
	MarkContact    admin.MarkContact
	AddDevice      admin.AddDevice
	OfferLink      admin.OfferLink
	Linked         admin.Linked
	Rooms          admin.Rooms
	PushKey        func() string // what browsers subscribe to
	ChangeSettings admin.ChangeSettings
	Dismiss        admin.DismissQuarantined
	ReadHeard      admin.ReadHeard
	ReadLooks      admin.ReadLooks
	NoteHeard      *admin.NoteHeard
	KeepPayload    *admin.KeepPayload
	ReadPayloads   admin.ReadPayloads
	CanSend        func(kind string) bool                   // by a kind of channel
	Answers        func(kind string) Answers                // how what people answer by it comes in; nil: nothing is known of any
	Health         func(kind string) []ports.ProviderHealth // of its providers; nil: nothing is known of any
	ShowPaging     admin.ShowPaging
	HoldPaging     admin.HoldPaging
	Integration    *admin.FindIntegration
	// Parse reads configuration documents.
	Parse func(docs []admin.Document) (admin.Desired, error)
}

// Deps is all that the surface stands on. What is nil has no routes.
type Deps struct {
	Config    Config
	Log       *slog.Logger
	Access    Access
	Intake    Intake
	Clock     ports.Clock
	Unread    func(code string) // counts a request that was refused before its alerts were read; nil: nobody counts
	Keys      *Limiter          // of integrations; nil: one of its own
	Incidents Incidents
	Figures   Figures
	Messages  Messages
	Answer    respond.Answer
	Reply     respond.TakeReply
	Call      respond.TakeCall
	Follow    *insight.Follow
	Twilio    Callback                                                       // nil where nothing is sent by it
	Telnyx    func(ctx context.Context, e TelnyxEvent) error                 // takes what Telnyx tells; nil where it is not used
	GitHub    func(ctx context.Context, h http.Header, content []byte) error // takes what GitHub tells; nil where it is not used
	Slack     *Slack                                                         // nil where it is not used
	Teams     Teams                                                          // nil where there is no bot
	// Telegram and Mattermost take what people do there; Mattermost's answer is for whoever did it. nil: they are not used.
	Telegram   func(ctx context.Context, h http.Header, content []byte) error
	Mattermost func(ctx context.Context, content []byte) (answer any, err error)
	Metrics    http.Handler // exposes them; nil: no /metrics
	Checks     []Check      // for /ready
	Guide      http.Handler // the guide, below /docs/
	UI         UI           // nil: built without it, and the plain pages take its place
}

type server struct {
	d       Deps
	log     *slog.Logger
	proxies proxies
	routes  []route
	beat    time.Duration // of the stream
	began   time.Time

	document *huma.OpenAPI

	unavailable rate.Sometimes // when to say so in the log
}

// New makes the handler for everything.
func New(d Deps) http.Handler {
	h, _ := build(d)
	return h
}

func build(d Deps) (http.Handler, *server) {
	if d.Config.Rate == (Rate{}) {
		d.Config.Rate = DefaultRate()
	}
	checks := make([]Check, len(d.Checks))
	for i, c := range d.Checks {
		checks[i] = remembered(c)
	}
	d.Checks = checks
	if d.Keys == nil {
		d.Keys = KeyLimiter()
	}
	if d.Unread == nil {
		d.Unread = func(string) {}
	}
	s := &server{d: d, log: d.Log, proxies: d.Config.TrustedProxies, beat: streamBeat, began: time.Now(), unavailable: rate.Sometimes{Interval: time.Second}}
	mux := http.NewServeMux()
	api := s.newAPI(mux)
	s.document = api.OpenAPI()
	s.sessionRoutes(api)
	s.tokenRoutes(api)
	s.directoryRoutes(api)
	s.applyRoutes(api)
	s.incidentRoutes(api)
	s.insightRoutes(api)
	s.respondRoutes(api)
	s.messageRoutes(api)
	s.testRoutes(api)
	s.mendedRoute(api)
	s.deviceRoutes(api)
	s.linkedRoutes(api)
	s.roomRoutes(api)
	s.vcardRoute(api)
	s.slackRoutes(api)
	if d.Follow != nil {
		mux.HandleFunc("GET "+streamPath, s.stream)
		s.documentStream(api.OpenAPI())
	}
	s.pagingRoutes(api)
	s.documentPlain(api.OpenAPI())
	s.documentation(mux, api)
	pages := s.pageRoutes(mux)
	people := s.secure(compressed(s.authenticate(s.unknown(mux, pages))))

	// The machine paths do without all that is for people: they are the hot path, or must answer always.
	root := http.NewServeMux()
	s.senderRoutes(root)
	root.HandleFunc("/health", s.health)
	root.HandleFunc("/ready", s.ready)
	root.HandleFunc("/metrics", s.metrics)
	s.callbackRoutes(root)
	root.Handle("/", people)
	return s.recover(root), s
}

// callbackRoutes are for providers: each call's signature, or state, lets it in.
func (s *server) callbackRoutes(root *http.ServeMux) {
	root.HandleFunc("/callbacks/twilio", s.twilioReply)
	root.HandleFunc("/callbacks/twilio/{message}", s.twilioCallback)
	root.HandleFunc(callPath+"{code}", s.twilioCall)
	root.HandleFunc("/callbacks/telnyx", s.telnyxCallback)
	root.HandleFunc("/callbacks/telnyx/{message}", s.telnyxCallback)
	root.HandleFunc("/callbacks/github", s.gitHubCallback)
	root.HandleFunc("/callbacks/slack", s.slackCallback)
	root.HandleFunc("/callbacks/slack/installed", s.slackInstalled)
	root.HandleFunc("/callbacks/teams", s.teamsCallback)
	root.HandleFunc("/callbacks/telegram", s.telegramCallback)
	root.HandleFunc("/callbacks/mattermost", s.mattermostCallback)
}

// NewServer gives the server for a handler, with the time that each part of a request may take: who sends or
// reads slowly holds a connection, not for ever.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func (s *server) newAPI(mux *http.ServeMux) huma.API {
	c := huma.DefaultConfig("Rouse", s.d.Config.Version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/openapi", "", ""
	c.CreateHooks = nil // no "$schema" links in bodies
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{humaProblem}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token, `rouse_api_…`"},
		"session": {Type: "apiKey", In: "cookie", Name: "__Host-rouse", Description: "A signed-in browser; `rouse` over plain http"},
		"key":     {Type: "http", Scheme: "bearer", Description: "An integration's key: it can only send alerts"},
	}
	return newHumaAPI(c, mux)
}

func requestID(ctx context.Context) string {
	v, _ := ctx.Value(keyRequestID).(string)
	return v
}
