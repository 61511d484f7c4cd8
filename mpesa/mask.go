package mpesa

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// nationalDigits is how many digits of an MSISDN stand behind 254.
const nationalDigits = 9

// Matches reports whether a number that M-PESA shows, masked or whole, can be this
// one: "2547 ***** 126", "0722***126", "254708374149", or the text of a party with
// such a number in it, "254708374149 - John Doe". visible says how many of the nine
// digits behind 254 were shown: 9 is the number itself, 4 is what a mask usually
// leaves, and 0 proves nothing. The length of a mask does not count, since masks need
// not be as long as what they hide. Where the text holds two numbers, or none, the
// answer is false.
//
// A SHA-256 hash in hex, as C2B version 1 sends it, matches with 9 where it is that
// of the number as 254…; in what form Safaricom hashes it is not documented, so that
// a hash that does not match proves nothing.
func (m MSISDN) Matches(masked string) (visible int, ok bool) {
	if !m.valid() || len(masked) > maxText {
		return 0, false
	}
	masked = strings.TrimSpace(masked)
	if isHash(masked) {
		sum := sha256.Sum256([]byte(m))
		if strings.EqualFold(masked, hex.EncodeToString(sum[:])) {
			return nationalDigits, true
		}
		return 0, false
	}
	number, found := numberIn(masked)
	if !found {
		return 0, false
	}
	number, international := strings.CutPrefix(number, "+")
	whole := string(m)
	switch {
	case international, number[0] == '2', number[0] == '*':
	case number[0] == '0':
		whole = "0" + whole[3:]
	default:
		whole = whole[3:]
	}
	return compareMasked(whole, align(number, len(whole)))
}

// compareMasked compares the visible digits and counts those of the last nine.
func compareMasked(whole, masked string) (visible int, ok bool) {
	if len(masked) != len(whole) {
		return 0, false
	}
	for i := range whole {
		switch {
		case masked[i] == '*':
		case masked[i] != whole[i]:
			return 0, false
		case i >= len(whole)-nationalDigits:
			visible++
		}
	}
	return visible, true
}

// align gives a mask in one piece the length that makes the whole as long as length.
func align(masked string, length int) string {
	first, last := strings.IndexByte(masked, '*'), strings.LastIndexByte(masked, '*')
	if first < 0 || strings.Trim(masked[first:last], "*") != "" {
		return masked
	}
	hidden := length - first - len(masked[last+1:])
	return masked[:first] + strings.Repeat("*", max(hidden, 1)) + masked[last+1:]
}

// numberIn finds the one number in a text: before " - ", or the whole text, or the
// words of it that belong together.
func numberIn(text string) (string, bool) {
	if before, _, both := strings.Cut(text, " - "); both && isNumber(before) {
		text = before
	}
	if isNumber(text) {
		return joinDigits(text), true
	}
	var number strings.Builder
	numbers, inside := 0, false
	for _, word := range strings.Fields(text) {
		word = strings.Trim(word, "()[].,;:")
		if isMasked(word) && !inside {
			numbers++
		}
		if inside = isMasked(word); inside {
			number.WriteString(joinDigits(word))
		}
	}
	return number.String(), numbers == 1 && isNumber(number.String())
}

// joinDigits drops spaces, and no dashes: these part a number from a name.
func joinDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || invisible(r) {
			return -1
		}
		return r
	}, text)
}

// isMasked knows a number or a part of one, which may be all mask.
func isMasked(text string) bool {
	digits := strings.TrimPrefix(joinDigits(text), "+")
	return digits != "" && strings.Trim(digits, "0123456789*") == ""
}

// isNumber knows a number, whole or masked, with nothing beside it.
func isNumber(text string) bool { return isMasked(text) && strings.ContainsAny(text, "0123456789") }

func isHash(text string) bool {
	return len(text) == hex.EncodedLen(sha256.Size) && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
