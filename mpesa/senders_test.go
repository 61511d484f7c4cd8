package mpesa_test

import (
	"net/netip"
	"slices"
	"testing"

	"cinemasphere/mpesa"
)

// TestSenders: each address that is known of is inside, and its neighbours are not.
func TestSenders(t *testing.T) {
	for address, want := range map[string]bool{
		"196.201.214.200": true, "196.201.214.206": true, "196.201.214.207": true, "196.201.214.208": true,
		"196.201.213.114": true, "196.201.213.44": true, "196.201.212.127": true, "196.201.212.138": true,
		"196.201.212.129": true, "196.201.212.136": true, "196.201.212.74": true, "196.201.212.69": true,
		"196.201.212.128": true, "196.201.212.132": true,
		"196.201.211.69": false, "196.201.215.1": false, "196.200.212.69": false, "127.0.0.1": false, "::1": false,
	} {
		ip := netip.MustParseAddr(address)
		if in := slices.ContainsFunc(mpesa.Senders(), func(p netip.Prefix) bool { return p.Contains(ip) }); in != want {
			t.Errorf("%s: %v", address, in)
		}
	}
}
