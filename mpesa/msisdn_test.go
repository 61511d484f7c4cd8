package mpesa

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestParseMSISDN(t *testing.T) {
	for in, want := range map[string]MSISDN{
		"0712345678":                "254712345678",
		"0112345678":                "254112345678",
		"712345678":                 "254712345678",
		"112345678":                 "254112345678",
		"254712345678":              "254712345678",
		"254112345678":              "254112345678",
		"+254712345678":             "254712345678",
		"+254 112 345 678":          "254112345678",
		"0712 345 678":              "254712345678",
		"0712-345-678":              "254712345678",
		" 07 12 34 56 78\n":         "254712345678",
		"+254-712-345-678":          "254712345678",
		"0712\u00a0345\u2011678":    "254712345678",
		"\u202a+254712345678\u202c": "254712345678",
		"0799999999":                "254799999999",
	} {
		got, err := ParseMSISDN(in)
		if err != nil || got != want {
			t.Errorf("ParseMSISDN(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParseMSISDNRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "+", "-", "0", "07", "071234567", "07123456789", "7123456789", "71234567",
		"0201234567", "020 123 4567", "0412345678", "+254201234567", "254201234567",
		"+255712345678", "255712345678", "+447700900123", "0812345678", "0912345678",
		"2540712345678", "00254712345678", "++254712345678", "254+712345678", "+0712345678",
		"07l2345678", "0712345678x", "0712.345.678", "(0712) 345678", "0712345678,0712345679",
		"٠٧١٢٣٤٥٦٧٨", "０７１２３４５６７８", "07123\x0045678", "\xff0712345678", "null", "0x712345678", "7.12345678e8",
		strings.Repeat("0712345678", 100_000),
	} {
		got, err := ParseMSISDN(in)
		if !errors.Is(err, ErrMSISDN) || got != "" {
			t.Errorf("ParseMSISDN(%.40q) = %q, %v; want an error", in, got, err)
		} else if regexp.MustCompile(`[0-9]{5}`).MatchString(err.Error()) {
			t.Errorf("the error repeats the number: %v", err)
		}
	}
}

func TestMSISDNForms(t *testing.T) {
	phone := MSISDN("254712345678")
	if got := phone.Masked(); got != "2547*****678" {
		t.Errorf("Masked = %q", got)
	}
	if got := phone.Local(); got != "0712 345 678" {
		t.Errorf("Local = %q", got)
	}
	for _, odd := range []MSISDN{"", "2547", "not a number at all"} {
		if got := odd.Masked(); strings.Trim(got, "*") != "" {
			t.Errorf("Masked of %q shows %q", odd, got)
		}
		if got := odd.Local(); got != string(odd) {
			t.Errorf("Local of %q = %q", odd, got)
		}
	}
}

func TestMaskDigits(t *testing.T) {
	for in, want := range map[string]string{
		"ws_CO_100720240915261708374149": "ws_CO_1007*****************149",
		"254708374149 and 0712345678":    "2547*****149 and 0712***678",
		"code 500.001.1001, 12345678":    "code 500.001.1001, 12345678",
	} {
		if got := MaskDigits(in); got != want {
			t.Errorf("MaskDigits(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseMSISDN(f *testing.F) {
	for _, seed := range []string{"0712345678", "+254 112-345-678", "254712345678", "7", "", "+", "020 1234567", "\u202a0712345678"} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^254[17][0-9]{8}$`)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseMSISDN(in)
		if err != nil {
			if got != "" || !errors.Is(err, ErrMSISDN) {
				t.Fatalf("ParseMSISDN(%q) = %q, %v", in, got, err)
			}
			return
		}
		if !form.MatchString(string(got)) {
			t.Fatalf("ParseMSISDN(%q) = %q", in, got)
		}
		for _, form := range []string{string(got), got.Local()} {
			if again, err := ParseMSISDN(form); err != nil || again != got {
				t.Fatalf("%q does not come back: %q, %v", form, again, err)
			}
		}
		if !strings.HasSuffix(onlyDigits(in), string(got[3:])) {
			t.Fatalf("ParseMSISDN(%q) = %q has other digits", in, got)
		}
	})
}

func onlyDigits(text string) string {
	return regexp.MustCompile(`[^0-9]`).ReplaceAllString(text, "")
}
