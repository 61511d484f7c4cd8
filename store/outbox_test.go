package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// mailed is a stage whose ticket has an e-mail address, in a cinema with these ways.
func mailed(t *testing.T, ways store.Ways, address string) *stage {
	st := &stage{t: t, clock: newClock()}
	st.s = storetest.New(t, st.clock.option, func(o *store.Options) { o.Tells = &ways })
	st.screening = storetest.Screening(t, st.s, 2, 2)
	b := storetest.Booking(st.screening, storetest.Phone(1), 2)
	b.Email = address
	sent, _, err := st.s.Tickets().Book(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	st.pushes, st.made = append(st.pushes, sent), append(st.made, st.s.Now())
	return st
}

// outbox is what the outbox holds of the stage's ticket, such as paid/email:waiting.
func (st *stage) outbox() string {
	st.t.Helper()
	all, err := st.s.Jobs().TicketMessages(st.t.Context(), st.pushes[0].TicketID)
	if err != nil {
		st.t.Fatal(err)
	}
	var said []string
	for _, m := range all {
		said = append(said, fmt.Sprintf("%s/%s:%s", m.Event, m.Via, m.State))
	}
	return strings.Join(said, " ")
}

// TestOutboxSays: what becomes of a ticket, by the events that the customer is told of and those that say nothing.
func TestOutboxSays(t *testing.T) { storetest.Each(t, testOutboxSays) }

func testOutboxSays(t *testing.T) {
	const mail = "wanjiku@example.com"
	both, email, sms, none := store.Ways{Email: true, SMS: true}, store.Ways{Email: true}, store.Ways{SMS: true},
		store.Ways{}
	for _, c := range []struct {
		ways          store.Ways
		address       string
		events, wants string
	}{
		{both, mail, "accepted", ""},
		{both, mail, "accepted > paid", "paid/email:waiting paid/sms:waiting"},
		{email, mail, "accepted > paid", "paid/email:waiting"},
		{sms, mail, "accepted > paid", "paid/sms:waiting"},
		{both, "", "accepted > paid", "paid/sms:waiting"},
		{email, "", "accepted > paid", ""},
		{none, mail, "accepted > paid", ""},
		{email, mail, "accepted > paid > same callback again > paid", "paid/email:waiting"},
		{email, mail, "accepted > cancelled", ""},
		{email, mail, "accepted > no answer > hold ends", ""},
		{email, mail, "accepted > paid too little", ""}, // due back: nothing is said
		{email, mail, "accepted > screening cancelled", ""},
		{email, mail, "accepted > screening cancelled > paid", ""}, // due back
		{email, mail, "accepted > paid > screening cancelled", "paid/email:waiting cancelled/email:waiting"},
		{email, mail, "accepted > paid > screening cancelled > screening cancelled",
			"paid/email:waiting cancelled/email:waiting"},
		{email, mail, "accepted > hold ends > others take two seats > paid", "moved/email:waiting"},
		{email, mail, "accepted > hold ends > others take all > paid", ""}, // no seats: due back
		{email, mail, "accepted > paid > refund", "paid/email:waiting"},    // asked for, not done
		{email, mail, "accepted > paid > hand", "paid/email:waiting refunded/email:waiting"},
		{email, mail, "accepted > paid > hand > hand", "paid/email:waiting refunded/email:waiting"},
		{email, mail, "accepted > paid > refund > send 1 > accepted 1 > reversed 1",
			"paid/email:waiting refunded/email:waiting"},
		{email, mail, "accepted > paid > refund > send 1 > accepted 1 > reversed 1 > reversed 1",
			"paid/email:waiting refunded/email:waiting"},
		{email, mail, "accepted > paid > refund > send 1 > accepted 1 > refused 1", "paid/email:waiting"},
	} {
		t.Run(c.events, func(t *testing.T) {
			t.Parallel()
			st := mailed(t, c.ways, c.address)
			rf := &refunding{stage: st, sends: map[string]store.Question{}}
			for event := range strings.SplitSeq(c.events, " > ") {
				rf.lets(event)
			}
			if got := st.outbox(); got != c.wants {
				t.Errorf("the outbox has %q, and should have %q", got, c.wants)
			}
		})
	}
}

// lets one event of the ticket or of its refund happen.
func (rf *refunding) lets(event string) {
	what, number, _ := strings.Cut(event, " ")
	switch {
	case what == "hand":
		rf.asks(store.NewRefund{Receipt: "RECEIPT1", Reference: "CASH"})
	case what == "refund":
		rf.asks(store.NewRefund{Receipt: "RECEIPT1"})
	case len(number) == 1 && (what == "send" || what == "accepted" || what == "reversed" || what == "refused"):
		rf.step(event)
	default:
		rf.do(event)
	}
}

// TestOutboxHistories: whatever happens in whatever order, each event is told once by each way, no row is without its
// cause, and a process that dies at any moment brings an e-mail once more at most, and an SMS never.
func TestOutboxHistories(t *testing.T) { storetest.Each(t, testOutboxHistories) }

func testOutboxHistories(t *testing.T) {
	events := []string{
		"paid", "paid", "paid too little", "cancelled", "no answer", "same callback again", "retry", "hold ends",
		"others take two seats", "screening cancelled", "hand", "refund", "take", "take", "take", "take",
		"die", "later",
	}
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			st := mailed(t, store.Ways{Email: true, SMS: true}, "wanjiku@example.com")
			rf := &refunding{stage: st, sends: map[string]store.Question{}}
			chance := rand.New(rand.NewPCG(seed, 1))
			far := map[int64]int{} // how often each was sent
			seen := map[int64]bool{}
			st.do("accepted")
			var history []string
			for range 40 {
				event := events[chance.IntN(len(events))]
				history = append(history, event)
				switch event {
				case "take", "die":
					st.sends(far, chance, event == "die")
				case "later":
					st.clock.add(3 * time.Minute)
				case "same callback again":
					if st.last.ID != 0 {
						rf.lets(event)
					}
				default:
					rf.lets(event)
				}
				st.caused(seen)
			}
			st.clock.add(time.Hour)
			for range 20 {
				st.sends(far, chance, false)
				st.clock.add(time.Hour)
			}
			all, err := st.s.Jobs().TicketMessages(t.Context(), st.pushes[0].TicketID)
			if err != nil {
				t.Fatal(err)
			}
			once := map[string]bool{}
			for _, m := range all {
				name := fmt.Sprint(m.Event, m.Subject, m.Via)
				if once[name] {
					t.Errorf("%s is in the outbox twice", name)
				}
				once[name] = true
				most := map[store.Via]int{store.ViaEmail: 2, store.ViaSMS: 1}[m.Via]
				if far[m.ID] > most || m.State == store.MessageSent && far[m.ID] == 0 {
					t.Errorf("%s is %s, and was sent %d times", name, m.State, far[m.ID])
				}
				if m.State == store.MessageWaiting {
					t.Errorf("%s still waits", name)
				}
			}
			if t.Failed() {
				t.Log(history)
			}
		})
	}
}

