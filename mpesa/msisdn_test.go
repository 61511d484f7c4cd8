package mpesa

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"
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

		// prefixes
		"00254712345678":                "254712345678",
		"00 254 712 345 678":            "254712345678",
		"000254712345678":               "254712345678",
		"0254712345678":                 "254712345678",
		"+254 (0)711 100 015":           "254711100015",
		"+254(0) 111 100 015":           "254111100015",
		"(+254) 0711-100-015":           "254711100015",
		"2540711100015":                 "254711100015",
		"254 0711 100 015":              "254711100015",
		"+254 254 711 100 015":          "254711100015",
		"+254+254711100015":             "254711100015",
		"(0)711 100 015":                "254711100015",
		"+0711100015":                   "254711100015",
		"++254711100015":                "254711100015",
		"+ 254 711 100 015":             "254711100015",
		"254+711100015":                 "254711100015",
		"254711100015+":                 "254711100015", // as a right-to-left page shows it
		"\uff0b254711100015":            "254711100015",
		"tel:0711100015":                "254711100015",
		"tel:+254711100015":             "254711100015",
		"TEL;TYPE=CELL:+254 711 100015": "254711100015",

		// separators
		"0711.100.015":                             "254711100015",
		"0711/100/015":                             "254711100015",
		"(0711) 100 015":                           "254711100015",
		"0711,100,015":                             "254711100015",
		"0711_100_015":                             "254711100015",
		"0711\u00b7100\u00b7015":                   "254711100015",
		"0711\u2022100\u2022015":                   "254711100015",
		"0711\u2013100\u2014015":                   "254711100015",
		"0711\u2212100\u2011015":                   "254711100015",
		"0711\t100\r\n015":                         "254711100015",
		"0711\u2003100\u202f015":                   "254711100015",
		"0711\u3000100\u2028015":                   "254711100015",
		"0711~100|015":                             "254711100015",
		"'0711100015":                              "254711100015", // from a spreadsheet
		"\"0711100015\"":                           "254711100015",
		"\u201c0711100015\u201d":                   "254711100015",
		"<0711100015>":                             "254711100015",
		"*0711100015*":                             "254711100015", // bold in a chat
		"\U0001F4DE 0711 100 015":                  "254711100015",
		"\u260e\ufe0f0711100015":                   "254711100015",
		"0711100015.":                              "254711100015",
		"\u28000711100015\u2800":                   "254711100015",
		"[0711 100 015]":                           "254711100015",
		"+254711100015;":                           "254711100015",
		"0\ufe0f\u20e37\ufe0f\u20e3\u200b11100015": "254711100015",

		// what shows nothing
		"\u2060+254711100015\u2060":             "254711100015",
		"0711\u2060100\u2060015":                "254711100015",
		"\u2066+254\u00a0711\u00a0100015\u2069": "254711100015",
		"0711\u115f100\u3164015":                "254711100015",
		"0711\u034f100\ufe0e015":                "254711100015",
		"0711\u061c100\u180e015":                "254711100015",
		"\ufeff0711100015":                      "254711100015",
		"0711\U000e0020100\U000e0031015":        "254711100015",
		"0711\U000e0100100\uffa0015":            "254711100015",

		// digits of other scripts
		// Arabic
		"\u0660\u0667\u0661\u0661\u0661\u0660\u0660\u0660\u0661\u0665":               "254711100015",
		"+\u0662\u0665\u0664 \u0667\u0661\u0661\u0661\u0660\u0660\u0660\u0661\u0665": "254711100015",
		// Persian
		"\u06f0\u06f7\u06f1\u06f1\u06f1\u06f0\u06f0\u06f0\u06f1\u06f5": "254711100015",
		// Hindi
		"\u0966\u096d\u0967\u0967\u0967\u0966\u0966\u0966\u0967\u096b": "254711100015",
		// Gujarati
		"\u0ae6\u0aed\u0ae7\u0ae7\u0ae7\u0ae6\u0ae6\u0ae6\u0ae7\u0aeb": "254711100015",
		// full width
		"\uff10\uff17\uff11\uff11\uff11\uff10\uff10\uff10\uff11\uff15": "254711100015",
		// bold
		"\U0001d7ce\U0001d7d5\U0001d7cf\U0001d7cf\U0001d7cf" +
			"\U0001d7ce\U0001d7ce\U0001d7ce\U0001d7cf\U0001d7d3": "254711100015",
		// of two scripts
		"\u0660711\u0661\u0660\u0660015": "254711100015",

		// words and links around it
		"Ada Njeri +254 711 100 015":                       "254711100015",
		"Ada Njeri\n+254 711 100 015":                      "254711100015",
		"Ng'ang'a: 0711100015 (M-PESA)":                    "254711100015",
		"simu yangu ni 0711 100 015":                       "254711100015",
		"\u0647\u0627\u062a\u0641: \u0660711100015":        "254711100015",
		"https://wa.me/254711100015":                       "254711100015",
		"https://wa.me/254711100015?text=Hi":               "254711100015",
		"https://api.whatsapp.com/send?phone=254711100015": "254711100015",
		"sms:+254711100015":                                "254711100015",

		// one number several times
		"0711100015 0711100015":                          "254711100015",
		"0711100015,0711100015":                          "254711100015",
		"+254711100015 / 0711100015":                     "254711100015",
		"0711 100 015 / +254 711 100 015":                "254711100015",
		"711100015\n254711100015\n0711100015":            "254711100015",
		"0711100015 (0711100015)":                        "254711100015",
		"0711100015 or +254 711 100 015":                 "254711100015",
		"[0711100015](tel:+254711100015)":                "254711100015",
		"[0711 100 015](tel:0711100015)":                 "254711100015",
		"[Ada](https://wa.me/254711100015?text=Hi)":      "254711100015",
		"<a href=\"tel:+254711100015\">0711 100 015</a>": "254711100015",
		"Ada <tel:0711100015> 0711-100-015":              "254711100015",
		"\u0660711100015 \u2013 0711100015":              "254711100015",

		// what programs write
		"tel:0711100015;phone-context=+254":           "254711100015",
		"tel:711100015;phone-context=+254":            "254711100015",
		"TEL:711-100-015;Phone-Context=254":           "254711100015",
		"tel:+254711100015;phone-context=+254;isub=a": "254711100015",
		"tel:0711100015;phone-context=example.com":    "254711100015",
		"711100015.0":        "254711100015",
		"0711100015.00":      "254711100015",
		"254711100015.0":     "254711100015",
		" +254711100015.0\n": "254711100015",
	} {
		got, err := ParseMSISDN(in)
		if err != nil || got != want {
			t.Errorf("ParseMSISDN(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParseMSISDNRefuses(t *testing.T) {
	for in, want := range map[string]MSISDNError{
		"": {FaultNoNumber, 0}, " ": {FaultNoNumber, 0}, "+": {FaultNoNumber, 0}, "-": {FaultNoNumber, 0},
		"null":   {FaultNoNumber, 0},
		"\u200b": {FaultNoNumber, 0}, "tel:": {FaultNoNumber, 0}, "\u3164\u2800": {FaultNoNumber, 0},

		"+255712345678": {FaultForeign, 0}, "255712345678": {FaultForeign, 0}, "00255712345678": {FaultForeign, 0},
		"+447700900123": {FaultForeign, 0},
		"447700900123":  {FaultForeign, 0}, "0044 7700 900123": {FaultForeign, 0},
		"+1 (718) 555-0100": {FaultForeign, 0}, "+7 912 345 67 89": {FaultForeign, 0},
		"+712345678": {FaultForeign, 0}, "+112345678": {FaultForeign, 0}, "00712345678": {FaultForeign, 0},
		"+\u0662\u0665\u0665712345678": {FaultForeign, 0},
		"+256 (0)712 345 678":          {FaultForeign, 0}, "tel:+255712345678": {FaultForeign, 0},
		"https://wa.me/255712345678": {FaultForeign, 0},
		"000712345678":               {FaultForeign, 0}, "\uff0b255712345678": {FaultForeign, 0},
		"\u2060+255712345678": {FaultForeign, 0},

		"0201234567": {FaultLandline, 0}, "020 123 4567": {FaultLandline, 0}, "0412345678": {FaultLandline, 0},
		"+254201234567": {FaultLandline, 0},
		"254201234567":  {FaultLandline, 0}, "+254 (0)20 123 4567": {FaultLandline, 0},
		"051 221 2345": {FaultLandline, 0}, "061 2030405": {FaultLandline, 0},
		"041 222 333": {FaultLandline, 0}, "00254 57 2025678": {FaultLandline, 0}, "20 1234567": {FaultLandline, 0},

		"0812345678": {FaultNotMobile, 0}, "0912345678": {FaultNotMobile, 0}, "0800 723 253": {FaultNotMobile, 0},
		"+254 312 345 678": {FaultNotMobile, 0},

		"0": {FaultTooShort, 9}, "07": {FaultTooShort, 8}, "254": {FaultTooShort, 9}, "+254 (0)": {FaultTooShort, 9},
		"071234567": {FaultTooShort, 1},
		"71234567":  {FaultTooShort, 1}, "25471234567": {FaultTooShort, 1}, "0712***678": {FaultTooShort, 3},
		"07 12 34 56": {FaultTooShort, 2},
		"07123456789": {FaultTooLong, 1}, "7123456789": {FaultTooLong, 1}, "+2547123456789": {FaultTooLong, 1},
		"071234567890": {FaultTooLong, 2},
		"0712345678/9": {FaultTooLong, 1}, "1. 0712345678": {FaultTooLong, 2}, "0712345678.1": {FaultTooLong, 1},
		"0712.345.678.0": {FaultTooLong, 1}, "0712345678 .0": {FaultTooLong, 1}, "07123456.0": {FaultTooShort, 1},

		"0712345678,0712345679": {FaultTwoNumbers, 0}, "0712 345 678 / 0722 345 678": {FaultTwoNumbers, 0},
		"+254712345678 +254722345678": {FaultTwoNumbers, 0},
		"712345678;254722345678":      {FaultTwoNumbers, 0}, "0712345678 or 0722345678": {FaultTwoNumbers, 0},
		"[0712345678](tel:+254722345678)":         {FaultTwoNumbers, 0},
		"0712345678,0712345678,0722345678":        {FaultTwoNumbers, 0},
		"0712345678 0722345678 0712345678":        {FaultTwoNumbers, 0},
		"0712345678 and 0712345678 or 0722345678": {FaultTwoNumbers, 0},
		"[0712345678](tel:+255712345678)":         {FaultUnreadable, 0},
		"0712345678;phone-context=+255":           {FaultUnreadable, 0},
		"0712345678;phone-context=+2547":          {FaultUnreadable, 0}, "0712345678;ext=254": {FaultUnreadable, 0},
		"0712345678 for 2": {FaultUnreadable, 0}, "12 May: 0712345678": {FaultUnreadable, 0},

		"07l2345678": {FaultUnreadable, 0}, "O712345678": {FaultUnreadable, 0}, "0712345678x": {FaultUnreadable, 0},
		"0x712345678":  {FaultUnreadable, 0},
		"7.12345678e8": {FaultUnreadable, 0}, "0712 or 0722345678": {FaultUnreadable, 0},
		"0712 34 l5 678": {FaultUnreadable, 0}, "0712 345 678 ext 5": {FaultUnreadable, 0},
		"tel0712345678": {FaultUnreadable, 0}, "0712345\u00b278": {FaultUnreadable, 0},
		"\u2460712345678": {FaultUnreadable, 0}, "07123\x0045678": {FaultUnreadable, 0},
		"\xff0712345678": {FaultUnreadable, 0}, "0712345678\ue000": {FaultUnreadable, 0},
		"%2B254712345678": {FaultUnreadable, 0}, strings.Repeat("0712345678", 100_000): {FaultUnreadable, 0},
	} {
		got, err := ParseMSISDN(in)
		var fault *MSISDNError
		if !errors.Is(err, ErrMSISDN) || !errors.As(err, &fault) || got != "" {
			t.Errorf("ParseMSISDN(%.40q) = %q, %v; want an error", in, got, err)
			continue
		}
		if *fault != want {
			t.Errorf("ParseMSISDN(%.40q): %+v, want %+v", in, *fault, want)
		}
		if regexp.MustCompile(`[0-9]{5}`).MatchString(err.Error()) {
			t.Errorf("the error repeats the number: %v", err)
		}
	}
}

// TestDigitsOfEveryScript: Unicode's tables hold every script's digits ten by ten, on which digitValue relies.
func TestDigitsOfEveryScript(t *testing.T) {
	runs := 0
	check := func(lo, hi, stride rune) {
		if stride != 1 || (hi-lo+1)%10 != 0 {
			t.Errorf("digits from %U to %U by %d", lo, hi, stride)
		}
		for r := lo; r <= hi; r += 10 {
			runs++
			number := string([]rune{r, r + 7, r + 1, r + 2, r + 3, r + 4, r + 5, r + 6, r + 8, r + 9})
			if got, err := ParseMSISDN(number); err != nil || got != "254712345689" {
				t.Errorf("%U: %q = %q, %v", r, number, got, err)
			}
		}
	}
	for _, of := range unicode.Nd.R16 {
		check(rune(of.Lo), rune(of.Hi), rune(of.Stride))
	}
	for _, of := range unicode.Nd.R32 {
		check(rune(of.Lo), rune(of.Hi), rune(of.Stride))
	}
	if runs < 60 {
		t.Errorf("only %d scripts", runs)
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
	for _, odd := range []MSISDN{"", "2547", "not a number at all", "not a number", "ABCD12345678", "2547-1234567"} {
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
		"":                               "",
		"no digits at all":               "no digits at all",
		"254712345678":                   "2547*****678",
		"0712345678, 0110123456.":        "0712***678, 0110***456.",
		"712345678":                      "7123**678",
		"+254712345678 -":                "+2547*****678 -",
		"2026-11-27T20:00:00":            "2026-11-27T20:00:00",
		"2547*****678":                   "2547*****678",
		"٠٧١٢٣٤٥٦٧٨":                     "٠٧١٢٣٤٥٦٧٨",
	} {
		if got := MaskDigits(in); got != want {
			t.Errorf("MaskDigits(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseMSISDN(f *testing.F) {
	for _, seed := range []string{"0712345678", "+254 112-345-678", "254712345678", "7", "", "+", "020 1234567",
		"\u202a0712345678", "+254 (0)711.100.015", "Ada 0711100015", "\u0660\u0667"} {
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
		if !strings.Contains(onlyDigits(in), string(got[3:])) {
			t.Fatalf("ParseMSISDN(%q) = %q has other digits", in, got)
		}
		for _, r := range in {
			if unicode.IsControl(r) && !unicode.IsSpace(r) {
				t.Fatalf("ParseMSISDN(%q) takes a control character", in)
			}
		}
	})
}

func onlyDigits(text string) string {
	var out []byte
	for _, r := range text {
		if value, is := digitValue(r); is {
			out = append(out, '0'+value)
		}
	}
	return string(out)
}
