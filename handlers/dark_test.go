package handlers_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/watch"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// owner hears the alarms.
type owner struct{ heard []string }

func (o *owner) Tell(_ context.Context, a store.Alarm) error {
	word := string(a.Kind)
	if !a.On() {
		word += " over"
	}
	o.heard = append(o.heard, word)
	return nil
}

// TestHalfAnHourDark: in the middle of an evening Daraja is dark for half an hour, and what M-PESA reports is lost, or
// late. A customer comes every twenty seconds. While it is dark hardly a seat is held for nothing, and who is turned
// away reads why, and when to come again. Soon after, everybody is sold to by itself. Whoever paid has a ticket, the
// owner is told once, and that it is over, and the books are sound.
func TestHalfAnHourDark(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves this out: six whole evenings")
	}
	for name, dark := range map[string]sim.Outage{
		"silent":  {Answer: sim.AnswerSilent, LoseCallbacks: true},
		"refused": {Answer: sim.AnswerRefused, LoseCallbacks: true},
		// What is sent arrives, and all that is said of it comes in the end.
		"late": {Answer: sim.AnswerLost, HoldCallbacks: true},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { darkEvening(t, dark) })
			})
		})
	}
}

func darkEvening(t *testing.T, dark sim.Outage) {
	const every = 20 * time.Second
	st, to := books(t), &owner{}
	w := watch.New(watch.Config{Store: st, Teller: to, Now: func() time.Time { return st.Now().Time() }})
	o := openOn(t, st, func(d *handlers.Deps) { d.Watch = w })
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() { watched <- w.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-watched; err != nil {
			t.Error(err)
		}
	}()
	id := storetest.Screening(t, st, 20, 20)
	o.daraja.SetScript("*", sim.Script{Result: "0", ResultAfter: 8 * time.Second})

	customers, secrets := 0, map[string]string{} // phone to secret
	// serves lets so many customers come, and returns how many of the last in a row were sold to.
	serves := func(when string, n int) (turnedAway, sold int) {
		t.Helper()
		for range n {
			customers++
			phone := storetest.Phone(customers)
			answered := o.post("/bookings", form(id, phone, 1))
			switch answered.Code {
			case http.StatusSeeOther:
				secrets[phone] = strings.TrimPrefix(answered.Header().Get("Location"), "/tickets/")
				sold++
			case http.StatusServiceUnavailable:
				turnedAway, sold = turnedAway+1, 0
				text := page(t, answered).Find("main").Text()
				if answered.Header().Get("Retry-After") == "" || !strings.Contains(text, "M-PESA is not answering") {
					t.Fatalf("%s a customer reads %s", when, text)
				}
			default:
				t.Fatalf("%s: %d %s", when, answered.Code, answered.Body)
			}
			<-time.After(every)
		}
		return turnedAway, sold
	}
	if away, _ := serves("before", 30); away != 0 {
		t.Errorf("before it was dark %d were turned away", away)
	}
	// The last of them has answered the prompt, and nobody tells.
	customers++
	last := storetest.Phone(customers)
	secrets[last] = o.book(id, last, 1)
	dark.For = 30 * time.Minute
	o.daraja.AddOutage(dark)
	<-time.After(every)
	if body := o.get("/tickets/" + secrets[last]).Body.String(); shownValid(body) {
		t.Error("a ticket of which nobody has told is shown as valid")
	}
	paidBefore := len(secrets)
	away, _ := serves("in the dark", 88)
	if tried := len(secrets) - paidBefore; tried > 16 || away < 70 {
		t.Errorf("in the dark %d were let try, and %d turned away", tried, away)
	}
	// Those that were let try in the end may still hold seats, and nobody else does.
	if held := o.seatsTaken(id) - paidBefore; held > 3 {
		t.Errorf("at the end of the dark %d seats are held for nothing", held)
	}
	<-time.After(every)
	if away, sold := serves("after", 60); away > 13 || sold < 47 { // 4 minutes and a bit
		t.Errorf("once it is light %d were turned away, and the last %d sold to", away, sold)
	}
	<-time.After(time.Hour) // what M-PESA could not tell is asked
	took := o.daraja.Ledger()
	for _, e := range took {
		secret := secrets[e.Phone]
		if tk := o.ticket(secret); !paid(tk) || !shownValid(o.get("/tickets/"+secret).Body.String()) {
			t.Errorf("M-PESA took KSh %d, and the ticket is %s, %s", e.Amount, tk.Status, tk.Reason)
		}
	}
	if len(took) < 77 {
		t.Errorf("%d customers paid: the test tests nothing", len(took))
	}
	if !slices.Equal(to.heard, []string{"daraja_dark", "daraja_dark over"}) {
		t.Errorf("the owner is told %q", to.heard)
	}
	audit, err := checkout.AuditBooks(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range audit.Wrong {
		t.Error(line)
	}
}

// shownValid reports whether a ticket's page says that it lets its holder in.
func shownValid(page string) bool { return strings.Contains(page, "Show this at the door") }
