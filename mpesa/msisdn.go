package mpesa

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MSISDN is a Kenyan mobile number as Daraja wants it: 254, then 1 or 7, then
// eight digits. Make one with ParseMSISDN.
type MSISDN string

// ErrMSISDN is what every error of ParseMSISDN wraps.
var ErrMSISDN = errors.New("not a Kenyan mobile number")

// MSISDNFault is what keeps a text from being a Kenyan mobile number.
type MSISDNFault string

// The faults of a text that ParseMSISDN refuses.
const (
	FaultNoNumber   MSISDNFault = "it has no digits"
	FaultUnreadable MSISDNFault = "it has something other than a number"
	FaultForeign    MSISDNFault = "it is a number of another country"
	FaultLandline   MSISDNFault = "it is a landline"
	FaultNotMobile  MSISDNFault = "mobile numbers begin with 07 or 01"
	FaultTooShort   MSISDNFault = "it has too few digits"
	FaultTooLong    MSISDNFault = "it has too many digits"
	FaultTwoNumbers MSISDNFault = "it is more than one number"
)

// MSISDNError says why a text is no Kenyan mobile number. It does not repeat the
// text, and wraps ErrMSISDN.
type MSISDNError struct {
	Fault MSISDNFault
	By    int // digits too few or too many, for FaultTooShort and FaultTooLong
}

// Error says what is wrong, for a log.
func (e *MSISDNError) Error() string { return ErrMSISDN.Error() + ": " + string(e.Fault) }

// Unwrap returns ErrMSISDN.
func (e *MSISDNError) Unwrap() error { return ErrMSISDN }

// nationalDigits is how many digits of an MSISDN stand behind 254.
const nationalDigits = 9

// maxPhoneInput is in bytes: a name beside the number and a link around it fit.
const maxPhoneInput = 256

// ParseMSISDN reads a number as people type and paste it: 07…, 01…, 7…, 1…, 254…,
// +254…, 00254… or +254 (0)7…, in the digits of any script, with anything between
// the digits that is neither letter nor digit, and with words or a link around it.
// It may stand there several times, as in a link and what the link shows, and with
// .0 behind it, as spreadsheets write numbers.
// A text that can mean anything but one Kenyan mobile number is refused.
// Operators' prefixes are not checked, as new ones appear. The error is an
// *MSISDNError.
func ParseMSISDN(text string) (MSISDN, error) {
	if len(text) > maxPhoneInput {
		return "", &MSISDNError{Fault: FaultUnreadable}
	}
	if m := fraction.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	numbers, readable := readNumbers(phoneContext.ReplaceAllString(text, ""))
	switch {
	case !readable:
		return "", &MSISDNError{Fault: FaultUnreadable}
	case len(numbers) == 0:
		return "", &MSISDNError{Fault: FaultNoNumber}
	}
	national := ""
	for _, n := range numbers {
		one, fault := oneNumber(n.digits, n.plus)
		switch {
		case fault != nil && len(numbers) > 1 && fault.Fault != FaultTwoNumbers: // it may be no number at all
			return "", &MSISDNError{Fault: FaultUnreadable}
		case fault != nil:
			return "", fault
		case national != "" && national != one:
			return "", &MSISDNError{Fault: FaultTwoNumbers}
		}
		national = one
	}
	return MSISDN("254" + national), nil
}

var (
	fraction     = regexp.MustCompile(`^\s*(\+?[0-9]{9,12})\.0+\s*$`)
	phoneContext = regexp.MustCompile(`(?i);phone-context=\+?254\b`) // of a tel: link (RFC 3966)
)

// written are the digits of a number as ASCII, and whether a plus goes before them.
type written struct {
	digits string
	plus   bool
}

// readNumbers takes the digits out of a text. Words between digits end a number.
// Not readable is a letter that touches a digit: it may stand for one.
func readNumbers(text string) (numbers []written, readable bool) {
	if !utf8.ValidString(text) {
		return nil, false
	}
	var out []byte
	plus, afterDigit, afterLetter := false, false, false
	end := func() {
		if len(out) > 0 {
			numbers = append(numbers, written{string(out), plus})
		}
		out, plus = nil, false
	}
	for _, r := range text {
		digit, isDigit := digitValue(r)
		switch {
		case isDigit:
			if afterLetter {
				return nil, false
			}
			out = append(out, '0'+digit)
			afterDigit, afterLetter = true, false
		case invisible(r):
		case unicode.IsLetter(r):
			if afterDigit {
				return nil, false
			}
			end()
			afterDigit, afterLetter = false, true
		case unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r):
			plus = plus || len(out) == 0 && isPlus(r)
			afterDigit, afterLetter = false, false
		default: // a control character, a number that is no digit, something unassigned
			return nil, false
		}
	}
	end()
	return numbers, true
}

