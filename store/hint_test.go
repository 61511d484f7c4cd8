package store_test

import (
	"fmt"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestAccount: a ticket is named by its code however a payer spells it, and what names no ticket stays as it was typed.
func TestAccount(t *testing.T) { storetest.Each(t, testAccount) }

func testAccount(t *testing.T) {
	st := newStage(t)
	code := st.pushes[0].Code
	for i, c := range []struct{ typed, want string }{
		{code, code},
		{strings.ToLower(code), code},
		{code[:1] + " " + code[1:5] + " " + code[5:], code},
		{code[:5] + "-" + code[5:] + ".", code},
		{"o" + code[1:], code},
		{" Lunch  box 7", "LUNCH  BOX 7"},
		{code[1:], code[1:]},
		{"", ""},
	} {
		h := store.IncomingPayment{
			Receipt: fmt.Sprint("HAND", i), Amount: store.Cents(100 + i), Phone: "2547*****126", Account: c.typed,
			TransactedAt: st.s.Now(), LearntBy: "c2b",
		}
		applied, err := st.s.Money().ApplyIncoming(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		payments, err := st.s.Money().Payments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		named := ""
		if c.want == code {
			named = code
		}
		if got := payments[i].Account; got != c.want || applied.Code != named {
			t.Errorf("%q: account %q, ticket %q, want %q, %q", c.typed, got, applied.Code, c.want, named)
		}
	}
}

// TestReadCode: what no code can hold is read as what it looks like.
func TestReadCode(t *testing.T) {
	for typed, want := range map[string]string{
		"O7IX E1CB": "07LXELCB", "258 6ab": "ZSBGAB", "379": "379", "A·B\u00a0C": "ABC", "É": "", "": "",
	} {
		if got := store.ReadCode(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}
