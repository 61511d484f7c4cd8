package money

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
)

// standInLetters is how many letters stand for the digits behind the country's and the 7 or 1.
const standInLetters = nationalDigits - 1

// IsStandIn reports whether a number was masked: its digits are gone, and letters stand for them. See [Mask].
func IsStandIn(number string) bool {
	national, coded := strings.CutPrefix(number, kenya)
	return coded && len(number) == msisdnDigits && isMobile(national) && lettersAlone(national[1:])
}

func lettersAlone(text string) bool { return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz") == "" }

// Mask is the case without phone numbers. A number becomes another one in which letters stand for the digits: the same
// number the same letters, so that whatever [Pattern.Fits] and [Pattern.Proves] say of two numbers of the case holds
// afterwards. Letters makes so many letters by chance, so that they lead neither to the number nor to another case.
// What is masked stays as it is.
//
// Same reports that the case is decided the same as of now, payers apart. It may not be where M-PESA showed the middle
// of a number alone, or where what it showed is true of several phones of the case: then it is not to be masked.
func Mask(c Case, now Instant, letters func(n int) string) (masked Case, same bool) {
	was := Decide(c, now).withoutPayers()
	for range draws {
		masked = mask(c, letters)
		if reflect.DeepEqual(was, Decide(masked, now).withoutPayers()) {
			return masked, true
		}
	}
	return c, false
}

// draws is how often other letters are tried. Of two payers that were reported with the same proof the first in order
// counts, and a hash stands anywhere in it.
const draws = 40

func mask(c Case, letters func(int) string) Case {
	m := masks{letters: letters, of: map[string]string{}}
	for _, p := range c.Pushes {
		m.see(p.Phone)
	}
	for _, f := range c.Facts {
		m.see(string(f.Payer))
	}
	m.draw()
	c.Pushes, c.Facts = slices.Clone(c.Pushes), slices.Clone(c.Facts)
	for i, p := range c.Pushes {
		c.Pushes[i].Phone = m.number(p.Phone)
	}
	for i, f := range c.Facts {
		c.Facts[i].Payer = m.pattern(f.Payer)
	}
	return c
}

// masks has the stand-in of each number of a case.
type masks struct {
	letters func(int) string
	numbers []string // in order
	of      map[string]string
}

func (m *masks) see(number string) {
	if isMSISDN(number) && !slices.Contains(m.numbers, number) {
		m.numbers = append(m.numbers, number)
	}
}

// draw gives each number its stand-in, in the order of the numbers: what else is equal is decided by that order.
func (m *masks) draw() {
	slices.Sort(m.numbers)
	drawn := map[string]bool{}
	for len(drawn) < len(m.numbers) {
		drawn[m.letters(standInLetters)] = true
	}
	var all []string
	for l := range drawn {
		all = append(all, l)
	}
	slices.Sort(all)
	for i, n := range m.numbers {
		m.of[n] = n[:len(n)-standInLetters] + all[i]
		if IsStandIn(n) {
			m.of[n] = n
		}
	}
}

// number is the stand-in of a push's phone.
func (m *masks) number(msisdn string) string {
	if in, is := m.of[msisdn]; is {
		return in
	}
	return kenya + "7" + m.letters(standInLetters) // what is no number proves nothing
}

// pattern is a payer's number with the stand-in's letters where it had digits.
func (m *masks) pattern(p Pattern) Pattern {
	number := string(p)
	switch {
	case p == "" || p == Hidden:
		return p
	case isMSISDN(number):
		return Pattern(m.of[number])
	case isHash(number):
		return m.hash(number)
	case !strings.Contains(number, "*") && len(number) < nationalDigits:
		return p // a bank's shortcode, which is nobody's phone
	case !strings.Contains(number, "*"):
		return Pattern(number[:3] + strings.Repeat("0", len(number)-3)) // another country's
	case strings.ContainsFunc(number, func(r rune) bool { return r >= 'a' && r <= 'z' }):
		return p
	}
	return m.partly(p)
}

// hash is the SHA-256 of the stand-in of the number whose hash it is.
func (m *masks) hash(of string) Pattern {
	in := m.letters(2 * standInLetters) // of a number that the case does not have
	for _, n := range m.numbers {
		if hashes(of, n) {
			in = m.of[n]
		}
	}
	sum := sha256.Sum256([]byte(in))
	return Pattern(hex.EncodeToString(sum[:]))
}

// partly masks a number with hidden digits: as much is to be seen of its stand-in as was of the number, but for what
// stands between two hidden runs.
func (m *masks) partly(p Pattern) Pattern {
	parts := strings.Split(string(p), "*")
	first, last, inside := parts[0], parts[len(parts)-1], strings.Join(parts[1:len(parts)-1], "")
	shared := msisdnDigits - standInLetters
	if len(first) <= shared && last == "" && inside == "" {
		return p // every number begins like that
	}
	in := kenya + "7" + m.letters(standInLetters) // of a number that the case does not have
	if len(first) >= shared {
		in = first[:shared] + in[shared:]
	}
	for _, n := range m.numbers {
		if p.Fits(n) {
			in = m.of[n]
			break
		}
	}
	if last == "" && len(inside) >= provingDigits {
		last = inside
	}
	masked := in[:min(len(first), msisdnDigits-1)] + "*" + in[msisdnDigits-min(len(last), standInLetters):]
	return Pattern(masked)
}

// withoutPayers is all of a decision but the payers, for comparison.
func (d Decision) withoutPayers() Decision {
	d.Payments = slices.Clone(d.Payments)
	for i, p := range d.Payments {
		p.Payer = ""
		p.facts, p.like = nil, nil
		d.Payments[i] = p
	}
	return d
}
