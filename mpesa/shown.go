package mpesa

import "strings"

const (
	longestShown     = 120 // characters of a text of M-PESA's in one line
	longestShownCode = 40  // of a code: some are words
)

// Shown is a text of M-PESA's as a line may show it: without line ends and the stops at its end, phone numbers masked
// (MaskDigits), at most 120 characters.
func Shown(text string) string {
	return shortened(MaskDigits(strings.TrimRight(strings.Join(strings.Fields(text), " "), ".")), longestShown)
}

// ShownCode is a result code as a line may show it, at most 40 characters; "unknown" where there is none.
func ShownCode(code Code) string {
	if code == "" {
		return "unknown"
	}
	return MaskDigits(shortened(string(code), longestShownCode))
}

// ShownAnswer is what M-PESA answered, its code and its own text, as a line may show it: code 1032, Request cancelled
// by user.
func ShownAnswer(code Code, text string) string {
	shown := "code " + ShownCode(code)
	if text = Shown(text); text != "" {
		shown += ", " + text
	}
	return shown
}

func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
