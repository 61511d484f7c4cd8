package store

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// apostrophes are all that is typed as one: Ng'ang'a is written with any of them, and with none.
const apostrophes = "'`´‘’‛ʹʻʼʽˈ′＇｀"

// Fold is a text as searches compare it: lower case, without accents, apostrophes and what cannot be printed, one space
// between words.
func Fold(text string) string {
	// Before the accents: the acute accent by itself is a space with an accent on it.
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(apostrophes, r) {
			return -1
		}
		return r
	}, text)
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Mn, r), r == unicode.ReplacementChar:
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
	return strings.Join(strings.Fields(text), " ")
}
