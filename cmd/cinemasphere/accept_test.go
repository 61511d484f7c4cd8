package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// desk is a box office without an initiator, where a person must look everything up in the portal.
type desk struct {
	t    *testing.T
	path string
	now  time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	path, _ := paidBooksOf(t, store.Sandbox)
	return &desk{t, path, time.Now()}
}

// open does something to the books as the running program does it.
func (d *desk) open(do func(*store.Store) error) {
	d.t.Helper()
	st, err := store.Open(d.t.Context(), store.Options{Path: d.path, Now: func() time.Time { return d.now }})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := do(st); err != nil {
		d.t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// says runs a command that must end well and say something.
func (d *desk) says(want string, args ...string) string {
	d.t.Helper()
	out, err := operator(d.t, d.path, args...)
	if err != nil || !strings.Contains(out, want) {
		d.t.Errorf("%q: %v, want %q\n%s", args, err, want, out)
	}
	return out
}

// refuses runs a command that must fail and say why.
func (d *desk) refuses(want string, args ...string) {
	d.t.Helper()
	if out, err := operator(d.t, d.path, args...); err == nil || !strings.Contains(err.Error(), want) {
		d.t.Errorf("%q: %v, want %q\n%s", args, err, want, out)
	}
}

// book sends a prompt whose answer is lost.
func (d *desk) book(phone int) (sent store.PushOrder) {
	d.t.Helper()
	d.open(func(st *store.Store) (err error) {
		if sent, _, err = st.Tickets().Book(d.t.Context(),
			storetest.Booking(storetest.Screening(d.t, st, 2, 2), storetest.Phone(phone), 1)); err != nil {
			return err
		}
		return st.Tickets().RecordAnswer(d.t.Context(), sent, store.Answer{Kind: store.Ambiguous})
	})
	return sent
}

// names lets the customer type a receipt, which a person must look up.
func (d *desk) names(sent store.PushOrder, receipt string) {
	d.t.Helper()
	d.open(func(st *store.Store) error {
		if err := st.Money().ClaimReceipt(d.t.Context(), sent.Secret, receipt, ""); err != nil {
			return err
		}
		c, err := st.Jobs().TakeQuestion(d.t.Context(), 0, store.TransactionStatus)
		if err != nil {
			return err
		}
		return st.Money().EndReceipt(d.t.Context(), c.Receipt)
	})
}

// TestAcceptCommand: a typed receipt, money that names no ticket, and money that can be no ticket any more.
func TestAcceptCommand(t *testing.T) {
	d := newDesk(t)
	typed, other := d.book(2), d.book(3)
	d.names(typed, "UKO7TYPED0")
	d.says("cinemasphere accept UKO7TYPED0 "+typed.Code+"\n", "payments")
	d.says("cinemasphere resolve --note=NOTE claim:", "payments")
	d.says("Receipt UKO7TYPED0 of KSh 1,350, ticket "+typed.Code+": paid for the ticket.", "accept", "uko7typed0",
		strings.ToLower(typed.Code))
	if out := d.says("", "payments", "--receipt=UKO7TYPED0"); strings.Contains(out, "  person\n") {
		t.Errorf("still on the list:\n%s", out)
	}
	d.refuses("cinemasphere accept --move UKO7TYPED0 "+other.Code, "accept", "UKO7TYPED0", other.Code)
	d.says("ticket "+other.Code+": paid for the ticket.", "accept", "--move", "UKO7TYPED0", other.Code)
	d.refuses("no M-PESA receipt", "accept", "12", other.Code)
	d.refuses("there is no ticket with code", "accept", "UKO7TYPED1", "0NOSUCH")
	for _, amount := range []string{"--amount=-1", "--amount=250001"} {
		d.refuses("--amount must be", "accept", amount, "UKO7OTHER0", other.Code)
	}
	d.says(
		"due back: M-PESA took another amount than was asked.\n    do: give it back in the M-PESA portal and write "+
			"that down: cinemasphere refund --by-hand=REFERENCE UKO7OTHER0",
		"accept", "--amount=100", "--phone=0712345999", "UKO7OTHER0", other.Code)
	d.says("given back by hand", "refund", "--by-hand=UKO8BACK00", "UKO7OTHER0")
	d.refuses("has gone back, or is on its way", "accept", "UKO7OTHER0", other.Code)
	d.says("The books are sound.", "fsck")
}

// TestAcceptUndecidedPush: the advice of a prompt that nothing was heard of can be typed as it stands.
func TestAcceptUndecidedPush(t *testing.T) {
	d := newDesk(t)
	d.now = d.now.Add(-time.Hour)
	sent := d.book(2)
	prompt := "push:" + fmt.Sprint(sent.PushID)
	d.says("cinemasphere accept RECEIPT "+prompt+"\n", "payments")
	d.says("cinemasphere resolve --note=NOTE "+prompt+"\n", "payments")
	d.refuses("nor a prompt", "accept", "UKO7FOUND0", "push:1")
	d.says("paid for the ticket", "accept", "UKO7FOUND0", prompt)
	if out := d.says("", "payments"); strings.Contains(out, sent.Code) {
		t.Errorf("still on the list:\n%s", out)
	}
	d.says("The books are sound.", "fsck")
}

// TestResolvedCommand: by receipt, by code and by number; and what cannot be resolved.
func TestResolvedCommand(t *testing.T) {
	d := newDesk(t)
	d.says("take it off the list: cinemasphere resolve --note=NOTE UKO5POPCORN", "payments")
	d.refuses("--note must say", "resolve", "--note= ", "UKO5POPCORN")
	d.refuses("nothing on the list is named UKO0000000", "resolve", "--note=bar", "UKO0000000")
	d.refuses("nothing on the list is named push:1", "resolve", "--note=bar", "push:1")
	d.says("(UKO5POPCORN, ticket -) is off the list", "resolve", "--note=the bar's", "--by=Wanjiru", "uko5popcorn")
	d.says("No money waits for anybody.", "payments")
	d.says("by Wanjiru: the bar's", "payments", "--all")
	d.refuses("nothing on the list is named", "resolve", "--note=again", "UKO5POPCORN")

	sent := d.book(2)
	d.names(sent, "UKO7BOGUS0")
	d.refuses("the ticket has several entries: name one of push:", "resolve", "--note=x", sent.Code)
	d.says("is off the list", "resolve", "--note=the portal does not know it", "UKO7BOGUS0")
	d.says("is off the list", "resolve", "--note=nothing was paid", sent.Code)
	d.says("No money waits for anybody.", "payments")

	d.says("due back: ", "accept", "--amount=100", "UKO7LESS00", sent.Code)
	d.refuses("its money is due back, so give it back", "resolve", "--note=x", "UKO7LESS00")
	d.says("The books are sound.", "fsck")
}

// TestPaymentsByNumber: of three prompts that M-PESA confirmed without receipts, each can be given back, or get its
// receipt.
func TestPaymentsByNumber(t *testing.T) {
	d := newDesk(t)
	d.now = d.now.Add(-10 * time.Minute)
	var code string
	d.open(func(st *store.Store) error {
		sent, _, err := st.Tickets().Book(t.Context(),
			storetest.Booking(storetest.Screening(t, st, 2, 2), storetest.Phone(2), 1))
		pushes := []store.PushOrder{sent}
		for n := 1; n < 3 && err == nil; n++ {
			if err = st.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
				CheckoutRequestID: fmt.Sprint("ws_CO_three", n),
			}); err != nil {
				return err
			}
			if _, err = st.Money().ApplyQuery(t.Context(), sent.PushID, store.Verdict{
				Class: store.SoftFailure, LearntBy: "query", CheckoutRequestID: fmt.Sprint("ws_CO_three", n),
				Code: "1037",
			}); err != nil {
				return err
			}
			d.now = d.now.Add(121 * time.Second)
			sent, err = st.Tickets().Retry(t.Context(), store.NewRetry{Secret: sent.Secret, Phone: storetest.Phone(2)})
			pushes = append(pushes, sent)
		}
		if err != nil {
			return err
		}
		code = sent.Code
		if err := st.Tickets().RecordAnswer(t.Context(), sent, store.Answer{
			CheckoutRequestID: "ws_CO_three3",
		}); err != nil {
			return err
		}
		for n, push := range pushes {
			if _, err := st.Money().ApplyQuery(t.Context(), push.PushID, store.Verdict{
				Class: store.Success, LearntBy: "query", CheckoutRequestID: fmt.Sprint("ws_CO_three", n+1), Code: "0",
			}); err != nil {
				return err
			}
		}
		return nil
	})
	d.refuses("cinemasphere payments --ticket="+code, "refund", code)
	var listed []struct{ Name, State, Do string }
	out := d.says("", "payments", "--ticket="+code, "--state=refund_due", "--json")
	if err := json.Unmarshal([]byte(out), &listed); err != nil || len(listed) != 2 {
		t.Fatalf("%v\n%s", err, out)
	}
	text := d.says("no receipt, "+listed[0].Name, "payments")
	if !strings.Contains(text, "cinemasphere refund --by-hand=REFERENCE "+listed[0].Name) {
		t.Errorf("the list does not say how:\n%s", text)
	}
	if !regexp.MustCompile(`^payment:\d+$`).MatchString(listed[1].Name) {
		t.Errorf("its number is %q", listed[1].Name)
	}
	d.refuses("cinemasphere refund --by-hand=REFERENCE "+listed[0].Name, "refund", strings.ToUpper(listed[0].Name))
	d.refuses("is no payment", "refund", "push:1")
	d.refuses("nor with that number", "refund", "payment:1")
	d.says("given back by hand", "refund", "--by-hand=UKO8BACK00", listed[0].Name)
	d.says("Receipt UKO7SECOND of KSh 1,350, ticket "+code+": due back: the ticket had been paid before.", "accept",
		"UKO7SECOND", listed[1].Name)
	// Nobody has proved that receipt: another takes its place.
	d.says("Receipt UKO7THIRD0 of KSh 1,350, ticket "+code+": due back: the ticket had been paid before.", "accept",
		"UKO7THIRD0", listed[1].Name)
	d.refuses("no payment with receipt UKO7SECOND", "refund", "--by-hand=UKO8BACK01", "UKO7SECOND")
	d.says("given back by hand", "refund", "--by-hand=UKO8BACK01", "UKO7THIRD0")
	d.says("paid for the ticket", "accept", "UKO7FIRST0", code)
	d.says("The books are sound.", "fsck")
}
