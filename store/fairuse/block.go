package fairuse

import "net/netip"

// siteBits is how much of an IPv6 address names the site that has it: what a provider gives to one customer at most.
const siteBits = 48

// Block is the address block that an IP address belongs to: itself for IPv4, also where it is written as IPv6, and
// its /48 for IPv6. What is no address is "", which is nobody.
func Block(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(siteBits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
