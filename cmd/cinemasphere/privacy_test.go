package main

import (
	"encoding/json"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestCustomerCommands: what there is of a customer is printed as JSON, and erased once the film is over; a number that
// the books do not know is told.
func TestCustomerCommands(t *testing.T) {
	path, _ := paidBooks(t)
	phone := storetest.Phone(1)
	out, err := operator(t, path, "customer", "export", "0"+phone[3:])
	var all store.Customer
	if err != nil || json.Unmarshal([]byte(out[strings.Index(out, "{"):]), &all) != nil || len(all.Tickets) == 0 ||
		all.Tickets[0].Name == "" || len(all.Payments) == 0 {
		t.Fatalf("export: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "customer", "erase", phone); err == nil || !strings.Contains(err.Error(), "--yes") {
		t.Errorf("without yes: %v\n%s", err, out)
	}
	if out, err = operator(t, path, "customer", "erase", "--yes", phone); err != nil || !strings.Contains(out, "Kept") {
		t.Errorf("before the film: %v\n%s", err, out)
	}
	storetest.Exec(t, path, `UPDATE screening SET starts_at = starts_at - 432000000, sales_close_at = sales_close_at - 432000000`)
	if out, err = operator(t, path, "customer", "erase", "--yes", phone); err != nil ||
		!strings.Contains(out, "of 1 ticket") || strings.Contains(out, "Kept") {
		t.Errorf("after the film: %v\n%s", err, out)
	}
	for _, of := range []string{phone, "0799999999", "12"} {
		if out, err = operator(t, path, "customer", "export", of); err == nil {
			t.Errorf("%s: %s", of, out)
		}
	}
	if out, err = operator(t, path, "fsck"); err != nil {
		t.Errorf("fsck: %v\n%s", err, out)
	}
}
