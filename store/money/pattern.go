package money

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// Pattern is what is known of a payer's number: an MSISDN, one with a * for each hidden run of digits, the SHA-256 of
// one in hex, or another number in digits, such as a bank's shortcode. "" is unknown. [ParsePattern] makes one from
// M-PESA's form; an MSISDN is a pattern as it is.
type Pattern string

// Hidden is a completely hidden number. Like an unknown one, it fits all and proves none.
const Hidden Pattern = "*"

const (
	// provingDigits is how many visible digits prove a number, besides those that many numbers share: the country's,
	// and the 7 or 1 behind them.
	provingDigits  = 3
	msisdnDigits   = 12
	nationalDigits = 9
	kenya          = "254"
	maskSigns      = "*xX#•●·∙_?…∗＊"
	longestNumber  = 200 // in bytes, with a name beside it
	shortestNumber = 5   // digits of a shortcode
	longestDigits  = 15  // of any phone number
)

// ParsePattern reads a number as M-PESA writes it: 254712345678, +254 712 345 678, 0712345678, 712345678, 2547 *****
// 678, 7*****678, 2547XXXXX678, "254712345678 - ADA", "ADA - 254712345678", or a SHA-256. Anything but one number is
// unknown. One that shows only the country is [Hidden].
func ParsePattern(text string) Pattern {
	if len(text) > longestNumber {
		return ""
	}
	text = strings.TrimSpace(text)
	if hash := strings.ToLower(text); isHash(hash) {
		return Pattern(hash)
	}
	// A number at the beginning counts, even if it is completely hidden. The text behind it is a name, which its owner
	// may have chosen to look like a number.
	if number, _, named := strings.Cut(text, " - "); named {
		if p, is := oneNumber(number); is {
			return p
		}
		if number = strings.TrimSpace(number); number != "" && strings.Trim(number, "xX") == "" {
			return Hidden // and not a name
		}
		text = text[strings.LastIndex(text, " - ")+len(" - "):]
	}
	p, _ := oneNumber(text)
	return p
}

// oneNumber reads the one number in a text, which may have words beside it. Is reports whether the text has something
// of a number.
func oneNumber(text string) (p Pattern, is bool) {
	var number strings.Builder
	numbers, inside := 0, false
	for _, word := range strings.Fields(text) {
		part, ok := digits(strings.Trim(strings.Map(visible, word), "()[].,;:"), inside)
		if ok && (!inside || part[0] == '+') {
			numbers++
		}
		inside = ok
		number.WriteString(part)
	}
	if numbers != 1 {
		return "", numbers > 0
	}
	return normal(number.String()), true
}

// visible drops the invisible characters that come with a copied number.
func visible(r rune) rune {
	if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) {
		return -1
	}
	return r
}

// digits reads a number or a part of one, with a * for each sign of a mask. A leading plus stays. A letter hides digits
// only beside digits or inside a number that has begun.
func digits(word string, inside bool) (part string, is bool) {
	var out strings.Builder
	for i, r := range word {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			out.WriteRune(r)
		case strings.ContainsRune(maskSigns, r):
			out.WriteByte('*')
		case strings.ContainsRune("-.()/", r):
		default:
			return "", false
		}
	}
	if !inside && strings.Trim(word, "xX") == "" {
		return "", false
	}
	return out.String(), out.Len() > 0
}

// normal converts a number to the form of an MSISDN, with one * for each hidden run.
func normal(number string) Pattern {
	number, plus := strings.CutPrefix(number, "+")
	if rest, abroad := strings.CutPrefix(number, "00"); abroad {
		number, plus = rest, true
	}
	for strings.Contains(number, "**") {
		number = strings.ReplaceAll(number, "**", "*")
	}
	first, _, masked := strings.Cut(number, "*")
	full := number
	switch {
	case strings.HasPrefix(first, kenya), masked && strings.HasPrefix(kenya, first), plus:
	case strings.HasPrefix(first, "0"):
		full = kenya + number[1:]
	case masked || len(first) == nationalDigits:
		full = kenya + number
	}
	switch {
	case !masked && isMSISDN(full):
		return Pattern(full)
	case !masked && !plus && len(number) >= shortestNumber && len(number) <= longestDigits:
		return Pattern(number)
	case !masked:
		return ""
	case strings.HasPrefix(kenya, strings.TrimRight(full, "*")):
		return Hidden
	}
	begins, _, _ := strings.Cut(full, "*")
	if national, coded := strings.CutPrefix(begins, kenya); coded && national != "" && !isMobile(national) ||
		!coded && !strings.HasPrefix(kenya, begins) || len(strings.ReplaceAll(full, "*", "")) >= msisdnDigits {
		return "" // no mobile number begins like this, or nothing is hidden
	}
	return Pattern(full)
}

// isMobile reports whether a Kenyan mobile number may begin like this, behind the country's digits.
func isMobile(national string) bool { return national[0] == '7' || national[0] == '1' }

// isMSISDN reports whether a number is all of an MSISDN, or stands for one that was masked.
func isMSISDN(number string) bool {
	national, coded := strings.CutPrefix(number, kenya)
	return coded && len(number) == msisdnDigits && isMobile(national) &&
		(strings.Trim(national, "0123456789") == "" || lettersAlone(national[1:]))
}

func isHash(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == hex.EncodedLen(sha256.Size)
}

// hashes reports whether a hash is that of the MSISDN. The spelling that Safaricom hashes is not documented, so each is
// tried.
func hashes(hash, msisdn string) bool {
	national := strings.TrimPrefix(msisdn, kenya)
	for _, spelt := range []string{msisdn, "+" + msisdn, "0" + national, national} {
		if sum := sha256.Sum256([]byte(spelt)); hash == hex.EncodeToString(sum[:]) {
			return true
		}
	}
	return false
}

// Fits reports whether the number may be the MSISDN: then two payments may be the same. Anything but a phone number
// fits any. So does a hash: it may be of an unknown spelling.
func (p Pattern) Fits(msisdn string) bool {
	number := string(p)
	parts := strings.Split(number, "*")
	if len(parts) == 1 {
		return number == msisdn || !isMSISDN(number)
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(first)+len(last) > len(msisdn) || !strings.HasPrefix(msisdn, first) || !strings.HasSuffix(msisdn, last) {
		return false
	}
	rest := msisdn[len(first) : len(msisdn)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return true
}

// Proves reports whether the number is the MSISDN, by its visible digits.
func (p Pattern) Proves(msisdn string) bool {
	number := string(p)
	switch {
	case !isMSISDN(msisdn) || !p.Fits(msisdn):
		return false
	case isHash(number):
		return hashes(number, msisdn)
	case !strings.Contains(number, "*"):
		return number == msisdn
	}
	for _, known := range []string{kenya + "7", kenya + "1", kenya, kenya[:2], kenya[:1]} { // shared by many numbers
		if rest, is := strings.CutPrefix(number, known); is {
			number = rest
			break
		}
	}
	return len(strings.ReplaceAll(number, "*", "")) >= provingDigits
}
