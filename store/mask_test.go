package store_test

import (
	"context"
	"database/sql"
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
			found, err := m.s.Tickets().Find(t.Context(), q)
			if q != (store.Search{}) && (err != nil || len(found) != 1) {
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
	if len(m.left()) == 0 {
		t.Error("the confirmation says nothing of her")
	}
	for range 2 { // her number comes no more than once
		if out := m.mask(); out.Tickets != 0 || len(out.Kept) != 0 || len(m.left()) != 0 {
			t.Errorf("%+v, left %q", out, m.left())
		}
	}
	m.sound()
	if got := m.end(); got != "Paid void; RECEIPT1 refunded refund_asked" {
		t.Error(got)
	}
}

// TestErasedStayErased: who was erased at their wish stays so, also where customers are kept for ever: what M-PESA
// reports of them once more is masked with the next look.
func TestErasedStayErased(t *testing.T) { storetest.Each(t, testErasedStayErased) }

func testErasedStayErased(t *testing.T) {
	for _, events := range []string{"accepted > paid", "accepted > cancelled"} {
		m := newMasking(t)
		m.play(events)
		m.clock.add(49 * time.Hour)
		if _, err := m.s.Tickets().EndHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out, err := m.s.Tickets().EraseCustomer(t.Context(), storetest.Phone(1)); err != nil || out.Tickets != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		m.arrives("RECEIPT1", m.pushes[0].Reference)
		if len(m.left()) == 0 {
			t.Fatalf("%s: the report says nothing of her", events)
		}
		if m.payments()[0].State != store.PaymentApplied { // then who paid is needed
			out, err := m.s.Tickets().MaskAgain(t.Context())
			if err != nil || len(out.Kept) != 1 || len(m.left()) == 0 {
				t.Errorf("%s, with open money: %+v, %v, left %q", events, out, err, m.left())
			}
			m.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "PORTAL1"})
		}
		stood := m.end()
		if out, err := m.s.Tickets().MaskAgain(t.Context()); err != nil || len(out.Kept) != 0 || len(m.left()) != 0 {
			t.Errorf("%s: %+v, %v, left %q", events, out, err, m.left())
		}
		if got := m.end(); got != stood {
			t.Errorf("%s: %s, and it was %s", events, got, stood)
		}
		m.sound()
	}
}

// TestMaskNotes: what the staff wrote of a refund, of money that was looked into and of a ticket goes with the
// customer, in the audit log too. How the money went back is still to be read.
func TestMaskNotes(t *testing.T) { storetest.Each(t, testMaskNotes) }

func testMaskNotes(t *testing.T) {
	const elsewhere = "0722 000 111"
	for _, c := range []struct {
		events string
		do     func(m *masking, by context.Context) error
		kept   string // what is still to be read
	}{
		{"accepted > paid", func(m *masking, by context.Context) error {
			_, err := m.s.Money().RequestRefund(by, store.NewRefund{
				Receipt: "RECEIPT1", By: "Wanjiru", Reason: "Otieno rang from " + elsewhere,
				Reference: "PORTAL7 to " + elsewhere + " (ACHIENG)",
			})
			return err
		}, "PORTAL7 to "},
		{"accepted > cancelled > retry hold ends > others take all > paid", func(m *masking, by context.Context) error {
			_, err := m.s.Money().RequestRefund(by, store.NewRefund{
				Receipt: "RECEIPT1", By: "Wanjiru", Reason: "to Achieng's brother", Reference: "PORTAL7, " + elsewhere,
			})
			return err
		}, "PORTAL7, "},
		{"accepted > paid", func(m *masking, by context.Context) error {
			m.arrives("POPCORN1", "popcorn")
			return m.s.Money().ResolveItems(by, m.cases(store.ItemPayment), "popcorn, says Achieng on "+elsewhere,
				"Wanjiru")
		}, ""},
		{"accepted > not readable", func(m *masking, by context.Context) error {
			err := m.s.Money().ResolveItems(by, m.cases(store.ItemCallback), "Achieng did not pay, "+elsewhere,
				"Wanjiru")
			m.clock.add(time.Minute)
			m.do("query: cancelled")
			return err
		}, ""},
	} {
		m := newMasking(t)
		by := store.WithBy(t.Context(), giver(t, m.s, "Wanjiru", store.RoleManager))
		m.play(c.events)
		if err := c.do(m, by); err != nil {
			t.Errorf("%s: %v", c.events, err)
			continue
		}
		m.clock.add(year)
		if _, err := m.s.Tickets().EndHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		before, err := m.s.AllText()
		if err != nil || !strings.Contains(before, elsewhere) {
			t.Fatalf("%s: nothing is noted, %v", c.events, err)
		}
		out := m.mask()
		for _, line := range m.left() { // the others have her name
			if !strings.HasSuffix(line, "customer_name: Achieng Otieno") || !strings.Contains(c.events, "others") {
				t.Errorf("%s: left %s (%+v)", c.events, line, out)
			}
		}
		after, err := m.s.AllText()
		if err != nil || strings.Contains(after, elsewhere) || !strings.Contains(after, c.kept) {
			t.Errorf("%s: %v, a number is left, or %q is gone: %+v", c.events, err, c.kept, out)
		}
		m.sound()
	}
}

