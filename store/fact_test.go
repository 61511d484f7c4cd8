package store_test

import (
	"slices"
	"strings"
	"testing"

	"cinemasphere/store/storetest"
)

// TestBooksSayWhatFactsSay: fsck decides anew what all facts mean, and finds each kind of row that says otherwise.
func TestBooksSayWhatFactsSay(t *testing.T) { storetest.Each(t, testBooksSayWhatFactsSay) }

func testBooksSayWhatFactsSay(t *testing.T) {
	const alike = "accepted > query: paid > c2b echo of a till"
	for _, c := range []struct{ events, breaks, says string }{
		{alike, `DELETE FROM alike`, "not listed as alike"},
		{"accepted > paid", `INSERT INTO alike (receipt, push_id) SELECT receipt, push_id FROM payment`, "listed as alike, and no fact reports it"},
		{"accepted > hold ends > typed older", `UPDATE claim SET state = 'asking', reason = ''`, "claim of RECEIPT1"},
		{"accepted > hold ends > typed older", `UPDATE claim SET reason = 'unclear'`, "claim of RECEIPT1"},
		{"accepted > hold ends > typed", `UPDATE claim SET state = 'refused'`, "claim of RECEIPT1"},
		{"accepted > paid > refund", `UPDATE ticket SET voided_at = NULL, void_reason = ''`, "ticket"},
		{"accepted > paid > refund > reversed", `UPDATE payment SET state = 'applied', reason = ''`, `state is "applied"`},
		{"accepted > paid too little", `UPDATE payment SET amount_cents = amount_cents + 1`, "amount_cents"},
		{"accepted > paid too little", `UPDATE payment SET automatic = 1 - automatic`, "automatic"},
		{"accepted > paid too little", `UPDATE payment SET reason = 'paid_twice'`, "reason"},
		{"accepted > paid too little > c2b echo", `UPDATE payment SET doubt = ''`, "doubt"},
		{"accepted > c2b echo, too little > paid", `UPDATE payment SET doubt_cents = doubt_cents + 1`, "doubt_cents"},
		{alike, `UPDATE payment SET receipt = 'OTHER00001' WHERE receipt IS NOT NULL`, "OTHER00001: no fact reports it"},
		{alike, `DELETE FROM payment WHERE receipt IS NOT NULL`, "RECEIPT1: it is missing"},
		{alike, `UPDATE payment SET assumed = 0`, "assumed"},
		{alike, `UPDATE payment SET phone = '254711111111' WHERE receipt IS NOT NULL`, "phone"},
		{"accepted > paid by hand", `UPDATE payment SET named_id = NULL`, "named_id"},
		{"accepted > paid by hand", `UPDATE payment SET account = 'LUNCH'`, "account"},
		{"accepted > query: paid", `UPDATE payment SET learnt_by = 'confirmation'`, "learnt_by"},
		{"accepted > paid by hand", `UPDATE payment SET transacted_at = transacted_at + 1`, "transacted_at"},
		{"accepted > paid", `DELETE FROM fact`, "RECEIPT1: no fact reports it"},
	} {
		t.Run(c.breaks+" of "+c.events, func(t *testing.T) {
			t.Parallel()
			st := newStage(t)
			st.play(c.events)
			const rule = "the books say what the facts say: "
			found := func() []string {
				all, err := st.s.Money().Audit(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return slices.DeleteFunc(all, func(line string) bool { return !strings.HasPrefix(line, rule) })
			}
			if wrong := found(); len(wrong) > 0 {
				t.Errorf("before: %q", wrong)
			}
			if err := st.s.Exec(c.breaks); err != nil {
				t.Fatal(err)
			}
			wrong := strings.Join(found(), "\n")
			if !strings.Contains(wrong, c.says) {
				t.Errorf("found %q, want %q", wrong, c.says)
			}
			if strings.Contains(wrong, "2547") {
				t.Errorf("it shows a phone number: %q", wrong)
			}
		})
	}
}
