package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// stage is one ticket for two seats in a hall of four, and what happens to it.
type stage struct {
	t         *testing.T
	s         *store.Store
	clock     *clock
	screening store.ScreeningID
	pushes    []store.PushOrder
	made      []store.Instant // when each push was
	last      store.Callback
	verdict   store.Verdict
	told      string // what the last event was told
	other     string // the secret of another ticket that the phone tried to pay for
	stranger  string // the secret of another customer's ticket
	sentBy    string // the token of the Reversal that is out
}

func newStage(t *testing.T, options ...func(*store.Options)) *stage {
	st := &stage{t: t, clock: newClock()}
	st.s = storetest.New(t, append(options, st.clock.option)...)
	st.screening = storetest.Screening(t, st.s, 2, 2)
	b := storetest.Booking(st.screening, storetest.Phone(1), 2)
	sent, _, err := st.s.Tickets().Book(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	st.pushes, st.made = append(st.pushes, sent), append(st.made, st.s.Now())
	return st
}

// do lets one event happen. A number at its end says which push it is about; without one it is the latest.
func (st *stage) do(event string) {
	st.t.Helper()
	n := len(st.pushes)
	if last := event[len(event)-1]; last >= '1' && last <= '9' {
		n, event = int(last-'0'), strings.TrimSpace(event[:len(event)-1])
	}
	push := st.pushes[n-1]
	checkout := fmt.Sprint("ws_CO_", n)
	answer := func(a store.Answer) error { return st.s.Tickets().RecordAnswer(st.t.Context(), push, a) }
	callback := func(v store.Verdict) error { return st.callback(push.CallbackToken, checkout, n, v) }
	amount := store.Cents(push.Amount * 100)
	less := amount - 100
	var err error
	switch event {
	case "accepted":
		err = answer(store.Answer{CheckoutRequestID: checkout, MerchantRequestID: fmt.Sprint("m-", n)})
	case "refused":
		err = answer(store.Answer{Kind: store.Refused, Reason: "mpesa_busy"})
	case "answer lost":
		err = answer(store.Answer{Kind: store.Ambiguous})
	case "paid":
		err = callback(store.Verdict{Class: store.Success, Amount: &amount})
	case "paid too little":
		err = callback(store.Verdict{Class: store.Success, Amount: &less})
	case "paid, no amount":
		err = callback(store.Verdict{Class: store.Success})
	case "cancelled":
		err = callback(store.Verdict{Class: store.FinalFailure, Reason: "cancelled", Code: "1032"})
	case "no answer":
		err = callback(store.Verdict{Class: store.SoftFailure, Reason: "timeout", Code: "1037"})
	case "odd code":
		err = callback(store.Verdict{Class: store.Unclear, Reason: "unknown", Code: "77"})
	case "not readable":
		err = st.unread(push.CallbackToken, store.Unread{})
	case "not readable, but for its receipt":
		err = st.unread(push.CallbackToken, store.Unread{Receipt: fmt.Sprint("RECEIPT", n)})
	case "unknown code":
		err = callback(store.Verdict{Class: store.UnknownCode, Reason: "unknown", Code: "1101", Text: "text"})
	case "receipt of 2 again":
		err = st.callbackWith(push.CallbackToken, checkout, "RECEIPT2", store.Verdict{
			Class: store.Success, Amount: &amount,
		})
	case "another's id":
		err = st.callback(push.CallbackToken, "ws_CO_other", n, store.Verdict{Class: store.Success, Amount: &amount})
	case "same callback again":
		applied, e := st.s.Money().ApplyCallback(st.t.Context(), st.last, st.verdict)
		st.told, err = told(applied), e
	case "retry":
		err = st.retry(storetest.Phone(1))
	case "retry by another phone":
		err = st.retry(storetest.Phone(2))
	case "given up":
		err = st.s.Tickets().GiveUp(st.t.Context(), push.Secret)
	case "hold ends":
		st.clock.add(3*time.Minute + time.Second)
		_, err = st.s.Tickets().EndHolds(st.t.Context())
	case "retry hold ends":
		st.clock.add(2*time.Minute + time.Second)
		_, err = st.s.Tickets().EndHolds(st.t.Context())
	case "120 s":
		st.clock.add(120 * time.Second)
	case "others take two seats":
		_, _, err = st.s.Tickets().Book(st.t.Context(), storetest.Booking(st.screening, storetest.Phone(50), 2))
	case "others take all":
		_, _, err = st.s.Tickets().Book(st.t.Context(), storetest.Booking(st.screening, storetest.Phone(60), 2))
		if err == nil {
			_, _, err = st.s.Tickets().Book(st.t.Context(), storetest.Booking(st.screening, storetest.Phone(61), 2))
		}
	case "film begins":
		st.clock.add(24 * time.Hour)
	case "screening cancelled":
		_, err = st.s.Catalogue().CancelScreening(st.t.Context(), st.screening, "The projector is broken.")
	case "restart":
		_, err = st.s.Tickets().RecoverSending(st.t.Context(), st.s.Now()+1)
	default:
		err = st.moreEvents(event, n)
	}
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		st.told = string(refusal.Kind)
	} else if err != nil {
		st.t.Fatalf("%s: %v", event, err)
	}
}

