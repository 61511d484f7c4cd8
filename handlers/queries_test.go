package handlers_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestWhatATicketsPageReads counts the statements behind a ticket's page and its fragment. Most are of tickets that
// wait or are paid: what only few tickets need to say must cost those nothing.
func TestWhatATicketsPageReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults := new(storetest.Faults)
		st, err := store.Open(t.Context(), store.Options{
			Path: filepath.Join(t.TempDir(), "books.db"), Environment: store.Simulator, Wrap: faults.Wrap,
		})
		if err != nil {
			t.Fatal(err)
		}
		o := openOn(t, st)
		id := storetest.Screening(t, st, 10, 20)
		waits := o.book(id, storetest.Phone(1), 1)
		o.pays()
		has := o.book(id, storetest.Phone(2), 1)
		o.until(has, "paid", paid)
		o.daraja.SetScript("*", sim.Script{Result: "1032"})
		not := o.book(id, storetest.Phone(3), 1)
		o.until(not, "failed", failed)
		o.stop() // nothing else reads from here on
		for _, tt := range []struct {
			what, path string
			most       int
		}{
			{"a ticket that waits", "/tickets/" + waits, 1},
			{"its fragment", "/tickets/" + waits + "/status?v=0", 2},
			{"its fragment, unchanged", "/tickets/" + waits + "/status?v=" + version(o, waits), 1},
			{"a paid ticket", "/tickets/" + has, 1},
			{"its fragment", "/tickets/" + has + "/status?v=0", 2},
			{"a failed ticket", "/tickets/" + not, 3},
		} {
			o.get(tt.path) // what is read once for all
			faults.Arm(0, storetest.FaultError)
			w := o.get(tt.path)
			n, _ := faults.Calls()
			t.Logf("%s: %d", tt.what, n)
			if w.Code >= 300 || n > tt.most {
				t.Errorf("%s: %d with %d statements, want at most %d", tt.what, w.Code, n, tt.most)
			}
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
}

func version(o *office, secret string) string { return strconv.FormatInt(o.ticket(secret).Version, 10) }
