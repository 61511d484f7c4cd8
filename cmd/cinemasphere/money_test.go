package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// operator runs a sub-command of the program, as main does, on the books of the path, and returns what it printed as
// its answer.
func operator(t *testing.T, path string, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(context.Background(), append(args, "--database-url="+path), &out, &errs)
	if err == nil && !strings.Contains(errs.String(), "database: "+path) {
		t.Errorf("%v does not say what database it works on: %s", args, &errs)
	}
	return out.String(), err
}

// paidBooks are books with one paid ticket, and money of KSh 100 that names none.
func paidBooks(t *testing.T) (path string, receipt string) {
	t.Helper()
	return paidBooksOf(t, store.Simulator)
}

func paidBooksOf(t *testing.T, env store.Environment) (path string, receipt string) {
	t.Helper()
	t.Chdir(t.TempDir()) // no .env of anybody's
	path, receipt = filepath.Join(t.TempDir(), "books.db"), "UKO4JL9G9Q"
	st, err := store.Open(t.Context(), store.Options{Path: path, Environment: env})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	id := storetest.Screening(t, st, 5, 10)
	sent, _, err := st.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 2))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Tickets().RecordAnswer(t.Context(), sent, store.Answer{CheckoutRequestID: "ws_CO_1"}); err != nil {
		t.Fatal(err)
	}
	cb, _, err := st.Money().StoreCallback(t.Context(), store.NewCallback{
		Kind: store.CallbackSTK, Token: sent.CallbackToken,
		Body: fmt.Appendf(nil, `{"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":0,`+
			`"CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d},{"Name":"MpesaReceiptNumber","Value":%q}]}}}}`,
			sent.Amount, receipt),
	})
	if err != nil {
		t.Fatal(err)
	}
	amount := store.Cents(sent.Amount * 100)
	if _, err := st.Money().ApplyCallback(t.Context(), cb, store.Verdict{
		Class: store.Success, LearntBy: "callback", CheckoutRequestID: "ws_CO_1", Code: "0", Amount: &amount,
		Receipt: receipt, TransactedAt: st.Now(),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Money().ApplyIncoming(t.Context(), store.IncomingPayment{
		Receipt: "UKO5POPCORN", Amount: 10_000, Phone: "2547*****126", LearntBy: "c2b",
		TransactedAt: st.Now().Add(-time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	return path, receipt
}

// TestFsckCommand: sound books end with no error, which is exit 0; broken ones name what is wrong and end with one.
func TestFsckCommand(t *testing.T) {
	path, _ := paidBooks(t)
	out, err := operator(t, path, "fsck")
	if err != nil || !strings.Contains(out, "The books are sound.") ||
		!regexp.MustCompile(`M-PESA took in all +KSh 2,800\n`).MatchString(out) {
		t.Errorf("%v\n%s", err, out)
	}
	forget(t, path)
	out, err = operator(t, path, "fsck")
	if !errors.Is(err, errUnsound) ||
		!strings.Contains(out, "WRONG: what M-PESA reported is recorded") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestFsckExitsOnEachRule: whatever is wrong with the books, the program ends with 1 and names it; before, it ends with
// 0.
func TestFsckExitsOnEachRule(t *testing.T) {
	t.Chdir(t.TempDir()) // no .env of anybody's
	for _, b := range append(storetest.Breaks(), storetest.AuditBreaks()...) {
		path := storetest.Path(t)
		st, err := store.Open(t.Context(), store.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Sell(t, st, storetest.Screening(t, st, 5, 10))
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{0, 1} {
			var out, errs bytes.Buffer
			status := exit(t.Context(), []string{"fsck", "--database-url=" + path}, &out, &errs)
			told := strings.Contains(out.String(), "WRONG: "+b.Rule+": ") && strings.Contains(out.String(), b.Says)
			if status != want || told != (want == 1) {
				t.Errorf("%s, %v: exit %d, want %d\n%s%s", b.Rule, b.Queries, status, want, &out, &errs)
			}
			if want == 0 {
				for _, query := range b.Queries {
					storetest.Exec(t, path, query)
				}
			}
		}
	}
}

// forget leaves in the books a success that was called back, and whose payment somebody has taken out.
func forget(t *testing.T, path string) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	sent, _, err := st.Tickets().Book(t.Context(),
		storetest.Booking(storetest.Screening(t, st, 2, 2), storetest.Phone(2), 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Tickets().RecordAnswer(t.Context(), sent, store.Answer{CheckoutRequestID: "ws_CO_2"}); err != nil {
		t.Fatal(err)
	}
	cb, _, err := st.Money().StoreCallback(t.Context(), store.NewCallback{
		Kind: store.CallbackSTK, Token: sent.CallbackToken,
		Body: []byte(`{"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_2","ResultCode":0}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Money().RejectCallback(t.Context(), cb, "forgotten"); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestPaymentsAndRefundCommands: the list says what there is and why; a refund is taken down once, and by hand is done.
func TestPaymentsAndRefundCommands(t *testing.T) {
	path, receipt := paidBooks(t)
	out, err := operator(t, path, "payments")
	if err != nil || !strings.Contains(out, "UKO5POPCORN") || strings.Contains(out, receipt) ||
		!strings.Contains(out, "it names no ticket of ours") {
		t.Errorf("open: %v\n%s", err, out)
	}
	out, err = operator(t, path, "payments", "--all", "--json", "--state=applied")
	var listed []map[string]any
	if err != nil || json.Unmarshal([]byte(out), &listed) != nil || len(listed) != 1 ||
		listed[0]["receipt"] != receipt || listed[0]["amountCents"] != 270_000.0 {
		t.Errorf("as JSON: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "payments", "--phone=0712345126"); err != nil ||
		!strings.Contains(out, "UKO5POPCORN") {
		t.Errorf("by a masked number: %v\n%s", err, out)
	}
	if _, err = operator(t, path, "refund", "UKO0000000"); err == nil ||
		!strings.Contains(err.Error(), "no payment with receipt") {
		t.Errorf("unknown: %v", err)
	}
	if out, err = operator(t, path, "refund", strings.ToLower(receipt)); err != nil ||
		!strings.Contains(out, "Refund of KSh 2,700") {
		t.Errorf("refund: %v\n%s", err, out)
	}
	if _, err = operator(t, path, "refund", receipt); err == nil ||
		!strings.Contains(err.Error(), "on its way already") {
		t.Errorf("refund again: %v", err)
	}
	if out, err = operator(t, path, "refund", "--by-hand=UKO6BACK00", "UKO5POPCORN"); err != nil ||
		!strings.Contains(out, "given back by hand") {
		t.Errorf("by hand: %v\n%s", err, out)
	}
	if _, err = operator(t, path, "refund", "UKO5POPCORN"); err == nil ||
		!strings.Contains(err.Error(), "gone back already") {
		t.Errorf("after by hand: %v", err)
	}
	if out, err = operator(t, path, "fsck"); err != nil {
		t.Errorf("fsck: %v\n%s", err, out)
	}
}

// TestSalesCommand pauses and resumes.
func TestSalesCommand(t *testing.T) {
	path, _ := paidBooks(t)
	for _, c := range []struct{ do, want string }{
		{"status", "Bookings are taken."}, {"pause", "Sales are paused: paused by the box office."},
		{"status", "Sales are paused"}, {"resume", "Bookings are taken."},
	} {
		if out, err := operator(t, path, "sales", c.do); err != nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v\n%s", c.do, err, out)
		}
	}
	if _, err := operator(t, filepath.Join(t.TempDir(), "nothing.db"), "sales", "status"); err == nil {
		t.Error("books that are not there were made")
	}
}
