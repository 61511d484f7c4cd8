package fairuse

import "net/netip"

// siteBits is how much of an IPv6 address identifies a site: the most that a provider gives to one customer.
const siteBits = 48

// Block is the address block of an IP address: the address itself for IPv4, also where embedded in IPv6, and the /48 of
// other IPv6. It is "" for anything else, which is nobody.
func Block(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = inner(ip.Unmap().WithZone(""))
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(siteBits)
	if err != nil {
		return ""
	}
	return prefix.String()
}

// inner is the IPv4 address that a translator or tunnel embedded in an IPv6 one: all customers behind a translator
// share its prefix.
func inner(ip netip.Addr) netip.Addr {
	b := ip.As16()
	within := func(prefix string) bool { return ip.Is6() && netip.MustParsePrefix(prefix).Contains(ip) }
	switch {
	case within("64:ff9b::/96"), within("64:ff9b:1::/48"), within("::ffff:0:0:0/96"): // RFC 6052, 8215, 2765
		return netip.AddrFrom4([4]byte(b[12:16]))
	case within("2002::/16"): // 6to4
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return ip
}
