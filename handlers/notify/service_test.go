package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/handlers/notify"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const (
	address = "wanjiku@example.com"
	number  = "254712345678"
)

// house is a cinema with a paid ticket, and what it says into its log.
type house struct {
	*testing.T
	store  *store.Store
	log    bytes.Buffer
	ticket store.PushOrder
}

func newHouse(t *testing.T, ways store.Ways, more ...func(*store.Options)) *house {
	t.Helper()
	h := &house{T: t}
	h.store = storetest.New(t, append(more, func(o *store.Options) { o.Tells = &ways })...)
	b := storetest.Booking(storetest.Screening(t, h.store, 2, 4), number, 2)
	b.Email = address
	out, _, err := h.store.Tickets().Book(t.Context(), b)
	if err == nil {
		err = h.store.Tickets().RecordAnswer(t.Context(), out, store.Answer{CheckoutRequestID: "ws_CO_1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	pays(t, h.store, out)
	h.ticket = out
	return h
}

// pays has M-PESA report that a prompt was paid.
func pays(t *testing.T, s *store.Store, out store.PushOrder) {
	t.Helper()
	amount := store.Cents(out.Amount) * 100
	cb, _, err := s.Money().StoreCallback(t.Context(), store.NewCallback{
		Kind: store.CallbackSTK, Token: out.CallbackToken, Body: []byte("{}"),
	})
	if err == nil {
		_, err = s.Money().ApplyCallback(t.Context(), cb, store.Verdict{
			Class: store.Success, LearntBy: "callback", CheckoutRequestID: "ws_CO_1", Code: "0", Amount: &amount,
			Receipt: "UKT4JL9G91", TransactedAt: s.Now(),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// runs sends until the outbox is as it should be, such as paid/email:sent.
func (h *house) runs(mailer notify.Mailer, texter notify.Texter, until string) {
	h.Helper()
	s := notify.New(notify.Config{
		Store: h.store, Mail: mailer, SMS: texter, BaseURL: "https://sunrise.co.ke", Every: 10 * time.Millisecond,
		Pass: func(t *store.Ticket) string { return "CS1:" + t.Code + ":SIGNED" },
		Log:  slog.New(slog.NewTextHandler(&h.log, nil)),
	})
	ctx, stop := context.WithCancel(h.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	look, enough := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer look.Stop()
	for got, late := h.says(), false; got != until && !late; got = h.says() {
		select {
		case <-look.C:
		case <-enough:
			late = true
			h.Errorf("the outbox has %s, and should have %s", got, until)
		}
	}
	stop()
	if err := <-done; err != nil {
		h.Error(err)
	}
	for _, never := range []string{address, number, number[3:], h.ticket.Secret, "example.com"} {
		if strings.Contains(h.log.String(), never) {
			h.Errorf("%s stands in the log", never)
		}
	}
}

func (h *house) says() string {
	h.Helper()
	all, err := h.store.Jobs().TicketMessages(context.WithoutCancel(h.Context()), h.ticket.TicketID)
	if err != nil {
		h.Fatal(err)
	}
	var said []string
	for _, m := range all {
		said = append(said, fmt.Sprintf("%s/%s:%s", m.Event, m.Via, m.State))
	}
	return strings.Join(said, " ")
}

// texts is a service that keeps what it was given.
type texts struct {
	mu   sync.Mutex
	all  []notify.Text
	errs []error // of the first ones
}

func (s *texts) Send(_ context.Context, t notify.Text) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.errs) > 0 {
		err := s.errs[0]
		s.errs = s.errs[1:]
		return "", err
	}
	s.all = append(s.all, t)
	return "id", nil
}

func (*texts) LogIn(context.Context) error { return nil }

// TestTicketByMailAndSMS: what a customer gets who has paid, through a real server and a real service.
func TestTicketByMailAndSMS(t *testing.T) {
	h := newHouse(t, store.Ways{Email: true, SMS: true})
	p := newPost(t, true)
	g := newGateway(t, 200, `{"responses":[{"response-code":200,"messageid":1}]}`)
	h.runs(p.mailer(t, true), notify.Reseller{URL: g.URL, Partner: "77", Key: "k", Sender: "S"},
		"paid/email:sent paid/sms:sent")
	link := "https://sunrise.co.ke/tickets/" + h.ticket.Secret
	if got := p.got(); len(got) != 1 || !strings.Contains(got[0], "ticket.pdf") || g.calls.Load() != 1 ||
		!slices.Equal(p.to, []string{address}) {
		t.Errorf("%d mails to %v, %d SMS", len(got), p.to, g.calls.Load())
	}
	if !strings.Contains(g.asked().body, link) || !strings.Contains(g.asked().body, number) {
		t.Errorf("the SMS is %s", g.asked().body)
	}
}

// TestCancelledAndRefunded: a ticket whose screening is cancelled before its message goes out is not confirmed; what is
// due back is not said to be back.
func TestCancelledAndRefunded(t *testing.T) {
	h := newHouse(t, store.Ways{Email: true})
	tk, err := h.store.Tickets().TicketByID(t.Context(), h.ticket.TicketID)
	if err == nil {
		_, err = h.store.Catalogue().CancelScreening(t.Context(), tk.ScreeningID, "The projector is broken.")
	}
	if err != nil {
		t.Fatal(err)
	}
	p := newPost(t, true)
	h.runs(p.mailer(t, true), nil, "paid/email:overtaken cancelled/email:sent")
	if _, err := h.store.Money().RequestRefund(t.Context(), store.NewRefund{
		Ticket: h.ticket.Code, By: "Wanjiru", Reference: "CASH",
	}); err != nil {
		t.Fatal(err)
	}
	h.runs(p.mailer(t, true), nil, "paid/email:overtaken cancelled/email:sent refunded/email:sent")
	got := p.got()
	if len(got) != 2 || !strings.Contains(got[0], "METHOD:CANCEL") && !strings.Contains(got[0], "method=CANCEL") ||
		strings.Contains(got[0], "gone back to you") || !strings.Contains(got[1], "gone back to you") {
		t.Errorf("%d mails: %s", len(got), got)
	}
}

// TestUnsure: where nobody knows whether it went out an e-mail comes once more, with the same name and a word that it
// may have come before, and an SMS does not.
func TestUnsure(t *testing.T) {
	h := newHouse(t, store.Ways{Email: true, SMS: true})
	p := newPost(t, true)
	p.cutAfter = true
	s := &texts{errs: []error{&notify.Fault{Outcome: store.SendUnsure, Why: "no answer"}}}
	h.runs(p.mailer(t, true), s, "paid/email:waiting paid/sms:unknown")
	p.cutAfter = false
	all, err := h.store.Jobs().TicketMessages(t.Context(), h.ticket.TicketID)
	if err != nil || all[0].Unsure != 1 || all[0].NextAt <= h.store.Now() {
		t.Fatalf("%+v, %v", all, err)
	}
	if len(s.all) != 0 || len(p.got()) != 1 {
		t.Errorf("%d SMS, %d mails", len(s.all), len(p.got()))
	}
}

// TestDead: a process that took a message and died, as its lease shows, has it sent once more by mail.
func TestDead(t *testing.T) {
	var late time.Duration
	var mu sync.Mutex
	h := newHouse(t, store.Ways{Email: true, SMS: true}, func(o *store.Options) {
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(late) }
	})
	for _, via := range []store.Via{store.ViaEmail, store.ViaSMS} {
		if _, err := h.store.Jobs().TakeMessage(t.Context(), via); err != nil {
			t.Fatal(err)
		}
	}
	p, s := newPost(t, true), &texts{}
	for _, via := range []store.Via{store.ViaEmail, store.ViaSMS} { // another has them
		if m, err := h.store.Jobs().TakeMessage(t.Context(), via); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("taken twice: %+v, %v", m, err)
		}
	}
	mu.Lock()
	late = 10 * time.Minute
	mu.Unlock()
	h.runs(p.mailer(t, true), s, "paid/email:sent paid/sms:unknown")
	const again = "You may have this message already"
	if got := p.got(); len(got) != 1 || !strings.Contains(got[0], again) || len(s.all) != 0 {
		t.Errorf("%d mails, %d SMS", len(got), len(s.all))
	}
}

// TestClosedWay: while a way is closed it is not knocked at for each message, and all of them go out once it is open.
func TestClosedWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, store.Ways{SMS: true})
		shut := &notify.Fault{Outcome: store.SendBarred, Why: "no balance"}
		s := &texts{errs: []error{shut, shut, shut}}
		svc := notify.New(notify.Config{
			Store: h.store, SMS: s, BaseURL: "https://x.co.ke", Pass: func(*store.Ticket) string { return "x" },
		})
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = svc.Run(ctx) }()
		began := time.Now()
		for h.says() != "paid/sms:sent" {
			time.Sleep(time.Second)
			if time.Since(began) > time.Hour {
				t.Fatal("it is not sent")
			}
		}
		if took := time.Since(began); took < 90*time.Second || took > 5*time.Minute {
			t.Errorf("it took %s", took)
		}
		stop()
		synctest.Wait()
	})
}

// TestTeller: the owner is told by whatever works.
func TestTeller(t *testing.T) {
	p, s := newPost(t, true), &texts{}
	a := store.Alarm{Raised: time.Now()}
	a.Kind, a.Count = "daraja_dark", 4
	teller := notify.Teller{
		Mail: p.mailer(t, true), SMS: s, Emails: []string{"owner@sunrise.co.ke"}, Phones: []string{number},
		Cinema: "Sunrise",
	}
	if err := teller.Tell(t.Context(), a); err != nil || len(p.got()) != 1 || len(s.all) != 1 {
		t.Errorf("%v: %d mails, %d SMS", err, len(p.got()), len(s.all))
	}
	p.noLogIn = true
	if err := teller.Tell(t.Context(), a); err != nil || len(s.all) != 2 {
		t.Errorf("where e-mail fails: %v, %d SMS", err, len(s.all))
	}
	s.errs = []error{&notify.Fault{Outcome: store.SendBarred, Why: "no balance"}}
	if err := teller.Tell(t.Context(), a); err == nil {
		t.Error("nobody was told, and it is no error")
	}
	if err := (notify.Teller{}).Tell(t.Context(), a); err != nil {
		t.Errorf("with nobody to tell: %v", err)
	}
}
