package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const year = 366 * 24 * time.Hour

// masking is a cinema whose customers are Achieng Otieno, with the phone of a stage, and others.
type masking struct {
	*stage
	raw string // what a callback says of her
}

func newMasking(t *testing.T) *masking {
	m := &masking{stage: newStage(t)}
	m.raw = fmt.Sprintf(`{"MSISDN":"%s","FirstName":"ACHIENG"}`, storetest.Phone(1))
	if _, _, err := m.s.Money().StoreCallback(t.Context(), store.NewCallback{
		Kind: "stk", Token: "stranger", Body: []byte(m.raw), Size: int64(len(m.raw)),
	}); err != nil {
		t.Fatal(err)
	}
	return m
}

// arrives is money without a prompt, from her phone as M-PESA masks it.
func (m *masking) arrives(receipt, account string) {
	m.t.Helper()
	push := m.pushes[0]
	if _, err := m.s.Money().ApplyIncoming(m.t.Context(), store.IncomingPayment{
		Receipt: receipt, Amount: store.Cents(push.Amount * 100), Account: account, LearntBy: "c2b",
		Phone: store.Pattern(push.Phone[:4] + "*" + push.Phone[9:]), TransactedAt: m.s.Now(),
	}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *masking) mask() store.Masked {
	m.t.Helper()
	out, err := m.s.Tickets().MaskBefore(m.t.Context(), m.s.Now().Add(-year/2))
	if err != nil {
		m.t.Fatal(err)
	}
	return out
}

// left are the lines of the books that still say who she is.
func (m *masking) left() (lines []string) {
	m.t.Helper()
	text, err := m.s.AllText()
	if err != nil {
		m.t.Fatal(err)
	}
	phone := storetest.Phone(1)
	for line := range strings.Lines(text) {
		for _, of := range []string{"Achieng", "ACHIENG", "achieng", phone, phone[3:], "2547*" + phone[9:],
			"Nyambura", "nyambura"} {
			if strings.Contains(line, of) {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	return lines
}

// TestMask: months after the screening nothing in the books says who a customer was, the books are sound, the money
// stands as it did, and the ticket opens.
func TestMask(t *testing.T) { storetest.Each(t, testMask) }

func testMask(t *testing.T) {
	for _, c := range []struct {
		events, receipt, account string
		kept, hers               bool // something is kept; she is found still
	}{
		{events: "accepted > paid"},
		{events: "accepted > paid", receipt: "RECEIPT1"}, // its echo
		{events: "accepted > cancelled"},
		{events: "accepted > no answer > 120 s > retry > accepted > paid > cancelled 1"},
		{events: "accepted > no answer > 120 s > retry by another phone > accepted > paid > cancelled 1"},
		// A refund is due.
		{events: "accepted > cancelled > retry hold ends > others take all > paid", kept: true, hers: true},
		{events: "accepted > paid", receipt: "POPCORN1", account: "Achieng", kept: true}, // nobody knows what for
		{events: "accepted > not readable", kept: true, hers: true},
	} {
		m := newMasking(t)
		m.play(c.events)
		if c.receipt != "" {
			m.arrives(c.receipt, c.account)
		}
		if m.mask(); len(m.left()) == 0 {
			t.Fatalf("%s: masked before its time", c.events)
		}
		m.clock.add(year)
		if _, err := m.s.Tickets().EndHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := m.payments()
		stood := m.end()
		out := m.mask()
		if got := m.end(); got != stood {
			t.Errorf("%s: %s, and it was %s", c.events, got, stood)
		}
		if c.kept != (len(out.Kept) > 0) || !c.kept && len(m.left()) > 0 {
			t.Errorf("%s: kept %q, left:\n%s", c.events, out.Kept, strings.Join(m.left(), "\n"))
		}
		for i, p := range m.payments() {
			before[i].Phone, before[i].Account, p.Phone, p.Account = "", "", "", ""
			p.MaskedAt = 0
			if p != before[i] {
				t.Errorf("%s: %+v, and it was %+v", c.events, p, before[i])
			}
		}
		m.sound()
		tk, err := m.s.Tickets().TicketBySecret(t.Context(), m.pushes[0].Secret)
		if err != nil || !c.hers && (tk.CustomerName != store.MaskedName || !store.IsMasked(tk.Phone)) {
			t.Errorf("%s: the ticket opens with %+v, %v", c.events, tk, err)
		}
		if again := m.mask(); again.Tickets != 0 || again.Bodies != 0 || len(again.Kept) != len(out.Kept) {
			t.Errorf("%s: masked again: %+v after %+v", c.events, again, out)
		}
		for _, q := range []store.Search{{Code: m.pushes[0].Code}, {Receipt: tk.Receipt}} {
			if found, err := m.s.Tickets().Find(t.Context(), q); q != (store.Search{}) && (err != nil || len(found) != 1) {
				t.Errorf("%s: %+v finds %v, %v", c.events, q, found, err)
			}
		}
		for _, q := range []store.Search{{Name: "achieng"}, {Phone: storetest.Phone(1)},
			{LastFour: storetest.Phone(1)[8:]}} {
			found, err := m.s.Tickets().Find(t.Context(), q)
			if err != nil || (len(found) > 0) != c.hers {
				t.Errorf("%s: %+v finds %d, %v; %s %+v", c.events, q, len(found), err, stood, out)
			}
		}
	}
}

// TestMaskedSays: what M-PESA reports of a payment whose customer is masked counts as before: the same callback again
// is known, and a refund goes its way. What that says of the customer is masked again.
func TestMaskedSays(t *testing.T) {
	m := newMasking(t)
	m.play("accepted > paid")
	m.clock.add(year)
	if out := m.mask(); out.Tickets != 1 {
		t.Fatalf("%+v", out)
	}
	m.do("same callback again")
	m.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "PORTAL1"})
	m.ends("Paid void; RECEIPT1 refunded refund_asked", "", "")
	m.arrives("RECEIPT1", m.pushes[0].Reference) // the confirmation is late by a year
	m.sound()
	if got := m.end(); got != "Paid void; RECEIPT1 refunded refund_asked" {
		t.Error(got)
	}
}

// TestMaskGiven: the name of who was given a ticket goes too, from the audit log as well, and the log still says who
// gave it and why.
func TestMaskGiven(t *testing.T) {
	m := newMasking(t)
	ctx := store.WithBy(t.Context(), giver(t, m.s, "Wanjiru", store.RoleManager))
	given, err := m.s.Tickets().GiveComp(ctx, comp(m.screening, 1))
	if err != nil {
		t.Fatal(err)
	}
	m.play("accepted > cancelled")
	m.clock.add(year)
	if _, err := m.s.Tickets().EndHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := m.mask(); out.Tickets != 2 || len(m.left()) > 0 {
		t.Errorf("%+v, left %q", out, m.left())
	}
	st, err := m.s.Tickets().Story(t.Context(), given.ID)
	if err != nil || !slices.ContainsFunc(st.Log, func(e store.LogEntry) bool {
		return e.Action == "comp.give" && e.Who == "Wanjiru" && strings.Contains(e.Now, "a review in the paper")
	}) {
		t.Errorf("the log says %+v, %v", st.Log, err)
	}
	storetest.Sound(t, m.s)
}
