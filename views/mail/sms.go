package mail

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// OneSMS is how many characters of the GSM alphabet an SMS has. With a character outside it an SMS has 70, so there is
// none in ours.
const OneSMS = 160

// SMS is the letter as a short text with the ticket's link. What matters least is left out until it fits into one SMS;
// the link never is.
func (l Letter) SMS() string {
	t := l.Ticket
	when := wording.Nairobi(t.Screening.StartsAt).Format("Mon 2 Jan 15:04")
	title := t.Movie.ShortTitle
	if title == "" || len(plain(t.Movie.Title)) <= 24 {
		title = t.Movie.Title
	}
	seats := strings.Join(t.Seats, " ")
	few := strconv.Itoa(t.Quantity) + " seats"
	if t.Quantity == 1 {
		few = "1 seat"
	}
	var says, short string
	switch l.Event {
	case store.MessagePaid:
		says, short = "paid", "paid"
	case store.MessageMoved:
		says, short = "paid, with other seats than chosen", "paid, other seats"
	case store.MessageRefunded:
		says = wording.Cents(l.Refund) + " has gone back to you"
		short = says
	case store.MessageCancelled:
		says, short = "CANCELLED, your ticket admits nobody any more", "CANCELLED"
		if t.RefundDue > 0 {
			says = "CANCELLED. We owe you " + wording.Cents(t.RefundDue) + " and write once it is back"
			short = "CANCELLED. " + wording.Cents(t.RefundDue) + " is due back to you"
		}
	}
	for _, parts := range [][]string{
		{l.Cinema.Name + ": " + says, title, when, t.Screening.Hall, seats},
		{l.Cinema.Name + ": " + short, title, when, t.Screening.Hall, seats},
		{l.Cinema.Name + ": " + short, title, when, seats},
		{l.Cinema.Name + ": " + short, cut(title, 24), when, few},
		{cut(l.Cinema.Name, 20) + ": " + short, cut(title, 16), when, few},
		{short, cut(title, 12), when},
	} {
		if text := plain(join(parts) + ". " + l.Link); len(text) <= OneSMS {
			return text
		}
	}
	return plain(short + ". " + l.Link)
}

// join is what is said, then what of: paid. Film, Fri 27 Nov 20:00, Hall 1, F1 F2.
func join(parts []string) string {
	kept := parts[:1:1]
	for _, p := range parts[1:] {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return kept[0] + ". " + strings.Join(kept[1:], ", ")
}

// cut is a text of at most n characters.
func cut(text string, n int) string {
	text = plain(text)
	if len(text) > n {
		text = strings.TrimSpace(text[:n])
	}
	return text
}

// instead are characters outside the GSM alphabet, or that count as two in it, and what is written instead.
var instead = strings.NewReplacer(
	"’", "'", "‘", "'", "`", "'", "´", "'", "“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "–", "-", "—", "-",
	"−", "-", "…", "...", "·", "-", "•", "-", "×", "x", "ß", "ss", "æ", "ae", "Æ", "AE", "ø", "o", "Ø", "O", "œ", "oe",
	"Œ", "OE", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ŋ", "ng", "Ŋ", "NG", "ɓ", "b", "Ɓ", "B", "ɗ", "d", "Ɗ", "D",
	"ʼ", "'", "ʻ", "'",
	"€", "EUR", "[", "(", "]", ")", "{", "(", "}", ")", "~", "-", "^", "", "|", "/", `\`, "/", "\u00a0", " ",
)

// plain is a text in the characters that ASCII and the GSM alphabet share, each of which counts as one: letters lose
// their accents, and what is left has no place in it.
func plain(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(instead.Replace(text)) {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r > ' ' && r < 0x7f:
			b.WriteString(instead.Replace(string(r)))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Short is a text that fits into one SMS.
func Short(text string) string { return cut(text, OneSMS) }
