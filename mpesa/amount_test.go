package mpesa

import (
	"strconv"
	"strings"
	"testing"
)

// What means one sum only is read, and the rest is not known.
func TestAmounts(t *testing.T) {
	for text, want := range map[string]int64{
		"1300": 130000, "1300.00": 130000, "1300.5": 130050, "1300.": 130000, "0001300": 130000, "1300.000": 130000,
		"1,300": 130000, "1,300.00": 130000, "1,300,000.50": 130000050, "12,345": 1234500, "1,30,000": 13000000,
		"12,34,567.00": 123456700,
		"1 300":        130000, "1\u00a0300.00": 130000, "1\u202f300": 130000, "1'300.00": 130000, "1’300": 130000,
		"KES 1,300.00": 130000, "KES1300": 130000, "kes 1300": 130000, "Ksh1300": 130000, "Ksh. 1,300": 130000,
		"KSh: 1300": 130000,
		"KSHS 1300": 130000, "Kshs.1,300/=": 130000, "Sh 1300": 130000, "Shs. 1300": 130000, "KES\u00a01,300": 130000,
		"1300/=": 130000, "1300/-": 130000, "1,300.00/=": 130000, "1300 KES": 130000, "1300.00KES": 130000,
		"1300 Ksh.": 130000, "1300 shillings": 130000,
		" 1300 ": 130000, "\t1300\r\n": 130000, "\ufeff1300": 130000, "\u200e1,300.00\u200f": 130000,
		"1.3E3": 130000, "1.3e+3": 130000, "1.300E3": 130000, "130000e-2": 130000,
		"١٣٠٠": 130000, "١٬٣٠٠٫٥٠": 130050, "۱۳۰۰": 130000, "１３００": 130000, "１，３００．００": 130000, "१३००": 130000,
		"𝟏𝟑𝟎𝟎": 130000, "𝟙𝟛𝟘𝟘": 130000,
		"1": 100, "1.00": 100, "0.50": 50, "250000": 25000000,
	} {
		raw := []byte(strconv.Quote(text))
		if strings.Contains(text, "\ufeff") || strings.Contains(text, "\u200e") {
			raw = []byte(`"` + text + `"`)
		}
		if cents, known := ParseAmount(text); !known || cents != want {
			t.Errorf("%q: %d, %v; want %d", text, cents, known, want)
		}
		if cents, known := amountOf([]byte(quoted(text))); !known || cents != want {
			t.Errorf("%s: %d, %v; want %d", raw, cents, known, want)
		}
	}
	for _, text := range []string{
		"", " ", "0", "0.00", "00", "KES 0", "0/=", "-5", "-1,300.00", "+1300", "(1300)", "−5", "5-", "1300-", "1,30",
		"1,3", "1300,00", "1.300,00", "1.300", "1.000",
		"12.345", "1.300.000", "13,00.00", ",300", "1,300,00", "1,,300", "1, 300", "1,300 000", "1 2", "1 30", "1 3000",
		"13 00", "1300.005", "0.001", "1.3E-3", "1300..00",
		"1300.00.00", "1/2", "1300 + 1", "1300 1300", "1300;1400", "13OO", "l300", "0x514", "1e", "e3", "1e99", "NaN",
		"Infinity", "null", "true", "one", "USD 1300", "$1300", "1300%",
		"UGX 1300", "TZS 1,300", "KES", "/=", "KES KES 1300", "half", "½", "²", "Ⅻ", "1_300", "1300\x00", "13\ufffd00",
		"KES -1300", "1300 cents", "13\u30fb00",
		strings.Repeat("9", 30), strings.Repeat("1", maxID+1),
	} {
		if cents, known := ParseAmount(text); known || cents != 0 {
			t.Errorf("%q is read as %d", text, cents)
		}
	}
	for raw, want := range map[string]int64{
		`1300`: 130000, `1.3E3`: 130000, `1.300`: 130, `1.000`: 100, `1300.00`: 130000,
	} {
		if cents, known := amountOf([]byte(raw)); !known || cents != want {
			t.Errorf("%s: %d, %v", raw, cents, known)
		}
	}
	for _, raw := range []string{
		``, `null`, `true`, `false`, `[]`, `[1300]`, `{}`, `{"a":1}`, `0`, `0.00`, `-5`, `-0`, `0.001`, `1e30`, `""`,
		`"\u0000"`,
	} {
		if cents, known := amountOf([]byte(raw)); known || cents != 0 {
			t.Errorf("%s is read as %d", raw, cents)
		}
	}
}

