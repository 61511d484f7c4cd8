package mpesa

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	receiptLength   = 10
	maxReceiptInput = 4 << 10
)

// ParseReceipt finds the M-PESA receipt in what a customer typed or pasted: the
// receipt alone, in any case and with spaces around it, a sentence with it, or the
// whole SMS. Every receipt observed has 10 letters and digits, of which the first
// three are the year (2017 is L), the month (A to L) and the day (1 to 9, A to V).
// Nothing says that this must be so: a receipt that stands alone need not have such a
// date, unless it is all letters. Full-width letters and the digits of any script are
// read, and so is a receipt with spaces or dashes within, where nothing else stands there.
// It never guesses: it does not take the letter O for a zero, and is false
// where the text holds no receipt, or several.
func ParseReceipt(text string) (string, bool) {
	if len(text) > maxReceiptInput {
		return "", false
	}
	words := strings.FieldsFunc(strings.Map(plainLetter, text), betweenWords)
	if len(words) == 1 && mayBeReceipt(words[0]) {
		return strings.ToUpper(words[0]), true
	}
	for _, fits := range []func(word, next string) bool{beginsSMS, hasDateAndDigit, hasDateInCapitals} {
		switch found := receiptsIn(words, fits); len(found) {
		case 0:
		case 1:
			return found[0], true
		default:
			return "", false
		}
	}
	return inPieces(words)
}

// inPieces reads a receipt that was typed with spaces within, and nothing else. In small
// letters each piece must have a digit: others may be words.
func inPieces(words []string) (string, bool) {
	whole := strings.Join(words, "")
	if !mayBeReceipt(whole) || !hasDateAndDigit(whole, "") {
		return "", false
	}
	for _, word := range words {
		if !strings.ContainsAny(word, "0123456789") && whole != strings.ToUpper(whole) {
			return "", false
		}
	}
	return strings.ToUpper(whole), true
}

// receiptsIn lists the different receipts among words that fit.
func receiptsIn(words []string, fits func(word, next string) bool) (found []string) {
	for i, word := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		if receipt := strings.ToUpper(word); mayBeReceipt(word) && fits(word, next) &&
			!slices.Contains(found, receipt) {
			found = append(found, receipt)
		}
	}
	return found
}

// mayBeReceipt also keeps out phone numbers, which may have ten digits: no receipt
// begins with one.
func mayBeReceipt(word string) bool {
	return len(word) == receiptLength && receiptOf(word) != ""
}

// receiptOf returns the receipt that a text is, in capitals and without what stands around it, or "". It
// has 10 letters and digits and begins with a letter, as every one observed; and it is nothing that
// programs write where they have none.
func receiptOf(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return dropUnseen(r)
	}, text)
	text = strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError // what printable makes of them
	})
	if len(text) != receiptLength || strings.Trim(text, receiptLetters) != "" {
		return ""
	}
	if text[0] <= '9' || isStandIn(text) {
		return ""
	}
	return text
}

// oddReceipt is what stands where a receipt belongs and is none that is known, yet may be one of a new form: it has
// a letter, and a digit other than zero. "" is where there is a receipt, nothing, or a stand-in.
func oddReceipt(text string) string {
	text = strings.TrimSpace(strings.Map(dropUnseen, text))
	if receiptOf(text) != "" || !strings.ContainsAny(text, "123456789") ||
		!strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	if upper := strings.ToUpper(text); len(upper) == receiptLength && isStandIn(upper) {
		return ""
	}
	return text
}

const receiptLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// isStandIn knows what is written for a receipt that is not there: one character after the day to the
// end, as in MBN0000000 (observed), a few in turn, as in TESTTESTTE, or a word, which has no digit and
// no date. Where the beginning is no date, five of the same will do.
func isStandIn(receipt string) bool {
	if same := strings.Count(receipt[3:], receipt[9:]); same == len(receipt)-3 {
		return true
	}
	for turn := 2; turn <= 4; turn++ {
		if receipt[turn:] == receipt[:len(receipt)-turn] {
			return true
		}
	}
	if hasDate(receipt) {
		return false
	}
	return !strings.ContainsAny(receipt, "0123456789") ||
		slices.ContainsFunc([]rune(receiptLetters), func(r rune) bool {
			return strings.Contains(receipt, strings.Repeat(string(r), 5))
		})
}

// beginsSMS: M-PESA's messages begin "UJ22T8IYOU Confirmed.", in Swahili
// "UJ22T8IYOU Imethibitishwa."
func beginsSMS(_, next string) bool {
	return strings.EqualFold(next, "confirmed") || strings.EqualFold(next, "imethibitishwa")
}

func hasDateAndDigit(word, _ string) bool {
	return hasDate(strings.ToUpper(word)) && strings.ContainsAny(word, "0123456789")
}

// hasDateInCapitals is for the few receipts without a digit, which in small letters
// could be any word.
func hasDateInCapitals(word, _ string) bool { return hasDate(word) && word == strings.ToUpper(word) }

func hasDate(receipt string) bool {
	year, month, day := receipt[0], receipt[1], receipt[2]
	return year >= 'A' && year <= 'Z' && month >= 'A' && month <= 'L' &&
		(day >= '1' && day <= '9' || day >= 'A' && day <= 'V')
}

// betweenWords leaves together what a receipt must not be cut out of: letters of any
// script, digits and the underscores of M-PESA's other ids.
func betweenWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }

// plainLetter is a full-width letter, or a digit of any script, as ASCII. What shows
// nothing is dropped.
func plainLetter(r rune) rune {
	const fullWidth = 'Ａ' - 'A'
	if digit, is := digitValue(r); is {
		return rune('0' + digit)
	}
	switch {
	case invisible(r):
		return -1
	case r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ':
		return r - fullWidth
	}
	return r
}