// sends one message by each way, or has the process die in the midst of it: before or after the far end has it.
func (st *stage) sends(far map[int64]int, chance *rand.Rand, dies bool) {
	st.t.Helper()
	for _, via := range []store.Via{store.ViaEmail, store.ViaSMS} {
		m, err := st.s.Jobs().TakeMessage(st.t.Context(), via)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrGivenOver) {
			continue
		}
		if err != nil {
			st.t.Fatal(err)
		}
		told, err := st.s.Jobs().Told(st.t.Context(), m)
		if err != nil {
			st.t.Fatal(err)
		}
		outcome := []store.SendOutcome{
			store.SendDone, store.SendDone, store.SendFailed, store.SendUnsure,
		}[chance.IntN(4)]
		if !told.True {
			outcome = store.SendOvertaken
		}
		if outcome == store.SendDone || outcome == store.SendUnsure && chance.IntN(2) == 0 {
			far[m.ID]++
		}
		if dies {
			continue
		}
		if err := st.s.Jobs().MessageTried(st.t.Context(), m, store.Tried{Outcome: outcome, Why: "why"}); err != nil {
			st.t.Fatal(err)
		}
	}
}

// caused fails the test where a message that is seen for the first time tells of what is not so.
func (st *stage) caused(seen map[int64]bool) {
	st.t.Helper()
	all, err := st.s.Jobs().TicketMessages(st.t.Context(), st.pushes[0].TicketID)
	if err != nil {
		st.t.Fatal(err)
	}
	tk, err := st.s.Tickets().TicketByID(st.t.Context(), st.pushes[0].TicketID)
	if err != nil {
		st.t.Fatal(err)
	}
	for _, m := range all {
		if seen[m.ID] {
			continue
		}
		seen[m.ID] = true
		so := tk.Status == store.Paid
		switch m.Event {
		case store.MessageCancelled:
			so = tk.Screening.Status == store.Cancelled
		case store.MessageRefunded:
			so = tk.Refunded > 0
		case store.MessagePaid, store.MessageMoved:
		}
		if !so {
			st.t.Errorf("%s was written, and is not so", m.Event)
		}
	}
}

