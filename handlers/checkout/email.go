package checkout

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"cinemasphere/store"
)

// longestEmail and longestLocal are how many characters an address may have that mail servers take, and what stands
// before its @.
const (
	longestEmail = 254
	longestLocal = 64
)

// readEmail reads an e-mail address as typed; nothing is none. It drops what people and phones put around one, and
// writes the domain as mail servers know it. An error is a [store.Fault].
func readEmail(typed string) (string, error) {
	text := strings.Join(strings.Fields(dropUnseen(typed)), " ")
	text = strings.TrimRight(strings.TrimPrefix(text, "mailto:"), ".,;")
	text = strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">")
	if text == "" {
		return "", nil
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return typed, store.Fault{Kind: store.EmailWrong}
	}
	local, domain := text[:at], strings.TrimSuffix(text[at+1:], ".")
	if strings.ContainsAny(text, " ,;") || !strings.Contains(domain, ".") || strings.Contains(domain, "..") ||
		strings.Contains(local, "@") {
		return typed, store.Fault{Kind: store.EmailTypo}
	}
	domain, err := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true),
		idna.VerifyDNSLength(true)).ToASCII(domain)
	if err != nil {
		return typed, store.Fault{Kind: store.EmailWrong}
	}
	address := local + "@" + strings.ToLower(domain)
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || parsed.Name != "" || len(address) > longestEmail ||
		len(local) > longestLocal ||
		strings.ContainsFunc(local, odd) {
		return typed, store.Fault{Kind: store.EmailWrong}
	}
	return address, nil
}

// odd reports what may stand before the @ by the book, and is a mistake wherever people type.
func odd(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>()[]\:`, r) }
