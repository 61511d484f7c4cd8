package mpesa

import (
	"strings"
	"unicode"
)

// Party is who paid or was paid, as M-PESA writes it: "600310 - Safaricom333",
// "254708374149 - John Doe".
type Party struct {
	// Text is as it came.
	Text string
	// Number is the shortcode, till or phone number before the name or, where none stands
	// there, behind it; without spaces. A phone number may be 254…, 07… (both observed) or
	// masked with stars. It is empty where the text has no such number.
	Number string
	Name   string
}

// ParseParty splits the text of a party: "600310 - Safaricom333", or the other way
// about. A number at the beginning comes first: what stands behind it is a name, which
// its owner may have chosen to look like one.
func ParseParty(text string) Party {
	text = strings.TrimSpace(text)
	party := Party{Text: text}
	number, name, _ := strings.Cut(text, " - ")
	if last := strings.LastIndex(text, " - "); !isNumber(number) && last >= 0 {
		number, name = text[last+len(" - "):], text[:last]
	}
	if !isNumber(number) {
		party.Name = oneSpace(text)
		return party
	}
	party.Number, party.Name = joinDigits(number), oneSpace(name)
	return party
}

func oneSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

// joinDigits drops spaces, and no dashes: these part a number from a name.
func joinDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || invisible(r) {
			return -1
		}
		return r
	}, text)
}

// isNumber knows a number, whole or masked with stars, with nothing beside it.
func isNumber(text string) bool {
	digits := strings.TrimPrefix(joinDigits(text), "+")
	return digits != "" && strings.Trim(digits, "0123456789*") == "" && strings.ContainsAny(digits, "0123456789")
}