func (st *stage) callback(token, checkout string, n int, v store.Verdict) error {
	return st.callbackWith(token, checkout, fmt.Sprint("RECEIPT", n), v)
}

func (st *stage) callbackWith(token, checkout, receipt string, v store.Verdict) error {
	id, known, err := st.s.Money().StoreCallback(st.t.Context(), store.NewCallback{
		Kind: "stk", Token: token, Body: []byte("{}"), Size: 2,
	})
	if err != nil || !known {
		return fmt.Errorf("keep: known %v, %w", known, err)
	}
	v.CheckoutRequestID, v.LearntBy = checkout, "callback"
	if v.Class == store.Success {
		v.Receipt = receipt
	}
	st.last, st.verdict = id, v
	applied, err := st.s.Money().ApplyCallback(st.t.Context(), id, v)
	st.told = told(applied)
	return err
}

func (st *stage) unread(token string, u store.Unread) error {
	cb, known, err := st.s.Money().StoreCallback(st.t.Context(), store.NewCallback{
		Kind: "stk", Token: token, Body: []byte("{"), Size: 1,
	})
	if err != nil || !known {
		return fmt.Errorf("keep: known %v, %w", known, err)
	}
	applied, err := st.s.Money().StoreUnread(st.t.Context(), cb, u)
	st.told = told(applied)
	return err
}

// sound fails the test where the books break a rule, but for a callback that is not understood yet, and for a payment
// that is in doubt, as end says.
func (st *stage) sound() {
	st.t.Helper()
	var doubted []string
	for _, p := range st.payments() {
		if p.Doubt != "" {
			doubted = append(doubted, fmt.Sprint("payment ", p.ID))
		}
	}
	wrong, err := st.s.Money().Audit(st.t.Context())
	if err != nil {
		st.t.Fatal(err)
	}
	for _, line := range wrong {
		known := slices.ContainsFunc(doubted, func(payment string) bool { return strings.Contains(line, payment) })
		if !known && !strings.HasPrefix(line, "a callback is understood whole") &&
			!strings.HasPrefix(line, "it is known how much") {
			st.t.Error(line)
		}
	}
}

func (st *stage) retry(phone string) error {
	st.told = ""
	sent, err := st.s.Tickets().Retry(st.t.Context(), store.NewRetry{Secret: st.pushes[0].Secret, Phone: phone})
	if err == nil {
		st.pushes, st.made = append(st.pushes, sent), append(st.made, st.s.Now())
	}
	return err
}

// told is what came of a callback, in one line.
func told(a store.ApplyResult) string {
	out := strings.ReplaceAll(string(a.Outcome), "_", " ")
	if why := cmp.Or(string(a.Reason), string(a.Doubt)); why != "" {
		out += ": " + why
	}
	return out
}

// end says in one line how things stand: status and reason, seats held, and each payment's state.
func (st *stage) end() string {
	st.t.Helper()
	tk, err := st.s.Tickets().TicketBySecret(st.t.Context(), st.pushes[0].Secret)
	if err != nil {
		st.t.Fatal(err)
	}
	out := string(tk.Status)
	if why := cmp.Or(string(tk.Owed), string(tk.Reason)); why != "" {
		out += " " + why
	}
	if tk.Held() {
		out += fmt.Sprintf(", held %ds", (tk.HoldUntil-st.s.Now())/1000)
	}
	if tk.VoidedAt != 0 {
		out += " void"
	}
	if tk.SeatsMoved {
		out += ", moved"
	}
	payments, err := st.s.Money().Payments(st.t.Context())
	if err != nil {
		st.t.Fatal(err)
	}
	for _, p := range payments {
		out += strings.TrimSuffix(fmt.Sprintf("; %s %s %s", p.Receipt, p.State, p.Reason), " ")
		if p.Amount != 0 && p.Amount < store.Cents(tk.Total)*100 {
			out += ", less than the price"
		}
		if p.Doubt != "" {
			out += ", doubt " + string(p.Doubt)
		}
	}
	cases, err := st.s.Money().OpenItems(st.t.Context(), store.ItemFilter{})
	if err != nil {
		st.t.Fatal(err)
	}
	for _, c := range cases {
		if c.Kind == store.ItemCallback {
			out += strings.TrimSuffix("; callback unread "+c.Receipt, " ")
		}
	}
	if st.other != "" {
		other, err := st.s.Tickets().TicketBySecret(st.t.Context(), st.other)
		if err != nil {
			st.t.Fatal(err)
		}
		out += " | the other ticket: " + string(other.Status)
		if other.VoidedAt != 0 {
			out += " void"
		}
	}
	return out
}

