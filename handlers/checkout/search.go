package checkout

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// longestSearch is how much of a search is read, in bytes: an M-PESA message fits.
const longestSearch = 2 << 10

var (
	lastFour = regexp.MustCompile(`^\D*([0-9]{4})$`)
	// seatTyped is a seat, with the words of its hall before it, such as "hall 1 F12" or "F 12".
	seatTyped = regexp.MustCompile(`^(?:(.*?)[\s,]+)?(?:SEAT\s+)?([A-Z]{1,3})\s?-?([0-9]{1,3})$`)
	// addressTyped is the address of a ticket's page, or of one below it.
	addressTyped = regexp.MustCompile(`/tickets/([A-Z2-7]{26})(?:[^A-Z0-9]|$)`)
	codeTyped    = regexp.MustCompile(`^[A-Z0-9]{8,12}$`)
)

// ReadSearch reads what somebody of the staff typed, scanned or pasted to find a booking, as everything that it may
// mean: a phone number in any form or its last four digits, a receipt or the whole M-PESA message, a ticket's code,
// its QR code or its page's address, a name, or a hall and seat. The caller sets from when until when a seat is looked
// for.
func ReadSearch(typed string) (q store.Search) {
	if len(typed) > longestSearch || !utf8.ValidString(typed) {
		return q
	}
	typed = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, typed)
	text := strings.ToUpper(strings.Join(strings.Fields(typed), " "))
	if rest, is := strings.CutPrefix(text, qrPrefix); is {
		q.Code, _, _ = strings.Cut(rest, ":")
		return q
	}
	if m := addressTyped.FindStringSubmatch(typed); m != nil {
		q.Secret = m[1]
		return q
	}
	q.Receipt, _ = mpesa.ParseReceipt(typed)
	if phone, err := mpesa.ParseMSISDN(typed); err == nil {
		q.Phone = string(phone)
	}
	if m := lastFour.FindStringSubmatch(text); m != nil && !strings.ContainsFunc(text, unicode.IsLetter) {
		q.LastFour = m[1]
	}
	if code := strings.NewReplacer(" ", "", "-", "").Replace(text); codeTyped.MatchString(code) {
		q.Code = code
	}
	if m := seatTyped.FindStringSubmatch(text); m != nil {
		q.Hall, q.Seat = m[1], m[2]+m[3]
	}
	if len(text) <= MaxName*utf8.UTFMax && strings.ContainsFunc(text, unicode.IsLetter) && q.Phone == "" {
		q.Name = strings.Join(strings.Fields(typed), " ")
	}
	return q
}
