package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies knows whose word about a request's origin counts.
type proxies []netip.Prefix

func (p proxies) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// peer is who opened the connection; invalid where it is no IP address.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// client is who sent the request. X-Forwarded-For is read from its right end, where our own proxies wrote;
// the first address that is none of them is the client. Anybody can write the rest.
func (p proxies) client(r *http.Request) netip.Addr {
	addr := peer(r)
	if !p.trusted(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return addr
		}
		addr = a.Unmap().WithZone("")
		if !p.trusted(addr) {
			return addr
		}
	}
	return addr
}

// https says whether the client spoke https, to us or to a trusted proxy.
func (p proxies) https(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	return p.trusted(peer(r)) && strings.EqualFold(strings.TrimSpace(last(r.Header.Get("X-Forwarded-Proto"))), "https")
}

// last is the last of a comma-separated list: what the nearest proxy wrote.
func last(list string) string { return list[strings.LastIndexByte(list, ',')+1:] }
