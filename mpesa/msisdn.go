package mpesa

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// MSISDN is a Kenyan mobile number as Daraja wants it: 254, then 1 or 7, then
// eight digits. Make one with ParseMSISDN.
type MSISDN string

// ErrMSISDN is what every error of ParseMSISDN wraps.
var ErrMSISDN = errors.New("not a Kenyan mobile number")

const maxPhoneInput = 64

// ParseMSISDN reads a number as people write it: 07…, 01…, 7…, 1…, 254… or
// +254…, with spaces and dashes anywhere. Operators' prefixes are not checked, as
// new ones appear. The error wraps ErrMSISDN and does not repeat the number.
func ParseMSISDN(text string) (MSISDN, error) {
	if len(text) > maxPhoneInput {
		return "", fmt.Errorf("%w: it is too long", ErrMSISDN)
	}
	digits := strings.Map(dropSeparator, strings.TrimSpace(text))
	digits, international := strings.CutPrefix(digits, "+")
	if digits == "" {
		return "", fmt.Errorf("%w: it is empty", ErrMSISDN)
	}
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", fmt.Errorf("%w: it has something other than digits", ErrMSISDN)
	}
	national, err := nationalNumber(digits, international)
	if err != nil {
		return "", err
	}
	if len(national) != 9 {
		return "", fmt.Errorf("%w: it has too few or too many digits", ErrMSISDN)
	}
	if national[0] != '7' && national[0] != '1' {
		return "", fmt.Errorf("%w: mobile numbers begin with 07 or 01", ErrMSISDN)
	}
	return MSISDN("254" + national), nil
}

func nationalNumber(digits string, international bool) (string, error) {
	if rest, ok := strings.CutPrefix(digits, "254"); ok {
		return rest, nil
	}
	if international {
		return "", fmt.Errorf("%w: it is a number of another country", ErrMSISDN)
	}
	return strings.TrimPrefix(digits, "0"), nil
}

// dropSeparator drops what people and address books put between digits: spaces,
// dashes, and the invisible direction marks that come with a copied contact.
func dropSeparator(r rune) rune {
	if r == '\u2212' || unicode.In(r, unicode.Zs, unicode.Pd) || invisible(r) {
		return -1
	}
	return r
}

func invisible(r rune) bool {
	return r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' ||
		r >= '\u2066' && r <= '\u2069' || r == '\ufeff' || r == '\u00ad'
}

func (m MSISDN) valid() bool {
	again, err := ParseMSISDN(string(m))
	return err == nil && again == m
}

// Masked is the number for logs: 2547*****678.
func (m MSISDN) Masked() string {
	if len(m) != 12 {
		return strings.Repeat("*", min(len(m), 12))
	}
	return string(m[:4]) + "*****" + string(m[9:])
}

// Local is the number as people in Kenya read it: 0712 345 678.
func (m MSISDN) Local() string {
	if !m.valid() {
		return string(m)
	}
	return "0" + string(m[3:6]) + " " + string(m[6:9]) + " " + string(m[9:])
}
