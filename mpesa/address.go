package mpesa

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// CheckCallbackURL says what Safaricom would refuse, or could not reach, of an address that it is to call: a
// callback, result, time-out, confirmation or validation URL. baseURL is the Daraja that is asked, as in
// Config.BaseURL: Sandbox wants an address that is not of a private network, Production also https, a public
// name, and none of the words that Safaricom refuses. The error never holds the address's user, password or query.
func CheckCallbackURL(text, baseURL string) error {
	u, err := readAddress(text)
	if err != nil {
		return err
	}
	if err := checkAddressForm(u); err != nil {
		return err
	}
	production := isHostOf(baseURL, Production)
	if !production && !isHostOf(baseURL, Sandbox) {
		return nil
	}
	if err := checkReachable(u.Hostname()); err != nil {
		return err
	}
	if production {
		return checkForProduction(u)
	}
	return nil
}

// wrongURL is what CheckCallbackURL says of the first of the addresses that it refuses, or "".
func wrongURL(baseURL string, addresses ...string) string {
	for _, text := range addresses {
		if err := CheckCallbackURL(text, baseURL); err != nil {
			return "the address that Safaricom is to call: " + err.Error()
		}
	}
	return ""
}

// readAddress parses an address. The error of net/url would hold it.
func readAddress(text string) (*url.URL, error) {
	if err := checkCharacters(text); err != nil {
		return nil, err
	}
	if !strings.Contains(text, "://") {
		return nil, errors.New("it must begin with https://")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it cannot be read as an address such as https://cinema.co.ke")
	}
	return u, nil
}

// checkCharacters refuses what makes Daraja answer "Invalid CallBackURL", and what is an address in no alphabet but
// ASCII.
func checkCharacters(text string) error {
	for _, r := range text {
		switch {
		case r == ' ':
			return errors.New("it has a space in it")
		case r < ' ' || r == 0x7f:
			return errors.New("it has a control character in it, such as a line break")
		case strings.ContainsRune("<>\"'`\\^{}|", r):
			return fmt.Errorf("it has a %c in it", r)
		case r > 0x7f:
			return fmt.Errorf("it has %U in it: write it in ASCII, a host's name in the form that begins with xn--, "+
				"and a path with %%-escapes", r)
		}
	}
	return nil
}

// checkAddressForm refuses what is no whole address of a place, wherever it may be.
func checkAddressForm(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("its scheme must be https or http")
	case u.Hostname() == "":
		return errors.New("it names no host")
	case u.User != nil:
		return errors.New("it must have no user or password")
	case u.RawQuery != "" || u.ForceQuery:
		return errors.New("it must have no query (what follows a ?)")
	case u.Fragment != "" || u.RawFragment != "":
		return errors.New("it must have no fragment (what follows a #)")
	case u.Host != strings.ToLower(u.Host):
		return errors.New("its host has capital letters, which Safaricom refuses")
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return errors.New("its path must have no . or .. in it")
		}
	}
	if strings.HasSuffix(u.Host, ":") {
		return errors.New("its port is missing after the colon")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return errors.New("its port must be 1 to 65535")
		}
	}
	return checkHost(u.Hostname())
}

var hostLabel = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)

// checkHost refuses what is neither a name nor an IP address in its usual form.
func checkHost(host string) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return errors.New("its IP address must have no zone (what follows a %)")
		}
		return nil
	}
	if len(host) > 253 {
		return errors.New("the host's name is longer than 253 characters")
	}
	if strings.HasSuffix(host, ".") {
		return errors.New("the host's name must not end with a dot")
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !hostLabel.MatchString(label) {
			return errors.New("the host's name has a part that no host may have")
		}
	}
	// 127.1 and 0x7f000001 are read as IP addresses by some.
	if _, err := strconv.ParseUint(labels[len(labels)-1], 0, 64); err == nil {
		return errors.New("the host is a number, and no IP address in its usual form")
	}
	return nil
}

// isHostOf reports whether both addresses are of the same host, as it may be written.
func isHostOf(text, of string) bool {
	u, err := url.Parse(text)
	known, err2 := url.Parse(of)
	return err == nil && err2 == nil && plainHost(u) == plainHost(known)
}

// plainHost is a host's name in small letters, without port and the dot of the root.
func plainHost(u *url.URL) string { return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".") }

// unreachable are the networks that are not of the public Internet, besides those that net/netip knows by name.
func unreachable() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), // this network; carriers' own
		netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"), // protocols; benchmarks
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("3fff::/20"),
		netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("fec0::/10"),
		netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("192.88.99.0/24"), // NAT64 of one's own; 6to4
		netip.MustParsePrefix("2001:2::/48"), netip.MustParsePrefix("5f00::/16"), // benchmarks; segment routing
	}
}

// checkReachable refuses this machine, and names and addresses that are not of the public Internet.
func checkReachable(host string) error {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return checkPublicName(host)
	}
	if !IsPublic(ip) {
		return fmt.Errorf("it is %s, which is not on the public Internet: Safaricom cannot reach it", host)
	}
	return nil
}

// checkPublicName refuses names that Safaricom cannot look up, or that lead to an address it cannot reach.
func checkPublicName(host string) error {
	top := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return fmt.Errorf("it is %s, which Safaricom cannot reach", host)
	case top == host:
		return fmt.Errorf("it is %s, a name of one word: Safaricom cannot reach it", host)
	case slices.Contains(localNames(), top):
		return fmt.Errorf("it ends with .%s, which is no name on the public Internet: Safaricom cannot reach it", top)
	}
	for _, local := range ownMachine() {
		if host == local || strings.HasSuffix(host, "."+local) {
			return fmt.Errorf("it is of %s, which leads each machine to itself: Safaricom cannot reach it", local)
		}
	}
	if ip := addressInName(host); ip.IsValid() && !IsPublic(ip) {
		return fmt.Errorf("its name stands for the address %s, which is not on the public Internet: Safaricom cannot "+
			"reach it", ip)
	}
	return nil
}

