package money_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cinemasphere/store/money"
)

// hashOf is the SHA-256 of a number in this spelling, in hex, as version 1 of C2B sends one.
func hashOf(spelt string) string {
	sum := sha256.Sum256([]byte(spelt))
	return hex.EncodeToString(sum[:])
}

// TestPattern reads numbers as M-PESA writes them, and nonsense, and says of each whether it may be Ada's, which is
// 254712345678, and whether it proves that.
func TestPattern(t *testing.T) {
	const whole = string(ada)
	type reading struct {
		want         money.Pattern
		fits, proves bool
	}
	own, unknown, hidden := reading{ada, true, true}, reading{"", true, false}, reading{money.Hidden, true, false}
	mask := func(p money.Pattern) reading { return reading{p, true, true} }
	weak := func(p money.Pattern) reading { return reading{p, true, false} }
	another := func(p money.Pattern) reading { return reading{p, false, false} }
	for text, r := range map[string]reading{
		// whole: as the callback, Transaction Status and Pull Transactions have it
		whole: own, "+254712345678": own, "00254712345678": own, "0712345678": own, "712345678": own,
		" 254712345678 ": own,
		"254712 345 678": own, "+254 712-345-678": own, "(0712) 345 678": own, "\u202a0712345678\u202c": own,
		"254712345679": another("254712345679"), "0712345679": another("254712345679"),
		"110000100":  another("254110000100"),
		"0110000100": another("254110000100"), "254110000100": another("254110000100"),

		// with the name of who paid, as Transaction Status has it
		"254712345678 - ADA NJERI": own, "0712345678 - ADA": own, "712345678 - ADA": own,
		"254712345678 - ADA - B": own,
		"254712345678 - X":       own, "ADA - 254712345678": own, "254712345678 ADA": own, "ADA 254712345678": own,
		"ADA (0712345678).": own, "X ADA 0712345678": own, "254712345678 - DEADBEEF": own,
		"254712345678 - 2 CAFE":       own,
		"254712345679 - 254712345678": another("254712345679"), "2547 ***** 678 - ADA NJERI": mask("2547*678"),
		"2547XXXXX678 - ADA": mask("2547*678"), "7*****678 - ADA": mask("2547*678"),
		"ADA - 2547#####678": mask("2547*678"),

		// masked: as version 2 of C2B has it, and with other signs and in other places
		"2547 ***** 678": mask("2547*678"), "2547*****678": mask("2547*678"), "254 7****678": mask("2547*678"),
		"+254 7** *** 678": mask("2547*678"), "7*****678": mask("2547*678"), "0712***678": mask("254712*678"),
		"0712 *** 678": mask("254712*678"), "712***678": mask("254712*678"), "2547XXXXX678": mask("2547*678"),
		"2547xxxxx678": mask("2547*678"), "2547 xxxxx 678": mask("2547*678"), "2547#####678": mask("2547*678"),
		"2547•••••678": mask("2547*678"), "2547●●●●●678": mask("2547*678"),
		"2547_____678": mask("2547*678"),
		"2547?????678": mask("2547*678"), "2547…678": mask("2547*678"), "2547＊＊＊678": mask("2547*678"),
		"2547·····678": mask("2547*678"), "*****678": mask("*678"), "XXXXXXXXX678": mask("*678"),
		"0*****678":    mask("254*678"),
		"25*******678": mask("25*678"), "2547**345*78": mask("2547*345*78"), "2547123****": mask("2547123*"),
		"25471234567*": mask("25471234567*"), "*12345678": mask("*12345678"),
		"\u202a0712***678\u202c": mask("254712*678"),
		"2547*****679":           another("2547*679"), "2541*****678": another("2541*678"),
		"0713***678": another("254713*678"),
		"0712***778": another("254712*778"), "1*****678": another("2541*678"), "2547**346*78": another("2547*346*78"),

		// too little shows to tell whose it is: operators' prefixes and last digits are shared by many
		"2547*****78": weak("2547*78"), "7*****78": weak("2547*78"), "*****78": weak("*78"),
		"254712******": weak("254712*"),
		"0712******":   weak("254712*"), "2547********": weak("2547*"), "07********": weak("2547*"),
		"2547**3**8": weak("2547*3*8"),

		// hidden whole
		"*": hidden, "*****": hidden, "254*********": hidden, "+254 *** *** ***": hidden,
		"************ - ADA":  hidden,
		"**** - 254712345678": hidden, "2***********": hidden, "0*********": hidden, "254XXXXXXXXX": hidden,
		"●●●●●●●●●": hidden,

		// not there
		"": unknown, " ": unknown, "-": unknown, "null": unknown, "XXXXXXXXXXXX": unknown,

		// hashed: in which spelling is not documented, so that another hash may be of the same number
		hashOf(whole):                  mask(money.Pattern(hashOf(whole))),
		strings.ToUpper(hashOf(whole)): mask(money.Pattern(hashOf(whole))),
		hashOf("+254712345678"):        mask(money.Pattern(hashOf("+254712345678"))),
		hashOf("0712345678"):           mask(money.Pattern(hashOf("0712345678"))),
		hashOf("712345678"):            mask(money.Pattern(hashOf("712345678"))),
		hashOf("254712345679"):         weak(money.Pattern(hashOf("254712345679"))),
		hashOf(""):                     weak(money.Pattern(hashOf(""))),
		strings.Repeat("0", 64):        weak(money.Pattern(strings.Repeat("0", 64))),
		hashOf(whole)[:40]:             unknown, hashOf(whole) + "0": unknown, strings.Repeat("g", 64): unknown,

		// numbers that are no mobile phone's: a business or a bank has paid
		"600310": weak("600310"), "600310 - Safaricom333": weak("600310"), "600310 - 254712345678": weak("600310"),
		"255712345678": weak("255712345678"), "0202345678": weak("0202345678"), "+12025550123": unknown,
		"254212345678": weak("254212345678"), "25471234567": weak("25471234567"),
		"2547123456789": weak("2547123456789"),
		"71234567":      weak("71234567"),

		// nonsense
		"SAFARICOM": unknown, "X": unknown, "12": unknown, "+": unknown, " - ": unknown, "07 - ADA": unknown,
		"2543*****678": unknown, "3***678": unknown, "6003***": unknown, "+7*****678": unknown,
		"254712345678*": unknown,
		"25471234*5678": unknown, "2547123456789*": unknown, "254712345678254712*678": unknown,
		"A254712345678":   unknown,
		"254712345678ADA": unknown, "tel:254712345678": unknown, "2.54712345678E11": unknown, "٢٥٤٧*****٦٧٨": unknown,
		"254712345678 254712345678": unknown, "0712345678 +": unknown,
		"0712 JOHN ***678": unknown, "JOHN 2 DOE 0712***678": unknown,
		"6003*** - 254712345678": unknown, "2 - 254712345678": unknown, strings.Repeat("2", 600): unknown,
		"254712345678 - " + strings.Repeat("A", 600): unknown, "\xff254712345678": unknown,
		"2547-----678": weak("2547678"),
	} {
		p := money.ParsePattern(text)
		if p != r.want || p.Fits(whole) != r.fits || p.Proves(whole) != r.proves {
			t.Errorf("%.60q is %q, want %q; fits %v, proves %v", text, p, r.want, p.Fits(whole), p.Proves(whole))
		}
		if again := money.ParsePattern(string(p)); again != p {
			t.Errorf("%.60q is %q, and that is %q", text, p, again)
		}
	}
}

