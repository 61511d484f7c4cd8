package mpesa

import (
	"strings"
	"testing"
	"unicode"
)

// The text of an M-PESA message as customers paste it.
const (
	smsPaid = "UJ22T8IYOU Confirmed. Ksh1,350.00 sent to CINEMASPHERE LTD for account B7K2M9 on 2/10/26 at 7:03 " +
		"PM. New M-PESA balance is Ksh2,040.50. Transaction cost, Ksh0.00. Amount you can transact within the day is " +
		"498,650.00. To reverse, forward this message to 456."
	smsReversal = "UJ32T8IYZZ confirmed. Reversal of transaction UJ22T8IYOU has been successfully reversed on " +
		"3/10/26 at 9:00 AM and Ksh1,350.00 is credited to your M-PESA account."
)

func TestParseReceipt(t *testing.T) {
	for text, want := range map[string]string{
		"UJ22T8IYOU":             "UJ22T8IYOU",
		"TK60708BHZ":             "TK60708BHZ",
		"NCB9FJNAIT":             "NCB9FJNAIT",
		"  uj22t8iyou\n":         "UJ22T8IYOU",
		"\"UJ22T8IYOU\".":        "UJ22T8IYOU",
		"UJ22\u200bT8IYOU\ufeff": "UJ22T8IYOU",
		"SKE52PAWR9":             "SKE52PAWR9", // its month is none: alone that does not matter
		"SZE52PAWR9":             "SZE52PAWR9",
		smsPaid:                  "UJ22T8IYOU",
		strings.ToLower(smsPaid): "UJ22T8IYOU",
		strings.ReplaceAll(smsPaid, " ", "\n\u00a0"): "UJ22T8IYOU",
		"Hi, see below\n" + smsPaid:                  "UJ22T8IYOU",
		smsReversal:                                  "UJ32T8IYZZ",
		"UJ22T8IYOU Imethibitishwa. Ksh1,350.00 imetumwa kwa CINEMASPHERE": "UJ22T8IYOU",
		"ABDULLAHI1 here, UJ22T8IYOU Confirmed.Ksh1,350.00":                "UJ22T8IYOU",
		"NCBAFJNAIT Confirmed. Ksh1.00":                                    "NCBAFJNAIT",
		"ncbafjnait confirmed":                                             "NCBAFJNAIT",
		"M-PESA code: UJ22T8IYOU, paid from 0708374149":                    "UJ22T8IYOU",
		"my code uj22t8iyou for BACKGROUND":                                "UJ22T8IYOU",
		"the code is NCBAFJNAIT thanks":                                    "NCBAFJNAIT",
		"UJ22T8IYOU uj22t8iyou":                                            "UJ22T8IYOU",

		"":                              "",
		"BACKGROUND":                    "BACKGROUND", // it could be one, of 1 March
		"UNASSIGNED":                    "",           // no month, no digit
		"UKT0000000":                    "",
		"   ":                           "",
		"0708374149":                    "",
		"254708374149":                  "",
		"UJ22T8IYO":                     "",
		"the code is NCBafjnait thanks": "",
		"ÜUJ22T8IYOU":                   "",
		"UJ22T8IYOUX":                   "",
		"UJ22 T8IYOU":                   "UJ22T8IYOU",
		"UJ22-T8IYOU":                   "UJ22T8IYOU",
		"UJ 22 T8 IY OU":                "UJ22T8IYOU",
		"U J 2 2 T 8 I Y O U":           "UJ22T8IYOU",
		"uj22 t8iyou.":                  "UJ22T8IYOU",
		"uj22\u00a0t8iyou":              "UJ22T8IYOU",
		"\uff35\uff2a\uff12\uff12\uff34\uff18\uff29\uff39\uff2f\uff35": "UJ22T8IYOU",
		"\uff55\uff4a22 t8\uff49\uff59\uff4f\uff55":                    "UJ22T8IYOU",
		"UJ\u0662\u0662T\u0668IYOU":                                    "UJ22T8IYOU",
		"UJ22 T8IYO":                                                   "",
		"UJ22 T8IYOU X":                                                "",
		"code UJ22 T8IYOU":                                             "",
		"Hi seats B1 2":                                                "",
		"NCBA FJNAIT":                                                  "", // no digit: it could be words
		"0708 374149":                                                  "",
		"UJ22T8IYOU UJ22 T8IYOV":                                       "UJ22T8IYOU",
		"1J22T8IYOU":                                                   "",
		"UJ22T8IYOÜ":                                                   "",
		"UЈ22T8IYOU":                                                   "", // a Cyrillic letter
		"_UJ22T8IYOU":                                                  "",
		"ws_CO_100720240915261708374149":                               "",
		"I have paid already":                                          "",
		"my background is good":                                        "",
		"the code is ncbafjnait thanks":                                "",
		"UJ22T8IYOU or UJ22T8IYOV":                                     "",
		smsPaid + " " + smsReversal:                                    "",
		"paid SKE52PAWR9 yesterday":                                    "SKE52PAWR9",
		"paid SZE52PAWR9 yesterday":                                    "", // its month is none
		"paid SKZ52PAWR9 yesterday":                                    "", // its day is none
		"paid SK052PAWR9 yesterday":                                    "",
		strings.Repeat("x ", 4<<10):                                    "",
		"UJ22T8IYOU" + strings.Repeat(" ", 4<<10):                      "",
	} {
		if got, ok := ParseReceipt(text); got != want || ok != (want != "") {
			t.Errorf("ParseReceipt(%.60q) = %q, %v; want %q", text, got, ok, want)
		}
	}
}

// The letter O and the digit 0 stay what they are.
func TestParseReceiptDoesNotGuess(t *testing.T) {
	for _, text := range []string{"UJ22T8IYOU", "UJ22T8IY0U", "UJ22T8IYQU", "UJI2T81YOU"} {
		if got, ok := ParseReceipt(strings.ToLower(text)); got != text || !ok {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func FuzzParseReceipt(f *testing.F) {
	for _, seed := range []string{
		"UJ22T8IYOU", smsPaid, smsReversal, "0708374149", "", "the code is NCBAFJNAIT", "UJ22\u200bT8IYOU",
		"ſJ22T8IYOU", "\xffUJ22T8IYOU",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := ParseReceipt(text)
		if !ok {
			if got != "" {
				t.Fatalf("%q: %q and false", text, got)
			}
			return
		}
		if len(got) != 10 || receiptOf(got) != got || unicode.IsDigit(rune(got[0])) {
			t.Fatalf("%q: %q", text, got)
		}
		ascii := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r - 'a' + 'A'
			}
			if betweenWords(r) {
				return -1
			}
			return plainLetter(r)
		}, text)
		if !strings.Contains(strings.ToUpper(ascii), got) {
			t.Fatalf("%q does not hold %q", text, got)
		}
		if again, ok := ParseReceipt(got); again != got || !ok {
			t.Fatalf("%q does not come back: %q", got, again)
		}
	})
}