// An amount that is not known, and one that is another, are told apart wherever they come from.
func TestAmountsOfEverySource(t *testing.T) {
	for raw, want := range map[string]int64{
		`1`: 100, `"1,300.00"`: 130000, `"KES 1300"`: 130000, `0`: 0, `"1.300,00"`: 0, `null`: 0, `""`: 0, `true`: 0,
	} {
		cb := parseOK(t,
			callbackBody("0", `[{"Name":"Amount","Value":`+raw+`},{"Name":"MpesaReceiptNumber","Value":"NCB9FJNAIT"}]`))
		c2b, err := ParseC2B([]byte(`{"TransID":"RKL51ZDR4F","TransAmount":` + raw + `}`))
		if err != nil {
			t.Fatal(err)
		}
		status, _ := resultOK(t, statusBodyWith(`{"Key":"Amount","Value":`+raw+`}`)).Transaction()
		var page PullPage
		page.add([]byte(`{"transactionId":"RKL51ZDR4F","amount":` + raw + `}`))
		for name, got := range map[string]struct {
			cents int64
			known bool
		}{
			"callback": {cb.Amount, cb.HasAmount}, "c2b": {c2b.Amount, c2b.HasAmount},
			"status": {status.Amount, status.HasAmount},
			"pull":   {page.Transactions[0].Amount, page.Transactions[0].HasAmount},
		} {
			if got.cents != want || got.known != (want > 0) {
				t.Errorf("%s, %s: %+v, want %d", name, raw, got, want)
			}
		}
		if cb.Receipt != "NCB9FJNAIT" || cb.Code != Success {
			t.Errorf("%s: %+v", raw, cb)
		}
	}
}

func TestAmountsAsPeopleAndProgramsReadThem(t *testing.T) {
	for cents, want := range map[int64][2]string{
		0: {"KSh 0", "0"}, 5: {"KSh 0.05", "0.05"}, 50: {"KSh 0.50", "0.50"}, 99: {"KSh 0.99", "0.99"},
		100:  {"KSh 1", "1"},
		1275: {"KSh 12.75", "12.75"}, 99900: {"KSh 999", "999"}, 99999: {"KSh 999.99", "999.99"},
		100000: {"KSh 1,000", "1000"},
		135000: {"KSh 1,350", "1350"}, 135050: {"KSh 1,350.50", "1350.50"}, 25000000: {"KSh 250,000", "250000"},
		123456789: {"KSh 1,234,567.89", "1234567.89"}, -5: {"KSh -0.05", "-0.05"}, -10000: {"KSh -100", "-100"},
		-135050: {"KSh -1,350.50", "-1350.50"}, 1<<63 - 1: {"KSh 92,233,720,368,547,758.07", "92233720368547758.07"},
	} {
		if got := [2]string{KSh(cents), Decimal(cents)}; got != want {
			t.Errorf("%d: %q, want %q", cents, got, want)
		}
	}
}

func TestAmountsAreReadAsTheyAreWritten(t *testing.T) {
	for cents := int64(1); cents < 30_000_000; cents += 7919 {
		for _, text := range []string{KSh(cents), Decimal(cents)} {
			if got, ok := ParseAmount(text); !ok || got != cents {
				t.Fatalf("%d is written %q and read %d, %v", cents, text, got, ok)
			}
		}
	}
}
