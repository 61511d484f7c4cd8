package checkout

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cinemasphere/store"
)

const (
	// MaxName is how many characters a customer's name may have, as people count them.
	MaxName = 80
	// mostMarks is how many marks may stand on one letter. Languages need three at most, and four with pointed Hebrew;
	// more run into the lines above and below.
	mostMarks = 4
)

// readName reads a name as typed. It drops what is invisible, and what makes the text display as another; everything
// else stays, in any script. An error is a [store.Fault].
func readName(typed string) (string, error) {
	if !utf8.ValidString(typed) || strings.ContainsFunc(typed, unprintable) {
		return typed, store.Fault{Kind: store.NameUnprintable}
	}
	words := strings.Fields(dropUnseen(typed))
	for i, word := range words {
		words[i] = strings.TrimRightFunc(word, joins)
	}
	name := strings.Join(words, " ")
	seen, marks, most := 0, 0, 0
	for _, r := range name {
		switch {
		case joins(r):
		case unicode.Is(unicode.M, r):
			marks++
			most = max(most, marks)
		default:
			marks = 0
			seen++
		}
	}
	switch {
	case !strings.ContainsFunc(name, shows):
		return name, store.Fault{Kind: store.NameMissing}
	case seen > MaxName:
		return name, store.Fault{Kind: store.NameTooLong, Most: MaxName}
	case most > mostMarks:
		return name, store.Fault{Kind: store.NameUnprintable}
	}
	return name, nil
}

// unprintable reports what no page, printer or message can show.
func unprintable(r rune) bool {
	return unicode.IsControl(r) && !unicode.IsSpace(r) || r == utf8.RuneError ||
		unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// shows reports what is visible by itself: letters, digits, punctuation and symbols. Marks need something to stand on.
func shows(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) }

// joins reports the two invisible characters that scripts and emoji are spelt with: between two others they decide
// whether these are joined.
func joins(r rune) bool { return r == '\u200c' || r == '\u200d' }

// blanks are symbols to Unicode, and look empty: a braille cell without dots, a note without a head. Letters that look
// empty have a property of their own.
const blanks = "\u2800\U0001d159"

// dropUnseen drops what is invisible, or changes the direction in which other text is shown. What leaves a gap becomes
// a space. A joiner stays between what it joins, and a variation selector behind what it varies.
func dropUnseen(text string) string {
	var out []rune
	last := func() rune {
		if len(out) == 0 {
			return ' '
		}
		return out[len(out)-1]
	}
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Variation_Selector, r):
			if shows(last()) {
				out = append(out, r)
			}
		case joins(r):
			if before := last(); shows(before) || unicode.Is(unicode.M, before) {
				out = append(out, r)
			}
		case strings.ContainsRune(blanks, r),
			unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && unicode.IsLetter(r):
			out = append(out, ' ')
		case unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point):
		case unicode.Is(unicode.M, r) && unicode.IsSpace(last()):
			// a mark without a letter
		default:
			out = append(out, r)
		}
	}
	return string(out)
}