// IsPublic reports whether an address can be reached from everywhere. Of an IPv6 address that stands for an IPv4
// address, that must be.
func IsPublic(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() ||
		slices.ContainsFunc(unreachable(), func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return false
	}
	inner, is := innerIPv4(ip)
	return !is || IsPublic(inner)
}

// innerIPv4 is the IPv4 address that an IPv6 address is made of: of NAT64, 6to4, Teredo (whose client stands inverted),
// ISATAP, or the first form of IPv4 in IPv6.
func innerIPv4(ip netip.Addr) (inner netip.Addr, is bool) {
	if !ip.Is6() {
		return inner, false
	}
	b := ip.As16()
	four := func(from int) netip.Addr { return netip.AddrFrom4([4]byte(b[from : from+4])) }
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(ip), netip.MustParsePrefix("::/96").Contains(ip),
		b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe:
		return four(12), true
	case netip.MustParsePrefix("2002::/16").Contains(ip):
		return four(2), true
	case netip.MustParsePrefix("2001::/32").Contains(ip):
		for i := 12; i < 16; i++ {
			b[i] = ^b[i]
		}
		return four(12), true
	}
	return inner, false
}

// addressInName is the IP address that a host's name has in it, as names of services such as nip.io and sslip.io have:
// with dots, with dashes, or in hexadecimal. It is not valid where there is none.
func addressInName(host string) netip.Addr {
	if m := dottedInName.FindStringSubmatch(host); m != nil {
		if ip, err := netip.ParseAddr(strings.Join(m[1:5], ".")); err == nil {
			return ip
		}
	}
	for label := range strings.SplitSeq(host, ".") {
		if ip, err := netip.ParseAddr(strings.ReplaceAll(label, "-", ":")); err == nil {
			return ip
		}
		n, err := strconv.ParseUint(label, 16, 32)
		if err == nil && len(label) == 8 && hexInName.MatchString(host) {
			return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		}
	}
	return netip.Addr{}
}

// dottedInName is an IPv4 address in a name: whole labels, or numbers in one with dashes between.
var dottedInName = regexp.MustCompile(`(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?:[.-]|$)`)

// hexInName is a name of those that read hexadecimal. Elsewhere eight such letters are a name like any other.
var hexInName = regexp.MustCompile(`\.(nip|sslip)\.io$`)

// ownMachine are the public names that are known to lead to 127.0.0.1, and all names below them.
func ownMachine() []string {
	return []string{"localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "local.gd", "localho.st", "fuf.me"}
}

// checkForProduction refuses what Safaricom's documents forbid where money moves. They forbid the words for C2B; the
// sandbox takes them in pushes.
func checkForProduction(u *url.URL) error {
	if u.Scheme != "https" {
		return errors.New("it must be https in production")
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err != nil {
		if strings.Contains(host, "_") {
			return errors.New("the host's name has an underscore in it")
		}
	}
	for _, tunnel := range []string{"ngrok", "mockbin", "requestbin"} {
		if strings.Contains(host, tunnel) {
			return fmt.Errorf("it is of %s, which Safaricom refuses in production", tunnel)
		}
	}
	where := strings.ToLower(host + u.Path)
	for _, word := range forbiddenWords() {
		if strings.Contains(where, word) {
			return fmt.Errorf("it has the word %s in it, which Safaricom refuses", word)
		}
	}
	return nil
}

// localNames are the last words of names that are for use within a house, or for documents.
func localNames() []string {
	return []string{
		"local", "localhost", "localdomain", "internal", "intranet", "private", "lan", "home", "corp", "arpa", "onion",
		"test", "example", "invalid",
	}
}

// forbiddenWords are what addresses must not have in them, anywhere and in any case of letters (documented).
func forbiddenWords() []string {
	return []string{"m-pesa", "mpesa", "safaricom", "exec", "exe", "cmd", "sql", "query"}
}

// CheckBaseURL reads the address of a Daraja, as Config.BaseURL, in the form that New keeps it: the host in small
// letters, no slash at the end. It refuses what would send credentials in the clear to Safaricom.
func CheckBaseURL(text string) (string, error) {
	u, err := readAddress(text)
	if err != nil {
		return "", err
	}
	u.Host = strings.ToLower(u.Host)
	if IsSafaricom(text) {
		u.Host = strings.Replace(u.Host, plainHost(u)+".", plainHost(u), 1)
	}
	if err := checkAddressForm(u); err != nil {
		return "", err
	}
	base := strings.TrimRight(u.String(), "/")
	switch u.Path = strings.TrimRight(u.Path, "/"); {
	case !IsSafaricom(base):
		return base, nil
	case u.Scheme != "https":
		return "", errors.New("it must be https: credentials are sent to it")
	case u.Path != "":
		return "", errors.New("it must be without a path: " + u.Scheme + "://" + u.Host)
	case !isHostOf(base, Production) && !isHostOf(base, Sandbox):
		return "", fmt.Errorf("%s is not Daraja: that is %s or %s", u.Hostname(), Production, Sandbox)
	}
	return base, nil
}

// IsSafaricom reports whether an address is of a host of Safaricom's, in any case of letters.
func IsSafaricom(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (plainHost(u) == "safaricom.co.ke" || strings.HasSuffix(plainHost(u), ".safaricom.co.ke"))
}

// DarajaOf is Production or Sandbox where an address is of that host, however it is written, and else "".
func DarajaOf(text string) string {
	for _, known := range []string{Production, Sandbox} {
		if isHostOf(text, known) {
			return known
		}
	}
	return ""
}