// TestOutboxBackoff: a message that fails is tried again, later and later, until it is given up. A way that is closed
// costs it no try. A person may have it sent again.
func TestOutboxBackoff(t *testing.T) {
	st := mailed(t, store.Ways{Email: true}, "wanjiku@example.com")
	st.do("accepted")
	st.do("paid")
	jobs := st.s.Jobs()
	take := func() store.Message {
		t.Helper()
		m, err := jobs.TakeMessage(t.Context(), store.ViaEmail)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	tried := func(m store.Message, o store.SendOutcome) {
		t.Helper()
		if err := jobs.MessageTried(t.Context(), m, store.Tried{Outcome: o, Why: "smtp 451"}); err != nil {
			t.Fatal(err)
		}
	}
	m := take()
	if _, err := jobs.TakeMessage(t.Context(), store.ViaEmail); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("taken twice: %v", err)
	}
	tried(m, store.SendBarred)
	began, last := st.s.Now(), time.Duration(0)
	for n := 0; ; n++ {
		all, err := jobs.TicketMessages(t.Context(), m.TicketID)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if all[0].State == store.MessageGivenUp {
			if n != 12 {
				t.Errorf("given up after %d tries", n)
			}
			break
		}
		wait := all[0].NextAt.Time().Sub(st.s.Now().Time())
		if wait < last || wait > time.Hour {
			t.Errorf("after try %d it waits %s, before that %s", n, wait, last)
		}
		last = wait
		st.clock.add(wait)
		tried(take(), store.SendFailed)
	}
	if took := st.s.Now().Time().Sub(began.Time()); took < 4*time.Hour || took > 8*time.Hour {
		t.Errorf("it was tried for %s", took)
	}
	box, err := jobs.Outbox(t.Context())
	if err != nil || box.GivenUp != 1 || box.Waiting != 0 {
		t.Errorf("%+v, %v", box, err)
	}
	trouble, _, err := jobs.Messages(t.Context(), 10)
	if err != nil || len(trouble) != 1 || trouble[0].Code != st.pushes[0].Code || trouble[0].Failure != "smtp 451" {
		t.Errorf("%+v, %v", trouble, err)
	}
	if found, err := jobs.SendAgain(t.Context(), m.ID); err != nil || !found {
		t.Fatal(found, err)
	}
	tried(take(), store.SendDone)
	if got := st.outbox(); got != "paid/email:sent" {
		t.Error(got)
	}
	if found, err := jobs.SendAgain(t.Context(), m.ID); err != nil || found {
		t.Errorf("sent again though it was sent: %v, %v", found, err)
	}
}

// TestOutboxLife: a way that stays closed has a message given up after a day.
func TestOutboxLife(t *testing.T) {
	st := mailed(t, store.Ways{SMS: true}, "")
	st.do("accepted")
	st.do("paid")
	for range 24 {
		m, err := st.s.Jobs().TakeMessage(t.Context(), store.ViaSMS)
		if err != nil {
			t.Fatal(err)
		}
		closed := store.Tried{Outcome: store.SendBarred, Why: "x"}
		if err := st.s.Jobs().MessageTried(t.Context(), m, closed); err != nil {
			t.Fatal(err)
		}
		if m.Tries != 0 {
			t.Fatalf("a closed way counts as %d tries", m.Tries)
		}
		st.clock.add(time.Hour)
	}
	m, err := st.s.Jobs().TakeMessage(t.Context(), store.ViaSMS)
	if err == nil {
		err = st.s.Jobs().MessageTried(t.Context(), m, store.Tried{Outcome: store.SendBarred, Why: "x"})
	}
	if got := st.outbox(); err != nil || got != "paid/sms:given_up" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestOutboxOfCommands: whoever opens the books without saying how customers are told of things does as the program
// that serves them.
func TestOutboxOfCommands(t *testing.T) { storetest.Each(t, testOutboxOfCommands) }

func testOutboxOfCommands(t *testing.T) {
	path := storetest.Path(t)
	for _, c := range []struct {
		tells, want *store.Ways
	}{
		{nil, &store.Ways{}},
		{&store.Ways{Email: true, SMS: true}, &store.Ways{Email: true, SMS: true}},
		{nil, &store.Ways{Email: true, SMS: true}},
		{&store.Ways{SMS: true}, &store.Ways{SMS: true}},
		{nil, &store.Ways{SMS: true}},
		{&store.Ways{}, &store.Ways{}},
		{nil, &store.Ways{}},
	} {
		s, err := store.Open(t.Context(), store.Options{Path: path, Environment: store.Simulator, Tells: c.tells})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Tells(); got != *c.want {
			t.Errorf("told %+v it is %+v, not %+v", c.tells, got, *c.want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOutboxOfABackup: what waited when a backup was made may have gone out since. Once restored an e-mail is sent as
// one that may have come before, and an SMS is not sent.
func TestOutboxOfABackup(t *testing.T) {
	ways := store.Ways{Email: true, SMS: true}
	st := mailed(t, ways, "wanjiku@example.com")
	st.do("accepted")
	st.do("paid")
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := st.s.Jobs().Copy(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "books.db")
	if _, err := store.Restore(t.Context(), store.Restoring{
		Options: store.Options{Path: path, Now: st.now()}, File: file, Name: "copy.db",
	}, func(*store.Store) error { return nil }); err != nil {
		t.Fatal(err)
	}
	restored, err := store.Open(t.Context(), store.Options{Path: path, Existing: true, Now: st.now(), Tells: &ways})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := restored.Close(); err != nil {
			t.Error(err)
		}
	})
	st.s = restored
	if got := st.outbox(); got != "paid/email:waiting paid/sms:unknown" {
		t.Errorf("restored it has %s", got)
	}
	m, err := restored.Jobs().TakeMessage(t.Context(), store.ViaEmail)
	if err != nil || m.Unsure != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

// now is the stage's clock.
func (st *stage) now() func() time.Time {
	var o store.Options
	st.clock.option(&o)
	return o.Now
}
