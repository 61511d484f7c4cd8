package checkout_test

import (
	"errors"
	"strings"
	"testing"

	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
)

// TestEmails: what people type for an e-mail address, which nobody needs to give.
func TestEmails(t *testing.T) {
	for typed, want := range map[string]string{
		"": "", " ": "", "\u200b": "", "\t\r\n": "",
		"wanjiku@example.com": "wanjiku@example.com", " wanjiku@example.com\n": "wanjiku@example.com",
		"Wanjiku.Achieng@Example.COM": "Wanjiku.Achieng@example.com",
		"w+film@mail.example.co.ke":   "w+film@mail.example.co.ke",
		"mailto:w@example.com":        "w@example.com", "<w@example.com>": "w@example.com",
		"w@example.com.": "w@example.com",
		"w@example.com,": "w@example.com", "o'brien@example.ie": "o'brien@example.ie", "1@2.ke": "1@2.ke",
		"w_a-b@ex-ample.com": "w_a-b@ex-ample.com", "\u200ew@example.com": "w@example.com",
		"w@müller.de": "w@xn--mller-kva.de", "w@例え.jp": "w@xn--r8jz45g.jp",

		"wanjiku": "email_wrong", "0712345678": "email_wrong", "no": "email_wrong", "none": "email_wrong",
		"@": "email_typo", "w@": "email_typo", "@example.com": "email_wrong", "w@example": "email_typo",
		"w@example,com": "email_typo", "w @example.com": "email_typo", "w@exa mple.com": "email_typo",
		"w@@example.com": "email_typo", "w@example..com": "email_typo", "a@b.co x@y.co": "email_typo",
		"a@b.co,x@y.co": "email_typo", "w.@example.com": "email_wrong", ".w@example.com": "email_wrong",
		"w..a@example.com": "email_wrong", `"w a"@example.com`: "email_typo", `"w"@example.com`: "email_wrong",
		"w@-example.com": "email_wrong", "w@example.com\r\nBcc: x@y.co": "email_typo",
		"w(x)@example.com": "email_wrong", "wanjikũ@example.com": "email_wrong", "w@[127.0.0.1]": "email_wrong",
		"W <w@example.com": "email_typo", strings.Repeat("w", 250) + "@example.com": "email_wrong",
		strings.Repeat("w", 65) + "@" + strings.Repeat("x", 64) + ".com": "email_wrong", "a\x00@b.co": "email_wrong",
	} {
		b := checkout.Booking{Name: "Wanjiku", Phone: "0712345678", Quantity: 1, Email: typed}
		clean, problems := b.Validate()
		got := clean.Email
		if fault, is := errors.AsType[store.Fault](problems["email"]); is {
			got = string(fault.Kind)
			if clean.Email != typed {
				t.Errorf("%q: what was typed is lost: %q", typed, clean.Email)
			}
		}
		if got != want {
			t.Errorf("%q is %q, and should be %q", typed, got, want)
		}
	}
}