// TestOneTicket plays what can happen to one ticket, in the orders in which it can happen.
func TestOneTicket(t *testing.T) { storetest.Each(t, testOneTicket) }

func testOneTicket(t *testing.T) {
	cases := []struct{ events, told, want string }{
		{"accepted > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid > same callback again", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid > paid", "duplicate", "Paid; RECEIPT1 applied"},
		{"accepted > paid > cancelled", "failure late", "Paid; RECEIPT1 applied"},
		{"accepted > paid > given up", "not_failed", "Paid; RECEIPT1 applied"},
		{"accepted > paid > retry", "not_failed", "Paid; RECEIPT1 applied"},
		{"accepted > paid > hold ends", "paid", "Paid; RECEIPT1 applied"},
		// The callback is faster than the answer, and the answer never moves the push back.
		{"paid > accepted", "paid", "Paid; RECEIPT1 applied"},
		{"paid > answer lost", "paid", "Paid; RECEIPT1 applied"},
		{"paid > refused", "paid", "Paid; RECEIPT1 applied"},
		{"cancelled > accepted", "failed", "Failed cancelled, held 120s"},
		// The answer is lost: the callback's token is the only way to learn what became of the push.
		{"answer lost", "", "Pending, held 180s"},
		{"answer lost > paid", "paid", "Paid; RECEIPT1 applied"},
		{"answer lost > hold ends", "", "Failed unconfirmed"},
		{"answer lost > hold ends > paid", "paid", "Paid; RECEIPT1 applied"},
		{"answer lost > 120 s > retry", "not_failed", "Pending, held 60s"},
		{"restart > paid", "paid", "Paid; RECEIPT1 applied"},
		{"restart > hold ends", "", "Failed unconfirmed"},
		// Final failures end the hold early, but not before a retry's time.
		{"accepted > cancelled", "failed", "Failed cancelled, held 120s"},
		{"accepted > cancelled > retry hold ends", "failed", "Failed cancelled"},
		{"accepted > cancelled > cancelled", "duplicate", "Failed cancelled, held 120s"},
		{"accepted > cancelled > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > cancelled > retry", "", "Pending, held 180s"},
		{"accepted > cancelled > retry > retry", "not_failed", "Pending, held 180s"},
		{"accepted > cancelled > retry by another phone > accepted > paid", "paid", "Paid; RECEIPT2 applied"},
		{"accepted > cancelled > retry hold ends > retry > accepted > paid", "paid", "Paid; RECEIPT2 applied"},
		{"accepted > cancelled > retry hold ends > others take two seats > retry", "", "Pending, held 180s, moved"},
		{"accepted > cancelled > retry hold ends > others take all > retry", "sold_out", "Failed cancelled"},
		{"refused", "", "Failed mpesa_busy, held 120s"},
		{"refused > retry > accepted > paid", "paid", "Paid; RECEIPT2 applied"},
		{"refused > paid", "paid", "Paid; RECEIPT1 applied"},
		// Soft failures keep the seats to the deadline, since late success is expected.
		{"accepted > no answer", "not completed", "Failed timeout, held 180s"},
		{"accepted > no answer > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > no answer > retry", "prompt_out", "Failed timeout, held 180s"},
		{"accepted > no answer > 120 s > retry", "", "Pending, held 180s"},
		{"accepted > no answer > cancelled", "failed", "Failed cancelled, held 120s"},
		{"accepted > no answer > hold ends > paid", "paid", "Paid; RECEIPT1 applied"},
		// A refused retry frees nothing under an earlier push that may still bring money.
		{"accepted > no answer > 120 s > retry > refused", "", "Failed mpesa_busy, held 180s"},
		{"accepted > no answer > 120 s > retry > accepted > cancelled", "failed", "Failed cancelled, held 180s"},
		// Both pushes are paid: one ticket, and one refund due.
		{"accepted > no answer > 120 s > retry > accepted > paid > paid 1", "refund due: paid_twice",
			"Paid; RECEIPT2 applied; RECEIPT1 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > paid 1 > paid 2", "refund due: paid_twice",
			"Paid; RECEIPT1 applied; RECEIPT2 refund_due paid_twice"},
		{"accepted > no answer > 120 s > retry > accepted > cancelled 1", "failed", "Pending, held 180s"},
		// Late money.
		{"accepted > hold ends > others take two seats > paid", "paid", "Paid, moved; RECEIPT1 applied"},
		{"accepted > hold ends > others take all > paid", "refund due: seats_gone",
			"Failed seats_gone; RECEIPT1 refund_due seats_gone"},
		{"accepted > hold ends > film begins > paid", "refund due: screening_begun",
			"Failed screening_begun; RECEIPT1 refund_due screening_begun"},
		{"accepted > screening cancelled > paid", "refund due: screening_cancelled",
			"Failed screening_cancelled, held 120s; RECEIPT1 refund_due screening_cancelled"},
		{"accepted > given up > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > given up", "", "Failed given_up"},
		{"accepted > given up > cancelled", "failed", "Failed given_up"},
		{"accepted > given up > others take all > paid", "refund due: seats_gone",
			"Failed seats_gone; RECEIPT1 refund_due seats_gone"},
		{"accepted > cancelled > screening cancelled > retry", "not_on_sale", "Failed cancelled, held 120s"},
		// Money that is due back goes on being told.
		{"accepted > paid too little > given up", "refund due: wrong_amount",
			"Failed wrong_amount; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > paid too little > retry", "refund_owed",
			"Failed wrong_amount, held 120s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > paid too little > hold ends", "refund due: wrong_amount",
			"Failed wrong_amount; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > no answer > 120 s > retry > accepted > paid too little 1", "refund due: wrong_amount",
			"Pending, held 180s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > no answer > 120 s > retry > accepted > paid too little 1 > cancelled 2", "failed",
			"Failed wrong_amount, held 120s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > no answer > 120 s > retry > accepted > paid too little 1 > paid 2", "paid",
			"Paid; RECEIPT1 refund_due wrong_amount, less than the price; RECEIPT2 applied"},
		{"answer lost > hold ends > retry > refused > cancelled 1", "failed", "Failed mpesa_busy, held 120s"},
		// What must never be a ticket.
		{"accepted > no answer > 120 s > retry > accepted > paid > receipt of 2 again 1", "doubt: receipt_shared",
			"Paid; RECEIPT2 applied, doubt receipt_shared"},
		{"accepted > no answer > 120 s > retry > accepted > paid > receipt of 2 again 1 > query: paid 1",
			"doubt: receipt_shared",
			"Paid; RECEIPT2 applied, doubt receipt_shared;  refund_due paid_twice, doubt receipt_shared"},
		{"accepted > no answer > 120 s > retry > accepted > paid > receipt of 2 again 1 > query: cancelled 1", "failed",
			"Paid; RECEIPT2 applied, doubt receipt_shared"},
		{"accepted > paid too little", "refund due: wrong_amount",
			"Failed wrong_amount, held 120s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > paid, no amount", "amount unknown", "Pending, held 180s; RECEIPT1 unmatched amount_unknown"},
		{"accepted > paid, no amount > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid, no amount > query: nothing > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid, no amount > query: cancelled", "failure late",
			"Pending, held 180s; RECEIPT1 unmatched amount_unknown"},
		{"accepted > paid, no amount > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid, no amount > paid too little", "refund due: wrong_amount",
			"Failed wrong_amount, held 120s; RECEIPT1 refund_due wrong_amount, less than the price"},
		{"accepted > paid, no amount > hold ends > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"answer lost > paid, no amount > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > no answer > paid, no amount > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > another's id", "others id",
			"Pending, held 180s; RECEIPT1 unmatched other_push"},
		{"accepted > another's id > another's id", "others id",
			"Pending, held 180s; RECEIPT1 unmatched other_push"},
		{"accepted > another's id > hold ends", "others id",
			"Failed unconfirmed; RECEIPT1 unmatched other_push"},
		{"accepted > another's id > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > paid > another's id", "others id", "Paid; RECEIPT1 applied"},
		{"accepted > another's id > query: paid", "paid", "Paid; RECEIPT1 unmatched other_push;  applied"},
		{"accepted > another's id > query: paid > paid", "known already", "Paid; RECEIPT1 applied"},
		{"accepted > another's id > hold ends > typed", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > another's id > query: paid > typed", "unmatched: may_be_same",
			"Paid; RECEIPT1 unmatched may_be_same;  applied"},
		// its own push's callback came later
		{"accepted > no answer > 120 s > retry > accepted > another's id 2 > receipt of 2 again 1", "paid",
			"Paid; RECEIPT2 applied"},
		{"accepted > another's id > c2b echo", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > odd code", "unclear", "Pending, held 180s"},
		{"accepted > odd code > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > odd code > hold ends", "unclear", "Failed unconfirmed"},
		{"accepted > not readable", "unreadable", "Pending, held 180s; callback unread"},
		{"accepted > not readable > paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > not readable > query: paid", "paid", "Paid;  applied"},
		{"accepted > not readable > query: cancelled", "failed", "Failed cancelled, held 120s"},
		{"accepted > cancelled > not readable", "unreadable", "Failed cancelled, held 120s; callback unread"},
		{"accepted > cancelled > not readable > query: cancelled", "failed", "Failed cancelled, held 120s"},
		{"accepted > paid > not readable", "unreadable", "Paid; RECEIPT1 applied"},
		{"accepted > not readable, but for its receipt > query: paid", "paid", "Paid; RECEIPT1 applied"},
		{"accepted > query: paid > not readable, but for its receipt", "unreadable", "Paid; RECEIPT1 applied"},
		{"accepted > not readable, but for its receipt > query: cancelled", "failed",
			"Failed cancelled, held 120s; callback unread RECEIPT1"},
		{"accepted > unknown code", "unknown code", "Pending, held 180s"},
		{"accepted > unknown code > unknown code", "unknown code again", "Pending, held 180s"},
		{"accepted > unknown code > query: paid", "paid", "Paid;  applied"},
		{"accepted > unknown code > hold ends > retry > accepted > paid", "paid", "Paid; RECEIPT2 applied"},
		{"accepted > no answer > unknown code", "unreadable", "Failed timeout, held 180s"},
	}
	for _, c := range cases {
		t.Run(c.events, func(t *testing.T) {
			t.Parallel()
			st := newStage(t)
			for event := range strings.SplitSeq(c.events, " > ") {
				st.do(event)
			}
			if got := st.end(); got != c.want {
				t.Errorf("ends as  %s\nwant     %s", got, c.want)
			}
			if st.told != c.told {
				t.Errorf("told %q, want %q", st.told, c.told)
			}
			st.sound()
		})
	}
}

// TestLateMoneyOnceTheFilmHasBegun: a failed ticket does not become paid then, though it still holds its seats.
func TestLateMoneyOnceTheFilmHasBegun(t *testing.T) {
	storetest.Each(t, testLateMoneyOnceTheFilmHasBegun)
}

func testLateMoneyOnceTheFilmHasBegun(t *testing.T) {
	st := &stage{t: t, clock: newClock()}
	st.s = storetest.New(t, st.clock.option)
	st.screening = storetest.Screening(t, st.s, 2, 2, func(sc *store.Screening) {
		sc.SalesCloseAt, sc.StartsAt = st.s.Now().Add(30*time.Second), st.s.Now().Add(60*time.Second)
	})
	for _, phone := range []int{1, 2} {
		sent, _, err := st.s.Tickets().Book(t.Context(), storetest.Booking(st.screening, storetest.Phone(phone), 2))
		if err != nil {
			t.Fatal(err)
		}
		st.pushes, st.made = append(st.pushes, sent), append(st.made, st.s.Now())
	}
	st.do("accepted 1")
	st.do("cancelled 1")
	st.do("accepted 2")
	st.clock.add(70 * time.Second)
	st.do("paid 1")
	if got := st.end(); got != "Failed screening_begun, held 50s; RECEIPT1 refund_due screening_begun" {
		t.Errorf("a failed ticket ends as %s", got)
	}
	// One that was waiting all the time gets what it paid for.
	if st.do("paid 2"); st.told != "paid" {
		t.Errorf("a pending ticket was told %q", st.told)
	}
	storetest.Sound(t, st.s)
}

// TestHoldBounds: a hold lasts 15 minutes at most over all its pushes, and a retry that could not be paid in time is
// refused.
func TestHoldBounds(t *testing.T) { storetest.Each(t, testHoldBounds) }

func testHoldBounds(t *testing.T) {
	st := newStage(t)
	for range 6 {
		st.do("accepted")
		st.clock.add(140 * time.Second)
		st.do("cancelled")
		st.clock.add(time.Second)
		st.told = ""
		st.do("retry")
	}
	if st.told != "held_too_long" {
		t.Errorf("the last retry was told %q", st.told)
	}
	if got := st.end(); !strings.HasPrefix(got, "Failed cancelled, held") {
		t.Error(got)
	}
}
