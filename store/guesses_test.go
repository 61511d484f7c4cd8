package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestReceiptsThatAreMadeUp: one address has M-PESA asked about few of them, and a browser that has paid too; others
// name theirs meanwhile.
func TestReceiptsThatAreMadeUp(t *testing.T) { storetest.Each(t, testReceiptsThatAreMadeUp) }

func testReceiptsThatAreMadeUp(t *testing.T) {
	f := newFairStage(t)
	receipts := 0
	names := func(sent store.PushOrder) store.RefusalKind {
		receipts++
		err := f.s.Money().ClaimReceipt(t.Context(), sent.Secret, fmt.Sprintf("UKA%07d", receipts), "")
		if refusal, is := errors.AsType[*store.Refusal](err); is {
			return refusal.Kind
		}
		if err != nil {
			t.Fatal(err)
		}
		return ""
	}
	// answered is what M-PESA says of all that it is asked about.
	answered := func() (asked int) {
		for {
			c, err := f.s.Jobs().TakeQuestion(t.Context(), 0, store.TransactionStatus)
			if errors.Is(err, store.ErrNotFound) {
				return asked
			}
			if err != nil {
				t.Fatal(err)
			}
			cb, known, err := f.s.Money().StoreCallback(t.Context(), store.NewCallback{
				Kind: store.CallbackStatus, Token: c.ResultToken, Body: []byte("{}"), Size: 2,
			})
			if err != nil || !known {
				t.Fatalf("keep: known %v, %v", known, err)
			}
			if _, err := f.s.Money().ApplyStatus(t.Context(), cb, store.Transaction{}); err != nil {
				t.Fatal(err)
			}
			asked++
		}
	}
	taken, refused := 0, 0
	for range 12 {
		sent := f.want("a stranger's booking", f.who(1), "")
		for range 5 {
			if names(sent) == "" {
				taken++
			} else {
				refused++
			}
			answered()
		}
	}
	if taken != 10 || refused != 50 {
		t.Errorf("%d receipts of an address were asked about, %d were not", taken, refused)
	}
	elsewhere := func(b *store.NewBooking) { b.Client.Address = "198.51.100.1" }
	if refused := names(f.want("elsewhere", f.who(1, elsewhere), "")); refused != "" {
		t.Errorf("another address: %s", refused)
	}
	regular := f.who(1, elsewhere)
	f.pays(f.want("a regular customer", regular, ""))
	here := f.who(1, func(b *store.NewBooking) { b.Browser = regular.Browser })
	if refused := names(f.want("here, by the same browser", here, "")); refused != "" {
		t.Errorf("a browser that has paid: %s", refused)
	}
	if refused := names(f.want("here, by the same phone",
		f.who(1, func(b *store.NewBooking) { b.Phone = regular.Phone }), "")); refused != "" {
		t.Errorf("a phone that has paid: %s", refused)
	}
	answered()
	taken = 0
	for range 6 {
		sent := f.want("by the browser that has paid",
			f.who(1, func(b *store.NewBooking) { b.Browser = regular.Browser }), "")
		for range 5 {
			if names(sent) == "" {
				taken++
			}
			answered()
		}
	}
	if taken != 9 {
		t.Errorf("%d receipts more of a browser that has paid once", taken)
	}
	f.clock.add(61 * time.Minute)
	if refused := names(f.want("an hour later", f.who(1), "")); refused != "" {
		t.Errorf("an hour later: %s", refused)
	}
}

// TestReceiptsTakeTurns: M-PESA is asked in the pace of all questions, and the client it was asked for least comes
// first.
func TestReceiptsTakeTurns(t *testing.T) { storetest.Each(t, testReceiptsTakeTurns) }

func testReceiptsTakeTurns(t *testing.T) {
	f := newFairStage(t)
	const gap = 500 * time.Millisecond
	name := func(address string, n int) {
		sent := f.want("a booking", f.who(1, func(b *store.NewBooking) { b.Client.Address = address }), "")
		for i := range n {
			if err := f.s.Money().ClaimReceipt(t.Context(), sent.Secret, fmt.Sprintf("UK%c%02d%05d", 'A'+i, f.n, i),
				""); err != nil {
				t.Fatal(err)
			}
		}
	}
	name("192.0.2.1", 5)
	name("192.0.2.1", 5)
	f.clock.add(time.Second)
	name("198.51.100.1", 1)
	name("198.51.100.2", 2)
	var order []byte
	for range 13 {
		c, err := f.s.Jobs().TakeQuestion(t.Context(), gap, store.TransactionStatus)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.s.Jobs().TakeQuestion(t.Context(), gap, store.TransactionStatus); !errors.Is(err,
			store.ErrNotFound) {
			t.Fatalf("at the same moment: %v", err)
		}
		if turn, err := f.s.Jobs().TakeQueryTurn(t.Context(), gap); err != nil || turn {
			t.Fatalf("a question about a push at the same moment: %v, %v", turn, err)
		}
		if due, err := f.s.Jobs().NextDue(t.Context(), store.PushQuery, store.TransactionStatus,
			store.Reversal); err != nil ||
			due <= f.s.Now() {
			t.Fatalf("due at once: %v", err)
		}
		browsers, err := f.s.Texts(`SELECT o.browser FROM claim c JOIN ticket o ON o.id = c.ticket_id WHERE c.receipt = '` + c.Receipt + `'`)
		if err != nil || len(browsers) != 1 {
			t.Fatal(browsers, err)
		}
		order = append(order,
			map[string]byte{"browser 1": 'a', "browser 2": 'a', "browser 3": 'b', "browser 4": 'c'}[browsers[0]])
		f.clock.add(gap)
	}
	if got := string(order[:5]); got != "abcac" && got != "abcca" {
		t.Errorf("asked about in the order %s", order)
	}
}
