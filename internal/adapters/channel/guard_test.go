package channel

import (
	"net/netip"
	"testing"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"0.0.0.0", "255.255.255.255", "224.0.0.1", "168.63.129.16", "192.0.0.192", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254",
		"::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:1::", "ff02::1",
	} {
		if (guard{}).allows(netip.MustParseAddr(ip)) {
			t.Errorf("%s is allowed", ip)
		}
		if !(guard{any: true}).allows(netip.MustParseAddr(ip)) {
			t.Errorf("%s is not allowed although all are", ip)
		}
	}
	for _, ip := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"} {
		if !(guard{}).allows(netip.MustParseAddr(ip)) {
			t.Errorf("%s is not allowed", ip)
		}
	}
	if (guard{}).allows(netip.Addr{}) {
		t.Error("no address is allowed")
	}
	one := guard{allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	if !one.allows(netip.MustParseAddr("::ffff:10.1.2.3")) || one.allows(netip.MustParseAddr("10.2.0.1")) {
		t.Error("the allow-list is not kept")
	}
}

// What is inside may be reached where admins say where: but for what clouds tell their machines.
func TestGuardInside(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{
		"127.0.0.1": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true, "100.64.0.1": true, "::1": true, "fd12::1": true, "::ffff:10.0.0.1": true, "1.1.1.1": true,
		"169.254.169.254": false, "::ffff:169.254.169.254": false, "100.100.100.200": false, "168.63.129.16": false, "fd00:ec2::254": false, "fe80::1": false,
		"0.0.0.0": false, "::": false, "224.0.0.1": false, "2002:7f00:1::": false, "64:ff9b::7f00:1": false,
	} {
		if got := (guard{inside: true}).allows(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %t, want %t", ip, got, want)
		}
	}
}
