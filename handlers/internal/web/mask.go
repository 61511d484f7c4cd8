package web

import (
	"log/slog"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

// tokenRun is the length of our tokens and secrets: capital letters and the digits 2 to 7.
const tokenRun = 26

// Mask makes text fit for a log: of every run that may be a token or a secret the first three characters stay, and
// phone numbers and the ids that end in one are masked as [mpesa.MaskDigits] does it.
func Mask(text string) string { return mpesa.MaskDigits(maskTokens(text)) }

func inToken(c byte) bool { return c >= 'A' && c <= 'Z' || c >= '2' && c <= '7' }

// maskTokens masks what may be a token or a secret. Text without one is returned as it is.
func maskTokens(text string) string {
	var out strings.Builder
	written, run := 0, 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && inToken(text[i]) {
			run++
			continue
		}
		if run >= tokenRun {
			out.WriteString(text[written : i-run+3])
			out.WriteString("*****")
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
		return slog.String(a.Key, Mask(a.Value.String()))
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
