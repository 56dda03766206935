package admin

import (
	"crypto/x509"
	"net/url"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// mostPeers is how many Alertmanagers one integration may have.
const mostPeers = 10

// api sets where an integration's Alertmanagers are read.
func (p *planner) api(d DesiredIntegration, in *directory.Integration, f *fields) {
	was := in.API
	if d.Alertmanager.Set {
		var urls []string
		for _, u := range d.Alertmanager.Value {
			p.checkAddress(u)
			urls = append(urls, u.Value)
		}
		put(f, "alertmanager", &in.API.URLs, true, urls)
	}
	login := d.Login
	if d.LoginEnv.Set {
		login = Opt[string]{Value: p.keys[d.LoginEnv.Value], At: d.LoginEnv.At, Set: true}
		if login.Value == "" {
			p.problems.Add(login.At, "integration.alertmanager_login", "the environment variable %s is not set where the configuration is applied", d.LoginEnv.Value)
		}
	}
	if !login.Set {
		p.checkLogin(d, was)
	}
	put(f, "alertmanager_login", &in.API.Login, login.Set, login.Value)
	put(f, "alertmanager_ca", &in.API.CA, d.CA.Set, d.CA.Value)
	put(f, "silence", &in.API.Silence, d.Silence.Set, d.Silence.Value)
	p.checkAPI(d, in)
}

func (p *planner) checkAddress(at Opt[string]) {
	u, err := url.Parse(at.Value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		p.problems.Add(at.At, "integration.alertmanager", "an Alertmanager's address is like https://alertmanager.example.org:9093: http or https, without a login")
	}
}

// checkLogin asks for the login again where it would go to another host: else whoever may change the address is sent what
// is shown to nobody.
func (p *planner) checkLogin(d DesiredIntegration, was directory.AlertmanagerAPI) {
	hosts := map[string]bool{}
	for _, u := range was.URLs {
		hosts[hostOf(u)] = true
	}
	for _, u := range d.Alertmanager.Value {
		if was.Login != "" && !hosts[hostOf(u.Value)] {
			p.problems.Add(u.At, "integration.alertmanager_login", "the login that is kept is not sent to another host: give it again, or an empty one")
		}
	}
}

// hostOf is where an address leads, with its scheme: by http a login is read on the way.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // said by checkAddress
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

func (p *planner) checkAPI(d DesiredIntegration, in *directory.Integration) {
	api := in.API
	switch {
	case len(api.URLs) > 0 && in.Kind != directory.Alertmanager:
		p.problems.Add(d.Alertmanager.At, "integration.alertmanager", "only an integration of the kind alertmanager has an Alertmanager's address")
	case len(api.URLs) > mostPeers:
		p.problems.Add(d.Alertmanager.At, "integration.alertmanager", "an integration has at most %d Alertmanagers", mostPeers)
	case api.Silence && len(api.URLs) == 0:
		p.problems.Add(d.Silence.At, "integration.alertmanager", "to silence alerts there, the Alertmanager's address is needed")
	}
	if d.CA.Set && api.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(api.CA)) {
		p.problems.Add(d.CA.At, "integration.alertmanager_ca", "alertmanager_ca is the certificate of an authority as PEM")
	}
}
