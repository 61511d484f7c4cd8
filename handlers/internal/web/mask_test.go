package web_test

import (
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cinemasphere/handlers/internal/web"
)

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"ticket KSh 1,350":            "ticket KSh 1,350",
		"254712345678":                "2547*****678",
		"push to 254712345678 failed": "push to 2547*****678 failed",
		"0712345678 and 0110123456.":  "0712***678 and 0110***456.",
		"ws_CO_231120262201254712345678": "ws_CO_2311***********************678"[:len("ws_CO_2311")] +
			strings.Repeat("*", 17) + "678",
		"12345678":                        "12345678",
		"/cb/ABCDEFGHIJKLMNOPQRSTUVWXYZ":  "/cb/ABC*****",
		"A2B3C4D5E6F7G2H3I4J5K6L7M2 open": "A2B***** open",
		"BAD REQUEST":                     "BAD REQUEST",
	} {
		if got := web.Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}

var (
	nineDigits = regexp.MustCompile(`[0-9]{9,}`)
	longToken  = regexp.MustCompile(`[A-Z2-7]{26,}`)
)

func TestMaskLeavesNothingLong(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`([A-C]{0,14}[0-9]{0,14}[a-c ]?){0,6}`).Draw(rt, "text")
		got := web.Mask(text)
		if nineDigits.MatchString(got) || longToken.MatchString(got) {
			rt.Fatalf("Mask(%q) = %q", text, got)
		}
		if !nineDigits.MatchString(text) && !longToken.MatchString(text) && got != text {
			rt.Fatalf("Mask(%q) changed it to %q", text, got)
		}
	})
}

func TestMaskAttr(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: web.MaskAttr}))
	log.Error("push 1", "phone", "254712345678", "error", errors.New("no route to 254712345678"), "wait", 3*time.Second,
		"n", 12)
	if nineDigits.MatchString(strings.ReplaceAll(out.String(), "3000000000", "")) {
		t.Errorf("log has nine digits in a row: %s", out.String())
	}
	if !strings.Contains(out.String(), "2547*****678") {
		t.Errorf("the masked number is missing: %s", out.String())
	}
}
