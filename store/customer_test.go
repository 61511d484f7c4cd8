package store_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestCustomer: who asks gets all that the books hold of the phone, and nothing of others; once it is erased nothing is
// left, and the audit log says who did both.
func TestCustomer(t *testing.T) { storetest.Each(t, testCustomer) }

func testCustomer(t *testing.T) {
	m := newMasking(t)
	m.play("accepted > paid > others take two seats")
	status := `{"TransID":"RECEIPT1","MSISDN":"5f0a","FirstName":"ACHIENG"}` // with the number hashed
	if _, _, err := m.s.Money().StoreCallback(t.Context(), store.NewCallback{
		Kind: "c2b", Token: "stranger", Body: []byte(status), Size: int64(len(status)),
	}); err != nil {
		t.Fatal(err)
	}
	ctx := store.WithBy(t.Context(), giver(t, m.s, "Wanjiru", store.RoleOwner))
	phone := storetest.Phone(1)
	all, err := m.s.Tickets().Customer(ctx, phone)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Tickets) != 1 || all.Tickets[0].Code != m.pushes[0].Code || len(all.Prompts) != 1 ||
		len(all.Payments) != 1 ||
		all.Payments[0].Receipt != "RECEIPT1" || !slices.Equal(all.Raw, []string{m.raw, status}) ||
		strings.Contains(string(text), storetest.Phone(50)) {
		t.Errorf("%s", text)
	}
	for _, secret := range []string{m.pushes[0].Secret, m.pushes[0].CallbackToken} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the export has a secret of the ticket: %s", text)
		}
	}

	out, err := m.s.Tickets().EraseCustomer(ctx, phone)
	if err != nil || out.Tickets != 0 || len(out.Kept) != 1 || out.Kept[0] != m.pushes[0].Code {
		t.Errorf("before the film: %+v, %v", out, err)
	}
	m.clock.add(49 * time.Hour)
	if _, err := m.s.Tickets().EndHolds(ctx); err != nil {
		t.Fatal(err)
	}
	m.refunds(store.NewRefund{Receipt: "RECEIPT1", Reference: "PORTAL1", Reason: "Achieng is ill"})
	again, err := m.s.Tickets().Customer(ctx, phone)
	if err != nil || len(again.Refunds) != 1 || again.Refunds[0].Reason != "Achieng is ill" ||
		again.Refunds[0].Ref != "PORTAL1" {
		t.Errorf("%+v, %v", again.Refunds, err)
	}
	out, err = m.s.Tickets().EraseCustomer(ctx, phone)
	if err != nil || out.Tickets != 1 || len(out.Kept) != 0 {
		t.Errorf("after the film: %+v, %v", out, err)
	}
	for _, line := range m.left() { // the others have the same name
		if !strings.Contains(line, "Achieng Otieno") {
			t.Errorf("left: %s", line)
		}
	}
	m.sound()
	if found, err := m.s.Tickets().Find(ctx, store.Search{Phone: storetest.Phone(50)}); err != nil || len(found) != 1 ||
		found[0].CustomerName == store.MaskedName {
		t.Errorf("another customer: %+v, %v", found, err)
	}
	for _, do := range []func() error{
		func() error { _, err := m.s.Tickets().Customer(ctx, phone); return err },
		func() error { _, err := m.s.Tickets().EraseCustomer(ctx, phone); return err },
	} {
		if err := do(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of somebody who is gone: %v", err)
		}
	}
	texts, err := m.s.Texts(`SELECT who || ' ' || action || ' ' || subject FROM audit WHERE action LIKE 'customer.%' ORDER BY id`)
	want := "Wanjiru customer.export *501|Wanjiru customer.export *501|Wanjiru customer.erase " + m.pushes[0].Code
	if got := strings.Join(texts, "|"); err != nil || got != want {
		t.Errorf("the log has %q, want %q, %v", got, want, err)
	}
}
