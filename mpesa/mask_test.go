package mpesa

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	const phone = MSISDN("254722810126")
	for masked, want := range map[string]int{ // how many digits show; -1 is no match
		"2547 ***** 126":            4,
		"2547*****126":              4,
		"254 7****126":              4, // one star short
		"0722***126":                6,
		"0722 *** 126":              6,
		"722***126":                 6,
		"+254722***126":             6,
		"+254 7** *** 126":          4,
		"*****126":                  3,
		"*********126":              3,
		"254*********":              0,
		"254*":                      0,
		"2547228101*6":              8,
		"254722810126":              9,
		"0722810126":                9,
		"722810126":                 9,
		"+254 722 810 126":          9,
		"254722810126 - John Doe":   9,
		"2547 ***** 126 - JOHN DOE": 4,
		"0722***126 - A - B":        6,
		"JOHN DOE 0722***126":       6,
		"JOHN DOE (0722***126).":    6,
		"JOHN 2547 ***** 126 DOE":   4,
		"2547**8****6":              3,
		"\u202a0722***126\u202c":    6,

		"2547*****127":              -1,
		"2541*****126":              -1,
		"0723***126":                -1,
		"0722***226":                -1,
		"254722810127":              -1,
		"0722810127":                -1,
		"255722810126":              -1,
		"2547**9****6":              -1,
		"2547**8**6":                -1, // where the 8 stands is not certain
		"25472281*0126":             -1, // it hides nothing
		"254722810126126*126":       -1,
		"72281012":                  -1,
		"254722810126 254722810126": -1,
		"0722 JOHN ***126":          -1,
		"JOHN 2 DOE 0722***126":     -1,
		"600310 - 254722810126":     -1,
		"600310":                    -1,
		"John Doe":                  -1,
		"**** - 254722810126":       -1,
		"***":                       -1,
		"*":                         -1,
		"+":                         -1,
		" - ":                       -1,
		"":                          -1,
		"٢٥٤٧*****١٢٦":              -1,
		"2547xxxxx126":              -1,
		strings.Repeat("2", 600):    -1,
		strings.Repeat("a", 64):     -1,
	} {
		visible, ok := phone.Matches(masked)
		if ok != (want >= 0) || visible != max(want, 0) {
			t.Errorf("Matches(%.60q) = %d, %v; want %d", masked, visible, ok, want)
		}
	}
}

// The SHA-256 of 254722810126 as another program computes it.
func TestMatchesHash(t *testing.T) {
	const hash = "345e37c003c7fe21b95c8ae43c1c53da17878b332c66cc21b1c017a64fbf7f3a"
	for _, test := range []struct {
		phone  MSISDN
		masked string
		want   int
	}{{"254722810126", hash, 9}, {"254722810126", strings.ToUpper(hash), 9}, {"254722810127", hash, 0}} {
		if visible, ok := test.phone.Matches(test.masked); visible != test.want || ok != (test.want > 0) {
			t.Errorf("%s: %d, %v", test.phone, visible, ok)
		}
	}
}

func TestMatchesOfNoNumber(t *testing.T) {
	for _, phone := range []MSISDN{"", "254", "0722810126", "2547228101266", "254222810126"} {
		for _, masked := range []string{string(phone), "*", "2547*****126", "254*"} {
			if visible, ok := phone.Matches(masked); visible != 0 || ok {
				t.Errorf("%q matches %q", phone, masked)
			}
		}
	}
}

func FuzzMatches(f *testing.F) {
	for _, seed := range []string{
		"2547*****126", "0722***126", "JOHN (0722***126)", "254722810126 - J", "", "*", "+", "7*",
	} {
		f.Add(uint32(722810126), seed)
	}
	f.Fuzz(func(t *testing.T, n uint32, masked string) {
		digits := []byte("254700000000")
		for i := len(digits) - 1; i > 3; i, n = i-1, n/10 {
			digits[i] += byte(n % 10)
		}
		phone := MSISDN(digits)
		visible, ok := phone.Matches(masked)
		if visible < 0 || visible > 9 || !ok && visible != 0 {
			t.Fatalf("%s in %q: %d, %v", phone, masked, visible, ok)
		}
		if visible == 9 && !strings.Contains(onlyDigits(masked), string(phone[3:])) &&
			!isHash(strings.TrimSpace(masked)) {
			t.Fatalf("%s is not in %q", phone, masked)
		}
		for _, own := range []string{
			string(phone), phone.Masked(), phone.Local(), "A B " + phone.Masked() + " C", phone.Masked() + " - A 1",
		} {
			if _, ok := phone.Matches(own); !ok {
				t.Fatalf("%s does not match %q", phone, own)
			}
		}
	})
}
