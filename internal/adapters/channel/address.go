package channel

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Loopback says whether a host is this machine.
func Loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Near says whether a host is near: a private address, or a name without a dot as containers have.
func Near(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || ip.IsPrivate()
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost")
}

// parameter is a name that may be repeated: what has another form may be a part of a secret.
var parameter = regexp.MustCompile(`^[a-z_]{1,20}$`)

// Parameters gives what follows the question mark of an address. Whatever is none of the known names is refused: one that
// is misspelt would be a setting without effect.
func Parameters(u *url.URL, known ...string) (url.Values, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("what follows the ? of the address cannot be read: write % as %25, ; as %3B, & as %26")
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		switch {
		case slices.Contains(known, name):
			continue
		case !parameter.MatchString(name):
			name = "what follows the ? of the address"
		}
		if len(known) == 0 {
			return nil, fmt.Errorf("%s is not known here: the address has no parameters", name)
		}
		return nil, fmt.Errorf("%s is not known here: the address may have %s", name, strings.Join(known, ", "))
	}
	return q, nil
}
