package mpesa

import "net/netip"

// Senders are the networks that Safaricom has been seen to send callbacks from. Each known address is in one of these
// three. Safaricom publishes no list: an address outside is no proof against a callback, as one inside is none for it.
func Senders() []netip.Prefix {
	var all []netip.Prefix
	for _, third := range []byte{212, 213, 214} {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{196, 201, third, 0}), 24))
	}
	return all
}
