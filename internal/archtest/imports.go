package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// A layer says what the files of a folder may import. Of the layers that fit, the first one holds.
// Tests may import anything: they are not in the product.
type layer struct {
	folder   string   // and everything below it
	inside   []string // our own folders, with everything below them, that it may import
	outside  []string // other modules that it may import; "*" is all of them
	noStd    []string // packages of the standard library that it must not import, with those below them
	onlyFrom []string // only tests and these folders may import it; nil is everybody whom inside allows
	why      string   // the rule in a sentence, for whoever broke it
}

var pureStd = []string{
	"context", "crypto/rand", "database", "io", "log", "math/rand", "net", "os", "plugin", "syscall", "testing",
}

// pureNet are the packages below net that only read and write text.
var pureNet = []string{"net/mail", "net/netip", "net/url"}

var layers = []layer{
	{
		folder: "internal/domain", inside: []string{"internal/domain"},
		noStd: append([]string{"embed"}, pureStd...),
		why: "the domain is pure: the standard library without I/O, context, clock or randomness, and other domain packages. " +
			"Give it what it needs as a value, or put the outside thing behind a port",
	},
	{
		folder: "internal/ports/porttest", inside: []string{"internal/domain", "internal/ports"}, outside: []string{"*"}, onlyFrom: []string{},
		why: "a conformance suite knows the ports and the domain, no implementation, and only tests use it",
	},
	{
		folder: "internal/ports", inside: []string{"internal/domain", "internal/ports"}, noStd: []string{"database", "net/http"},
		why: "ports say what the core needs in words of the domain and the standard library",
	},
	{
		folder: "internal/app/insight/readertest", inside: []string{"internal/domain", "internal/ports", "internal/app/insight"},
		outside: []string{"*"}, onlyFrom: []string{},
		why: "a conformance suite knows what it holds others to, no implementation, and only tests use it",
	},
	{folder: "internal/failpoint", why: "a name and an empty function: it knows nothing"},
	{
		folder: "internal/app", inside: []string{"internal/domain", "internal/failpoint", "internal/ports"}, outside: []string{"golang.org/x/sync"},
		noStd: []string{"database", "net/http"},
		why: "a use case knows the domain and the ports. What two of them share belongs into the domain; " +
			"what they need from outside belongs behind a port",
	},
	{
		folder: "internal/adapters/channel/channeltest", inside: []string{"internal/domain", "internal/ports"}, outside: []string{"*"},
		onlyFrom: []string{"internal/bench", "test"},
		why:      "fake providers are for tests and the bench",
	},
	{folder: "docs", onlyFrom: []string{"internal/adapters/guide"}, why: "what people read knows nothing"},
	{
		folder: "internal/adapters", inside: []string{"docs", "internal/domain", "internal/failpoint", "internal/ports", "internal/app"}, outside: []string{"*"},
		why: "an adapter knows the core and not its siblings: wire brings them together",
	},
	{
		folder: "internal/wire", inside: []string{"internal/domain", "internal/ports", "internal/app", "internal/adapters", "internal/wire"},
		outside: []string{"*"},
		why:     "wire composes the product; commands and test tools stay outside of it",
	},
	{
		folder: "internal/testkit", outside: []string{"*"}, onlyFrom: []string{"internal/bench", "test"},
		why: "testkit starts foreign programs for tests and the bench; it knows nothing of ours",
	},
	{
		folder: "internal/archtest", onlyFrom: []string{}, why: "archtest looks at the tree from outside",
	},
	{
		folder: "internal/sim", inside: []string{"internal"}, outside: []string{"*"}, onlyFrom: []string{"internal/sim"},
		why: "the simulator may use everything, and only tests and its own command may use it",
	},
	{
		folder: "internal/bench", inside: []string{"internal"}, outside: []string{"*"}, onlyFrom: []string{"cmd", "internal/cli", "test"},
		why: "the bench drives the whole product from outside",
	},
	{
		folder: "internal/demo", inside: []string{"internal/wire"}, outside: []string{"*"}, onlyFrom: []string{"internal/cli"},
		why: "the demonstration runs a server and uses it as people do, over its HTTP interface",
	},
	{
		folder: "internal/cli", inside: []string{"internal/bench", "internal/demo", "internal/wire"}, outside: []string{"*"},
		why: "a command speaks to a server over its HTTP interface, or starts one through wire",
	},
	{
		folder: "cmd", inside: []string{"cmd", "internal/bench", "internal/cli", "internal/wire"},
		outside: []string{"github.com/alecthomas/kong"},
		why:     "main parses, wires and runs: what it does belongs into cli or wire",
	},
	{folder: "test", inside: []string{"cmd", "internal", "test"}, outside: []string{"*"}, onlyFrom: []string{"test"}, why: "stories may use everything"},
	{
		folder: "infrastructure/grafana", outside: []string{"github.com/grafana/grafana-foundation-sdk"}, onlyFrom: []string{},
		why: "the dashboards are made by a module of its own",
	},
	{folder: "scripts", outside: []string{"*"}, onlyFrom: []string{}, why: "scripts stand alone"},
}