// oneNumber reads digits that are one number, or the same number several times, as
// nationalNumber gives it.
func oneNumber(digits string, plus bool) (string, *MSISDNError) {
	national, fault := nationalNumber(digits, plus)
	if fault == nil {
		return national, nil
	}
	for i := nationalDigits; i <= len(digits)-nationalDigits; i++ {
		first, wrong := nationalNumber(digits[:i], false)
		if wrong != nil {
			continue
		}
		switch rest, wrong := oneNumber(digits[i:], false); {
		case wrong != nil && wrong.Fault != FaultTwoNumbers:
		case wrong != nil || rest != first:
			return "", &MSISDNError{Fault: FaultTwoNumbers}
		default:
			return first, nil
		}
	}
	return "", fault
}

// digitValue is the value of a decimal digit of any script. Unicode keeps the ten
// digits of a script together and in order.
func digitValue(r rune) (value byte, is bool) {
	if '0' <= r && r <= '9' {
		return byte(r - '0'), true
	}
	for _, of := range unicode.Nd.R16 {
		if rune(of.Lo) <= r && r <= rune(of.Hi) {
			return byte((r - rune(of.Lo)) % 10), true
		}
	}
	for _, of := range unicode.Nd.R32 {
		if rune(of.Lo) <= r && r <= rune(of.Hi) {
			return byte((r - rune(of.Lo)) % 10), true
		}
	}
	return 0, false
}

// invisible tells what shows nothing, or only changes how its neighbour looks: it
// comes along where a number is copied from a page, a contact or a chat.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.M, unicode.Other_Default_Ignorable_Code_Point)
}

// isPlus tells a plus in any of its shapes.
func isPlus(r rune) bool { return strings.ContainsRune("+＋﹢⁺➕", r) }

// nationalNumber is a mobile number without the code of the country and without
// the zero that is dialled before it, or what is wrong with the digits.
func nationalNumber(digits string, plus bool) (string, *MSISDNError) {
	national := strings.TrimLeft(digits, "0")
	zeros, coded := len(digits)-len(national), false
	for strings.HasPrefix(national, "254") { // no mobile number of Kenya begins so by itself
		national, coded = strings.TrimLeft(national[3:], "0"), true
	}
	abroad := !coded && (zeros > 1 || plus && zeros == 0)
	first := byte('0')
	if national != "" {
		first = national[0]
	}
	mobile := first == '7' || first == '1'
	switch n := len(national); {
	case abroad && n > 0, !coded && zeros == 0 && !mobile && n > nationalDigits:
		return "", &MSISDNError{Fault: FaultForeign}
	case strings.IndexByte("2456", first) >= 0 && n >= 7 && n <= nationalDigits:
		return "", &MSISDNError{Fault: FaultLandline}
	case n < nationalDigits:
		return "", &MSISDNError{FaultTooShort, nationalDigits - n}
	case n > nationalDigits:
		return "", &MSISDNError{FaultTooLong, n - nationalDigits}
	case !mobile:
		return "", &MSISDNError{Fault: FaultNotMobile}
	}
	return national, nil
}

func (m MSISDN) valid() bool {
	again, err := ParseMSISDN(string(m))
	return err == nil && again == m
}

// Masked is the number for logs: 2547*****678. Of what is no number nothing is shown.
func (m MSISDN) Masked() string {
	if masked := MaskDigits(string(m)); len(m) == 12 && masked[4] == '*' {
		return masked
	}
	return strings.Repeat("*", min(len(m), 12))
}

// Local is the number as people in Kenya read it: 0712 345 678.
func (m MSISDN) Local() string {
	if !m.valid() {
		return string(m)
	}
	return "0" + string(m[3:6]) + " " + string(m[6:9]) + " " + string(m[9:])
}
