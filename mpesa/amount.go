package mpesa

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// amount returns what was paid, in cents. M-PESA cannot take nothing, so that zero is not known, as
// anything is that does not mean one number only.
func (o object) amount(key string) (int64, bool) {
	raw, err := o.get(key)
	if err != nil {
		return 0, false
	}
	return amountOf(raw)
}

func amountOf(raw json.RawMessage) (int64, bool) {
	cents, known := sumOf(raw)
	return cents, known && cents > 0
}

// sumOf reads a sum that may be zero, such as a charge, from a number or a string.
func sumOf(raw json.RawMessage) (int64, bool) {
	if raw = trimJSON(raw); len(raw) > 0 && raw[0] == '"' {
		return parseSum(scalar(raw))
	}
	return parseCents(scalar(raw))
}

// ParseAmount reads what people and programs write for an amount of shillings into cents: 1300, 1,300.00, KES 1,300 or
// 1300/=. It refuses zero, signs, fractions of a cent, and what could be two numbers.
func ParseAmount(text string) (int64, bool) {
	cents, known := parseSum(text)
	return cents, known && cents > 0
}

const (
	currency = `(?:KES|KSHS?|SHS?)[.:]?`
	// Thousands are parted by one kind of mark; lakhs as in India, 1,30,000, are no other number.
	grouped = `[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}|` +
		`[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:'[0-9]{3})+`
)

var (
	sumForm = regexp.MustCompile(`^(?:` + currency + ` ?)?(?:([0-9]+(?:\.[0-9]*)?(?:E[+-]?[0-9]+)?)|((?:` + grouped +
		`)(?:\.[0-9]*)?)) ?(?:KES|KSHS?|SHS?|SHILLINGS?|/=|/-)?\.?$`)
	// 1.300 is one and a bit to some, and thirteen hundred to others.
	twoMeanings = regexp.MustCompile(`^[0-9]{1,3}\.[0-9]{3}$`)
	groupMarks  = strings.NewReplacer(",", "", " ", "", "'", "")
)

// parseSum reads what people and programs write for a sum of shillings into cents: 1300, 1300.00,
// 1,300.00, KES 1,300, Ksh1300, 1300/=, 1.3E3, in the digits of any script. It refuses signs, fractions
// of a cent, and what could be two numbers: 1,30 or 1.300,00 or 1.300.
func parseSum(text string) (int64, bool) {
	if len(text) > maxID {
		return 0, false
	}
	match := sumForm.FindStringSubmatch(plainSum(text))
	switch {
	case match == nil:
		return 0, false
	case match[1] != "":
		if twoMeanings.MatchString(match[1]) {
			return 0, false
		}
		return parseCents(match[1])
	}
	return parseCents(groupMarks.Replace(match[2]))
}

// plainSum writes digits, marks and white space of any script as ASCII.
func plainSum(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r < unicode.MaxASCII && r > ' ':
			return unicode.ToUpper(r)
		case unseen(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsDigit(r):
			return asciiDigit(r)
		}
		switch r {
		case '\u066b', '\uff0e':
			return '.'
		case '\u066c', '\uff0c':
			return ','
		case '\u2019':
			return '\''
		}
		return r
	}, text)
	return oneSpace(text)
}

// asciiDigit writes a decimal digit of any script in ours. Unicode has them in unbroken rows from zero
// to nine.
func asciiDigit(r rune) rune {
	first := r
	for unicode.IsDigit(first - 1) {
		first--
	}
	return '0' + (r-first)%10
}

// parseCents reads a decimal number of shillings, 1, 1.00 or 1E+3, into cents.
// It refuses signs, fractions of a cent and what is beyond any payment.
func parseCents(text string) (int64, bool) {
	mantissa, exponentText, scientific := strings.Cut(strings.ToUpper(text), "E")
	exponent := 0
	if scientific {
		var err error
		if exponent, err = strconv.Atoi(exponentText); err != nil || exponent < -20 || exponent > 20 {
			return 0, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if whole == "" || len(digits) > 30 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	shift := exponent + 2 - len(fraction)
	if shift >= 0 {
		digits += strings.Repeat("0", shift)
	} else {
		keep := max(len(digits)+shift, 0)
		if strings.Trim(digits[keep:], "0") != "" {
			return 0, false
		}
		digits = digits[:keep]
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, true
	}
	if len(digits) > 17 {
		return 0, false
	}
	cents, err := strconv.ParseInt(digits, 10, 64)
	return cents, err == nil
}

// wholeNumber writes 2.54708374149E11 and 254708374149.0 as 254708374149, since
// these fields are JSON numbers, and leaves any other text as it is.
func wholeNumber(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		return cut(text)
	}
	if cents, ok := parseCents(text); ok && cents%100 == 0 {
		return strconv.FormatInt(cents/100, 10)
	}
	return cut(text)
}

// KSh writes an amount in cents as people read it: KSh 1,350, or KSh 12.75 where it is not whole.
func KSh(cents int64) string {
	text := Decimal(cents)
	whole, fraction, _ := strings.Cut(text, ".")
	first := len(whole) - len(strings.TrimLeft(whole, "-"))
	for i := len(whole) - 3; i > first; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return "KSh " + whole
}

// Decimal writes an amount in cents as programs read it, in shillings: 1350, or 12.75 where it is not whole.
func Decimal(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	text := sign + strconv.FormatInt(cents/100, 10)
	if rest := cents % 100; rest != 0 {
		text += "." + strconv.FormatInt(100+rest, 10)[1:]
	}
	return text
}