// TestPatternOfNoPhone: nothing proves what is no MSISDN.
func TestPatternOfNoPhone(t *testing.T) {
	for _, phone := range []string{"", "254", "0712345678", "2547123456789", "254212345678", "600310", "*"} {
		for _, text := range []string{phone, "*", "2547*****678", "254*", hashOf(phone), "600310"} {
			if money.ParsePattern(text).Proves(phone) {
				t.Errorf("%q proves %q", text, phone)
			}
		}
	}
}

// TestPatternsOfAnyNumber: however M-PESA writes a number, it fits that number; and whatever proves one number proves
// no other that differs in what shows.
func TestPatternsOfAnyNumber(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		number := rapid.Custom(func(rt *rapid.T) string {
			return rapid.StringMatching(`254[71][0-9]{8}`).Draw(rt, "number")
		})
		mine, other := number.Draw(rt, "mine"), number.Draw(rt, "other")
		written := []string{mine, "+" + mine, "0" + mine[3:], mine[3:]}[rapid.IntRange(0, 3).Draw(rt, "spelling")]
		from := rapid.IntRange(0, len(written)).Draw(rt, "from")
		to := rapid.IntRange(from, len(written)).Draw(rt, "to")
		sign := rapid.SampledFrom([]string{"*", "X", "x", "#", "•"}).Draw(rt, "sign")
		text := written[:from] + strings.Repeat(sign, to-from) + written[to:]
		text += rapid.SampledFrom([]string{"", " - ADA", " - 254799999999", " ADA"}).Draw(rt, "name")
		p := money.ParsePattern(text)
		if !p.Fits(mine) {
			rt.Fatalf("%q is %q, and does not fit %s", text, p, mine)
		}
		if p.Proves(other) && (!strings.HasPrefix(other[3:], mine[3:][:max(0, 9-(len(written)-from))]) ||
			!strings.HasSuffix(other, mine[max(3, 12-(len(written)-to)):])) {
			rt.Fatalf("%q is %q, and proves %s", text, p, other)
		}
	})
}

// FuzzParsePattern: no text proves a number of which it shows less than three digits.
func FuzzParsePattern(f *testing.F) {
	for _, seed := range []string{
		"2547*****126", "0722***126", "JOHN (0722***126)", "254722810126 - J", "", "*", "+", "7*",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := money.ParsePattern(text)
		shown := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text)
		if p.Proves(string(ada)) && len(shown) < 3 {
			t.Fatalf("%q proves a number", text)
		}
		if again := money.ParsePattern(string(p)); again != p {
			t.Fatalf("%q is %q, and that is %q", text, p, again)
		}
	})
}
