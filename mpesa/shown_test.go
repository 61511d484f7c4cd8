package mpesa

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestShownAnswers(t *testing.T) {
	for _, tt := range []struct {
		code Code
		text string
		want string
	}{
		{"1032", "Request cancelled by user.", "code 1032, Request cancelled by user"},
		{"1032", "", "code 1032"},
		{"1032", " \r\n\t ", "code 1032"},
		{"1032", "...", "code 1032"},
		{"", "", "code unknown"},
		{"", "Cancelled", "code unknown, Cancelled"},
		{"SFC_IC0003", "The operator\r\ndoes   not exist..", "code SFC_IC0003, The operator does not exist"},
		{"2001", "[MpesaCB - ]The initiator 254712345678 is wrong",
			"code 2001, [MpesaCB - ]The initiator 2547*****678 is wrong"},
		{"254712345678", "Call 0712345678.", "code 2547*****678, Call 0712***678"},
		{"500.001.1001", "a, b. c", "code 500.001.1001, a, b. c"},
	} {
		if got := ShownAnswer(tt.code, tt.text); got != tt.want {
			t.Errorf("%q %q: %q, want %q", tt.code, tt.text, got, tt.want)
		}
	}
	for _, long := range []string{strings.Repeat("x", 10_000), strings.Repeat("ũ", 10_000),
		strings.Repeat("254712345678 ", 1000), strings.Repeat("7", 10_000)} {
		got := ShownAnswer(Code(long), long)
		if utf8.RuneCountInString(got) > 180 || !utf8.ValidString(got) || MaskDigits(got) != got {
			t.Errorf("%.20q: %q", long, got)
		}
	}
}