// siblings are adapters that may know another one, by folder.
var siblings = map[string][]string{
	"internal/adapters/httpapi": {"internal/adapters/ingest"},
}

// nested are folders whose subfolders are siblings of each other; what lies in the folder itself is for all of them.
var nested = []string{"internal/adapters/channel", "internal/adapters/ingest"}

// checkImports gives one message for each import that breaks a rule.
func checkImports(files []goFile) []string {
	var wrong []string
	for _, f := range files {
		l, ok := layerOf(f.pkg())
		if !ok {
			wrong = append(wrong, f.name+": nothing says what "+f.pkg()+" may import: add its layer to internal/archtest/imports.go")
			continue
		}
		if f.test {
			continue
		}
		for _, i := range f.imports {
			if !l.allows(f.pkg(), i) {
				wrong = append(wrong, fmt.Sprintf("%s must not import %q: %s", f.name, i, l.why))
			}
		}
		if l.folder == "internal/domain" && len(f.clock) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s must not use %s: time comes into the domain as a parameter", f.name, f.clock[0]))
		}
	}
	return wrong
}

func layerOf(pkg string) (layer, bool) {
	i := slices.IndexFunc(layers, func(l layer) bool { return within(pkg, l.folder) })
	if i < 0 {
		return layer{}, false
	}
	return layers[i], true
}

// allows says whether a package of this layer may import this path.
func (l layer) allows(pkg, imported string) bool {
	own, isOwn := strings.CutPrefix(imported, module+"/")
	switch {
	case isOwn:
		return l.allowsOwn(pkg, own)
	case isStd(imported):
		return !withinAny(imported, l.noStd) || slices.Contains(pureNet, imported)
	default:
		return slices.Contains(l.outside, "*") || withinAny(imported, l.outside)
	}
}

func (l layer) allowsOwn(pkg, imported string) bool {
	target, known := layerOf(imported)
	switch {
	case known && target.onlyFrom != nil && target.folder != l.folder && !withinAny(pkg, target.onlyFrom):
		return false
	case withinAny(imported, l.inside):
		return true
	case within(imported, unit(pkg)): // its own unit, the same package's subfolders included
		return true
	case withinAny(imported, siblings[unit(pkg)]):
		return true
	}
	return slices.Contains(nested, imported) && within(pkg, imported)
}

// unit is the part of the tree within which packages may import each other freely: one use-case package,
// one adapter, one channel.
func unit(pkg string) string {
	depth := 3 // internal/app/intake
	if withinAny(pkg, nested) {
		depth = 4 // internal/adapters/channel/smtp
	}
	parts := strings.Split(pkg, "/")
	return strings.Join(parts[:min(depth, len(parts))], "/")
}

func isStd(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

func withinAny(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(p, f) })
}
