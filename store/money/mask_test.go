package money_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cinemasphere/store/money"
)

// lettersOf draws letters that differ with each call.
func lettersOf(rt *rapid.T) func(int) string {
	return func(n int) string {
		return rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz")), n, n, n).Draw(rt, "letters")
	}
}

// TestMaskedDecidesTheSame: whatever was said of money, and in whatever form M-PESA gave the payers' numbers, the case
// without the numbers is decided the same, and so is it with what was shown and done since. No digit of a number is
// left, and masking again changes nothing.
func TestMaskedDecidesTheSame(t *testing.T) {
	payers := []money.Pattern{
		"", money.Hidden, ada, ben, "254733999888", "2547*678", "2547*111", "2547*", "254*678", "2541*", "254799*",
		"254712*678", "600000", "447700900123", money.Pattern(hashOf(ada)), money.Pattern(hashOf("0722000111")),
		money.Pattern(hashOf("somebody")),
	}
	rapid.Check(t, func(rt *rapid.T) {
		shown := rapid.SampledFrom([]string{"", "R1", "R2"}).Draw(rt, "shown for two tickets")
		in := tell(shownTwice(shown), rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 12).Draw(rt, "facts")...)
		for i, f := range in.Facts {
			if f.Payer != "" && rapid.Bool().Draw(rt, "another form") {
				in.Facts[i].Payer = rapid.SampledFrom(payers).Draw(rt, "payer")
			}
		}
		for range 2 {
			was := money.Decide(in, evening)
			masked, same := money.Mask(in, evening, lettersOf(rt))
			if now := tale(masked, money.Decide(masked, evening)); !same || now != tale(in, was) {
				rt.Fatalf("same %v: %+v\n%s\n%s", same, in.Facts, tale(in, was), now)
			}
			text := fmt.Sprintf("%+v %+v", masked.Pushes, masked.Facts)
			for _, digits := range []string{"712345", "345678", "722000", "000111", "733999", "700900", hashOf(ada)} {
				if strings.Contains(text, digits) {
					rt.Fatalf("%s is left: %s", digits, text)
				}
			}
			for _, p := range masked.Pushes {
				if !money.IsStandIn(p.Phone) {
					rt.Fatalf("push %d has %s", p.ID, p.Phone)
				}
			}
			again, _ := money.Mask(masked, evening, lettersOf(rt))
			for i, f := range again.Facts {
				if before := masked.Facts[i].Payer; f.Payer != before && len(before) != len(hashOf("")) {
					rt.Fatalf("masked twice: %s is %s", before, f.Payer)
				}
			}
			for i := range in.Tickets {
				if tk, d := &in.Tickets[i], was.Tickets[i]; d.Paid {
					tk.PaidWith, tk.Void, tk.Late, tk.Waiting = d.With, d.Void, d.Late, false
				}
			}
		}
	})
}

// TestMask: which number becomes what.
func TestMask(t *testing.T) {
	next := 0
	letters := func(n int) string {
		next++
		return strings.Repeat("a", n-1) + string(rune('a'+next))
	}
	in := money.Case{Pushes: []money.Push{{ID: 1, Phone: ada}}}
	payers := []money.Pattern{ada, "2547*678", "", money.Hidden, "2547*", "600000", "447700900123", "254733000999"}
	for _, p := range payers {
		in.Facts = append(in.Facts, money.Fact{Payer: p})
	}
	out, _ := money.Mask(in, evening, letters)
	phone := out.Pushes[0].Phone
	want := []money.Pattern{
		money.Pattern(phone), money.Pattern("2547*" + phone[9:]), "", money.Hidden, "2547*", "600000", "447000000000",
		"",
	}
	for i, f := range out.Facts {
		if i < len(want)-1 && f.Payer != want[i] {
			t.Errorf("%q is %q, want %q", payers[i], f.Payer, want[i])
		}
	}
	if other := out.Facts[7].Payer; !money.IsStandIn(string(other)) || string(other) == phone {
		t.Errorf("another number is %s, beside %s", other, phone)
	}
	for text, want := range map[string]bool{
		ada: false, phone: true, "2547*678": false, "": false, "254abcdefghi": false,
	} {
		if money.IsStandIn(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
