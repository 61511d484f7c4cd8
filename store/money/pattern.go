package money

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
)

// Pattern is a payer's number as M-PESA gives it: an MSISDN, one with a * for each hidden run of digits, or the SHA-256
// of an MSISDN in hex. "" is not known.
type Pattern string

const (
	// provingDigits is how many digits must show to prove whose number it is.
	provingDigits = 3
	kenya         = "254"
)

// ParsePattern reads a number as M-PESA writes it: 254712345678, 0712345678, 712345678, 2547 ***** 678, 7*****678,
// 2547XXXXX678, "254712345678 - ADA", or its SHA-256. What holds no digit is "".
func ParsePattern(text string) Pattern {
	text, _, _ = strings.Cut(text, " - ")
	text = strings.ToLower(strings.TrimSpace(text))
	if _, err := hex.DecodeString(text); err == nil && len(text) == hex.EncodedLen(sha256.Size) {
		return Pattern(text)
	}
	number := ""
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			number += string(r)
		case strings.ContainsRune("*x#•●_?", r) && !strings.HasSuffix(number, "*"):
			number += "*"
		}
	}
	switch {
	case strings.Trim(number, "*") == "":
		return ""
	case strings.HasPrefix(number, "0"):
		return Pattern(kenya + number[1:])
	case number[0] == '7' || number[0] == '1':
		return Pattern(kenya + number)
	}
	return Pattern(number)
}

// Fits reports whether the number may be the MSISDN. One that is not known fits any.
func (p Pattern) Fits(msisdn string) bool {
	if len(p) == hex.EncodedLen(sha256.Size) {
		sum := sha256.Sum256([]byte(msisdn))
		return string(p) == hex.EncodeToString(sum[:])
	}
	matches, err := path.Match(string(p), msisdn)
	return p == "" || err == nil && matches
}

// Proves reports whether the number is the MSISDN by what shows of it, beyond the country's digits, which all numbers
// have.
func (p Pattern) Proves(msisdn string) bool {
	shown := strings.ReplaceAll(strings.TrimPrefix(string(p), kenya), "*", "")
	return p.Fits(msisdn) && len(shown) >= provingDigits
}
