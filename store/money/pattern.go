package money

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Pattern is a payer's number as M-PESA gives it: an MSISDN, one with a * for each hidden run of digits, or the SHA-256
// of an MSISDN in hex. "" is not known.
type Pattern string

const (
	// provingDigits is how many digits of a number must show to prove whose it is.
	provingDigits = 3
	msisdnDigits  = 12
	kenya         = "254"
)

// ParsePattern reads a number as M-PESA writes it: 254712345678, 0712345678, 712345678, 2547 ***** 678, 7*****678,
// 2547XXXXX678, "254712345678 - ADA", or its SHA-256. What holds no digit is "".
func ParsePattern(text string) Pattern {
	text, _, _ = strings.Cut(text, " - ")
	text = strings.ToLower(strings.TrimSpace(text))
	if isHash(text) {
		return Pattern(text)
	}
	var out strings.Builder
	hidden := false
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
			hidden = false
		case strings.ContainsRune("*x#•●_?", r):
			if !hidden {
				out.WriteByte('*')
			}
			hidden = true
		}
	}
	number := out.String()
	switch {
	case strings.Trim(number, "*") == "":
		return ""
	case strings.HasPrefix(number, "0"):
		return Pattern(kenya + number[1:])
	case !strings.HasPrefix(number, kenya) && (number[0] == '7' || number[0] == '1'):
		return Pattern(kenya + number)
	}
	return Pattern(number)
}

func isHash(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == hex.EncodedLen(sha256.Size)
}

// Fits reports whether the number may be the MSISDN. One that is not known fits any.
func (p Pattern) Fits(msisdn string) bool {
	number := string(p)
	if number == "" {
		return true
	}
	if isHash(number) {
		sum := sha256.Sum256([]byte(msisdn))
		return number == hex.EncodeToString(sum[:])
	}
	parts := strings.Split(number, "*")
	if len(parts) == 1 {
		return number == msisdn
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

// Proves reports whether the number is the MSISDN by what shows of it, beyond the country's digits, which all numbers
// have.
func (p Pattern) Proves(msisdn string) bool {
	number := string(p)
	if number == "" || !p.Fits(msisdn) {
		return false
	}
	if isHash(number) || len(number) == msisdnDigits && !strings.Contains(number, "*") {
		return true
	}
	shown := len(strings.ReplaceAll(strings.TrimPrefix(number, kenya), "*", ""))
	return shown >= provingDigits
}