// TestWithoutCustomer: what goes out of a text, and what stays.
func TestWithoutCustomer(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"PORTAL1":                          "PORTAL1",
		"0712345678":                       "—",
		"to 0712 345 678 by hand":          "to — by hand",
		"0712-345-678, 0110.345.678":       "—, —",
		"254712345678":                     "—",
		"+254 712 345678.":                 "—.",
		"+254 (0) 712 345 678":             "—",
		"00254712345678":                   "—",
		"712345678":                        "—",
		"tel:0712345678":                   "tel:—",
		"07123456789":                      "—", // a digit too many
		"0712 345 678 2500 shillings":      "— 2500 shillings",
		"0712345678 0722345678":            "— —",
		"+44 20 7946 0958":                 "—",
		"ws_CO_28112026153012712345678":    "—",
		"achieng@example.com, asked twice": "—, asked twice",
		"mail <a.b@c.co.ke>":               "mail <—>",
		"Achieng called":                   "— called",
		"ACHIENG OTIENO":                   "— —",
		"for Achieng's brother":            "for —'s brother",
		"Achiengs":                         "Achiengs",
		"SGH71XK2PQ":                       "SGH71XK2PQ",
		"UKT0077777":                       "UKT0077777",
		"FT23100123456":                    "FT23100123456",
		"bank 202611300001":                "bank 202611300001",
		"2,700.00 on 28/11/2026":           "2,700.00 on 28/11/2026",
		"2026-11-28 15:30":                 "2026-11-28 15:30",
		"3 of 10 seats, row F 12":          "3 of 10 seats, row F 12",
	} {
		if got := store.WithoutCustomer(text, "Achieng Otieno"); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
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

// TestMaskQueries: a look at whose time is over reads what is not masked yet, by index, and never all that there is.
func TestMaskQueries(t *testing.T) {
	path := storetest.Path(t)
	s, err := store.Open(t.Context(), store.Options{Path: path, Environment: store.Simulator})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	books, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = books.Close() }()
	for i, index := range []string{
		"screening_to_mask", "ticket_screening", "payment_to_mask", "payment_to_mask_again", "callback_raw",
	} {
		var args []any
		for n := range strings.Count(store.MaskQueries()[i], "$") {
			args = append(args, n)
		}
		plan, err := planOf(t.Context(), books, store.MaskQueries()[i], args)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan[0], " INDEX "+index) {
			t.Errorf("begins with %q, want index %s", plan[0], index)
		}
	}
}

// planOf are the steps in which SQLite answers a query.
func planOf(ctx context.Context, books *sql.DB, query string, args []any) (plan []string, err error) {
	rows, err := books.QueryContext(ctx, `EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		plan = append(plan, step)
	}
	return plan, rows.Err()
}
