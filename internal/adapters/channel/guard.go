package channel

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
)

// Reach says which addresses a client may connect to that goes where users say.
type Reach struct {
	Private bool           // any address, loopback and private ones too
	Inside  bool           // what is private, or this machine; still not what clouds tell their machines
	Allow   []netip.Prefix // these although they are private
}

// Client gives a client for addresses that users choose. It uses no proxy: a proxy would look up and dial past our check.
func (r Reach) Client() *http.Client { return NewClient(r.Dialer(), nil) }

// Dialer gives what connects only where it may.
func (r Reach) Dialer() *net.Dialer {
	return &net.Dialer{ControlContext: guard{any: r.Private, inside: r.Inside, allow: r.Allow}.control}
}

// guard decides which addresses may be connected to. It is asked when dialling, with the address that is really
// connected to: what a name resolved to earlier does not matter.
type guard struct {
	any    bool
	inside bool
	allow  []netip.Prefix
}

func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !g.allows(ap.Addr()) {
		return &BlockedError{Words: "the host is at a private address, where nothing is sent: whoever runs Rouse can allow its network, ROUSE_WEBHOOK_ALLOW=10.0.0.0/8"}
	}
	return nil
}

func (g guard) allows(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	within := func(list []netip.Prefix) bool {
		return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	switch {
	case g.any, within(g.allow):
		return true
	case g.inside && within(private):
		return !within(metadata)
	}
	return ip.IsValid() && !within(closed)
}

// private are addresses of one's own networks and of this machine; metadata those among them where clouds tell machines
// their secrets. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
var (
	private  = prefixes("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7")
	metadata = prefixes("100.100.100.200/32", "fd00:ec2::/32")
)

// closed are the addresses that are not of the public internet, or lead to such by translation.
// https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry
var closed = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // this host, private
	"100.64.0.0/10",                                                                      // carriers' NAT; a cloud's metadata at 100.100.100.200
	"169.254.0.0/16",                                                                     // link-local; clouds' metadata at 169.254.169.254
	"168.63.129.16/32",                                                                   // a cloud's host agent
	"192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", // protocols, tests, examples
	"192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4", // relays, multicast, reserved and broadcast
	"::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", // IPv4 inside of IPv6
	"100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", // discard, examples, segment routing
	"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", // private, link-local, site-local, multicast
)

func prefixes(in ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(in))
	for i, p := range in {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}
