package main

import (
	"net/netip"
	"strings"
)

// proxyRanges are names for ranges that need no looking up.
var proxyRanges = map[string]string{
	"loopback":  "127.0.0.0/8 ::1/128",
	"localhost": "127.0.0.0/8 ::1/128",
	"private":   "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 fc00::/7 fe80::/10 127.0.0.0/8 ::1/128",
}

// parseProxies reads TRUSTED_PROXIES: addresses, ranges, and the names loopback and private, with commas or spaces
// between them. It returns the entries that are none of these as they were written.
func parseProxies(texts []string) (proxies []netip.Prefix, wrong []string) {
	for _, text := range texts {
		for entry := range strings.FieldsFuncSeq(text, betweenEntries) {
			if ranges, is := proxyRanges[strings.ToLower(entry)]; is {
				more, _ := parseProxies([]string{ranges})
				proxies = append(proxies, more...)
			} else if p, err := parseProxy(entry); err != nil {
				wrong = append(wrong, entry)
			} else {
				proxies = append(proxies, p)
			}
		}
	}
	return proxies, wrong
}

func betweenEntries(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) }

// parseProxy reads one address, with or without brackets, or one range. Bits after the range's own are dropped, as
// every network tool does.
func parseProxy(entry string) (netip.Prefix, error) {
	host, bits, isRange := strings.Cut(entry, "/")
	if inner, is := strings.CutPrefix(host, "["); is && strings.HasSuffix(inner, "]") {
		host = strings.TrimSuffix(inner, "]")
	}
	if !isRange {
		ip, err := netip.ParseAddr(host)
		ip = ip.Unmap().WithZone("")
		return netip.PrefixFrom(ip, ip.BitLen()), err
	}
	p, err := netip.ParsePrefix(host + "/" + bits)
	if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), err
}
