package web

import (
	"log/slog"
	"strings"
	"time"
)

const (
	digitRun = 9  // the length from which digits may be a phone number, or an id that ends in one
	tokenRun = 26 // the length of our tokens and secrets: capital letters and the digits 2 to 7
)

// Mask makes text fit for a log: of every run that may be a token or a secret the first three characters stay; of every
// run of nine or more digits, such as a phone number or a CheckoutRequestID, the first four and last three.
func Mask(text string) string {
	text = maskRuns(text, tokenRun, inToken, func(run string) string { return run[:3] + "*****" })
	return maskRuns(text, digitRun, isDigit, func(run string) string {
		return run[:4] + strings.Repeat("*", len(run)-7) + run[len(run)-3:]
	})
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func inToken(c byte) bool { return c >= 'A' && c <= 'Z' || c >= '2' && c <= '7' }

// maskRuns masks every run of at least least characters of a class. Text without one is returned as it is.
func maskRuns(text string, least int, of func(byte) bool, mask func(string) string) string {
	var out strings.Builder
	written, run := 0, 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && of(text[i]) {
			run++
			continue
		}
		if run >= least {
			out.WriteString(text[written : i-run])
			out.WriteString(mask(text[i-run : i]))
			written = i
		}
		run = 0
	}
	if written == 0 {
		return text
	}
	out.WriteString(text[written:])
	return out.String()
}

// MaskAttr is [Mask] for every attribute of a log, as slog.HandlerOptions.ReplaceAttr. Times are cut to milliseconds,
// as finer ones look like phone numbers too.
func MaskAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if text := a.Value.String(); len(text) >= digitRun {
			return slog.String(a.Key, Mask(text))
		}
	case slog.KindTime:
		return slog.Time(a.Key, a.Value.Time().Truncate(time.Millisecond))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case error:
			return slog.String(a.Key, Mask(v.Error()))
		case interface{ String() string }:
			return slog.String(a.Key, Mask(v.String()))
		}
	default:
	}
	return a
}
