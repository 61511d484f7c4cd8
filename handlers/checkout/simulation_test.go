package checkout_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

var (
	histories = flag.Int("histories", 300, "how many histories TestHistories plays")
	tellAll   = flag.Bool("tell", false, "whether TestHistories writes down the history that it has played")
	fromSeed  = flag.Uint64("seed", 1, "the seed of the first history")
)

// TestHistories plays whole evenings of a cinema, each from a seed: 100 to 300 customers who pay, cancel, run away,
// come back, pay twice, pay by hand and type receipts; a Daraja that loses, delays, repeats and reorders what it says,
// lies about the amount, answers with web pages, replaces tokens and goes dark; processes that die. In the end the
// books must be sound and agree with M-PESA's ledger. A history that fails is played again by -run TestHistories
// -histories 1 -seed N. The seed decides what customers, M-PESA and the machines do, not which of two that act in the
// same instant is first. On PostgreSQL, which takes longer, it is one in fifty.
func TestHistories(t *testing.T) {
	t.Parallel() // it takes the processor, and those on PostgreSQL wait for that
	storetest.Each(t, testHistories)
}

func testHistories(t *testing.T) {
	n := *histories
	if storetest.Postgres(t) {
		n = (n + 49) / 50
	}
	if testing.Short() {
		n = min(n, 3)
	}
	const workers = 2
	seeds := make(chan uint64)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for seed := range seeds {
				t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { evening(t, seed) })
				})
			}
		})
	}
	for i := range n {
		seeds <- *fromSeed + uint64(i)
	}
	close(seeds)
	all.Wait()
}

// cinemaNight is one history.
type cinemaNight struct {
	soon  bool          // a film begins while people are still paying
	asked store.Instant // when M-PESA begins to be asked about what the tickets were paid with
	*world
	t          *testing.T
	screenings []store.ScreeningID

	mu      sync.Mutex
	secrets []string
}

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

func seconds(r *rand.Rand, from, to int) time.Duration {
	return time.Duration(from)*time.Second + time.Duration(r.IntN((to-from)*1000+1))*time.Millisecond
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

const (
	doors    = 40 * time.Minute // in which customers come
	fewest   = 100              // customers of a history
	more     = 100              // at most besides, and as many again in some
	patience = 4 * time.Minute
	curtain  = 3 * time.Hour // when the films begin that people have time for
)

func evening(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	f := new(storetest.Faults)
	w := newWorld(t, func(w *world) {
		w.faults = f
		w.callbackEvery, w.lookEvery = 2*time.Minute, 5*time.Minute // hours go by in which there is nothing to do
		w.rand = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
		w.queries = store.Schedule{
			25 * time.Second, 35 * time.Second, 45 * time.Second, 55 * time.Second, 75 * time.Second, 2 * time.Minute,
			5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		}
		w.autoRefund = chance(r, 50)
		w.till = chance(r, 50)
		w.pull = !w.till && chance(r, 50)
	})
	defer w.close()
	n := &cinemaNight{world: w, t: t, asked: w.store.Now().Add(curtain - time.Hour - 5*time.Minute)}
	for range 2 + r.IntN(2) {
		n.screenings = append(n.screenings, storetest.Screening(t, w.store, 5+r.IntN(8), 10, func(sc *store.Screening) {
			sc.SalesCloseAt, sc.StartsAt = w.store.Now().Add(curtain), w.store.Now().Add(curtain)
			if chance(r, 20) { // one that begins while people are still paying
				sc.SalesCloseAt, sc.StartsAt = w.store.Now().Add(30*time.Minute), w.store.Now().Add(35*time.Minute)
				n.soon = true
			}
		}))
	}
	if w.pull {
		if err := w.client.RegisterPull(t.Context(), mpesa.PullRegistration{
			Nominated: "254712345678", CallbackURL: "https://cinema.test/cb",
		}); err != nil {
			t.Fatal(err)
		}
	}
	if chance(r, 60) {
		n.registerC2B()
		w.daraja.SetEcho(one(r, sim.EchoNever, sim.EchoBefore, sim.EchoBetween, sim.EchoAfter))
	}
	var all sync.WaitGroup
	customers := fewest + r.IntN(more)
	if chance(r, 20) {
		customers += more
	}
	for i := range customers {
		mine := rand.New(rand.NewPCG(seed, uint64(i)+100))
		all.Go(func() { n.customer(mine, i) })
	}
	all.Go(func() { n.daraja(rand.New(rand.NewPCG(seed, 1))) })
	all.Go(func() { n.deaths(rand.New(rand.NewPCG(seed, 2))) })
	all.Go(func() { n.boxOffice(rand.New(rand.NewPCG(seed, 3))) })
	all.Go(func() { n.portal(rand.New(rand.NewPCG(seed, 4))) })
	all.Wait()
	pass(5 * time.Hour)
	n.decided()
	w.night(curtain + 24*time.Hour - 5*time.Hour)
	pass(time.Hour) // in which M-PESA is asked once more whether the money is there
	n.resolves()
	w.sound()
	if t.Failed() || *tellAll {
		n.tell()
		t.Fatalf("seed %d, %d customers", seed, customers)
	}
}

// resolves has a person look into what M-PESA has told two amounts of, and what may have gone back: the list has it,
// and fsck says so, until then.
func (n *cinemaNight) resolves() {
	cases, err := n.store.Money().OpenItems(n.t.Context(), store.ItemFilter{})
	if err != nil {
		n.t.Fatal(err)
	}
	cases = slices.DeleteFunc(cases, func(c store.OpenItem) bool {
		return !slices.Contains([]store.DoubtReason{
			store.DoubtAmount, store.DoubtReturnedOther, store.DoubtNoSuchReceipt,
		}, c.Doubt)
	})
	audit, err := checkout.AuditBooks(n.t.Context(), n.store)
	if err != nil || (len(cases) > 0) && len(audit.Wrong) == 0 {
		n.t.Errorf("fsck says %v of %d doubtful payments, %v", audit.Wrong, len(cases), err)
	}
	if err := n.store.Money().ResolveItems(n.t.Context(), cases, "as the portal has it", "box office"); err != nil {
		n.t.Error(err)
	}
}

// registerC2B lets M-PESA send confirmations of what is paid by hand, and echoes of what is paid by prompt.
func (n *cinemaNight) registerC2B() {
	confirmation, validation, err := n.service.C2BURLs(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	if err := register(n.client, confirmation, validation); err != nil {
		n.t.Fatal(err)
	}
}

func register(c *mpesa.Client, confirmation, validation string) error {
	_, err := c.RegisterURLs(context.Background(), mpesa.URLRegistration{
		ResponseType: mpesa.CompleteUnvalidated, ConfirmationURL: confirmation, ValidationURL: validation,
	})
	return err
}

// fate is what M-PESA makes of a push.
func fate(r *rand.Rand) sim.Script {
	s := sim.Script{AnswerAfter: seconds(r, 0, 2), Result: "0", ResultAfter: seconds(r, 4, 50)}
	if chance(r, 12) {
		s.Answer = one(r, sim.AnswerLost, sim.AnswerEmpty, sim.AnswerInternal, sim.AnswerBusy, sim.AnswerLocked,
			sim.AnswerBlocked, sim.AnswerPage, sim.AnswerSpike)
		s.AnswerAfter = seconds(r, 0, 40)
	}
	if chance(r, 30) {
		s.Result = one(r, "1032", "2001", "1", "1037", "1037", "1019", "SFC_IC0003", "77")
		if chance(r, 30) && (s.Result == "1037" || s.Result == "1019" || s.Result == "77") {
			s.PaidLater = seconds(r, 5, 600)
			s.FailureLast = chance(r, 30)
		}
	}
	if chance(r, 20) {
		s.Callbacks = one(r, sim.NoCallback, sim.NoCallback, 2, 3)
	}
	if chance(r, 20) {
		s.CallbackAfter = seconds(r, 1, 900)
	}
	s.CallbackFirst = chance(r, 5)
	if chance(r, 2) {
		s.AmountDelta = one(r, -1, 1, -100)
	}
	if chance(r, 2) {
		s.ReportDelta = one(r, -1, 1, 100) // M-PESA takes one amount, and tells another
	}
	if chance(r, 15) {
		s.Query, s.QueryTimes = one(r, sim.AnswerSpellings, sim.AnswerBlocked, sim.AnswerPage, sim.AnswerInFlight,
			sim.AnswerNothing), 1+r.IntN(6)
	}
	if chance(r, 10) {
		s.Confirmations = one(r, 2, sim.NoCallback)
	}
	s.ConfirmationAfter = seconds(r, 0, one(r, 3, 120))
	s.Status, s.Reversal = call(r), call(r)
	return s
}

// call is what M-PESA makes of a question about a receipt, or of a Reversal.
func call(r *rand.Rand) sim.Call {
	c := sim.Call{
		ResultAfter: seconds(r, 1, 20),
		Shape:       one(r, sim.ShapeObserved, sim.ShapeObserved, sim.ShapeOld, sim.ShapeLists),
		Party:       one(r, sim.PartyPlain, sim.PartyMasked, sim.PartyLocal),
	}
	if chance(r, 15) {
		c.Answer = one(r, sim.AnswerLost, sim.AnswerBusy, sim.AnswerBlocked, sim.AnswerInternal)
		c.Times = 1
	}
	if chance(r, 15) {
		c.Results = one(r, sim.NoCallback, 2)
		c.Times = 1
	}
	c.ResultFirst, c.TimedOut = chance(r, 5), chance(r, 5)
	return c
}

// customer is somebody who wants to see a film.
func (n *cinemaNight) customer(r *rand.Rand, i int) {
	phone := storetest.Phone(i)
	if chance(r, 8) {
		phone = storetest.Phone(r.IntN(10)) // shared with others
	}
	<-time.After(seconds(r, 0, int(doors/time.Second)))
	n.world.daraja.SetScript(phone, fate(r))
	id, quantity, key := one(r, n.screenings...), 1+r.IntN(4), fmt.Sprint("customer ", i)
	var placed checkout.BookingResult
	err := errors.New("not tried yet")
	for try := 0; try < 3 && err != nil; try++ {
		err = n.served(func(s *checkout.Service) (err error) {
			placed, err = s.Book(context.Background(), booking(id, phone, quantity, key))
			return err
		})
		if _, refused := errors.AsType[*store.Refusal](err); refused && chance(r, 70) {
			return
		}
		if err != nil {
			<-time.After(seconds(r, 2, 60))
		}
	}
	if err != nil || placed.Ticket == nil {
		return
	}
	n.mu.Lock()
	n.secrets = append(n.secrets, placed.Ticket.Secret)
	n.mu.Unlock()
	n.waits(r, placed.Ticket.Secret, phone)
}

// waits is what a customer does who has booked.
func (n *cinemaNight) waits(r *rand.Rand, secret, phone string) {
	until := time.Now().Add(patience + seconds(r, 0, 600))
	for time.Now().Before(until) {
		<-time.After(seconds(r, 3, 90))
		tk := n.look(secret)
		if tk == nil || tk.Status == store.Pending {
			continue
		}
		if tk.Status == store.Paid && (tk.Receipt != "" || chance(r, 80)) {
			if chance(r, 10) { // and names every receipt of theirs
				n.types(r, secret, phone)
			}
			return
		}
		n.acts(r, tk, secret, phone)
	}
}

func (n *cinemaNight) look(secret string) (tk *store.Ticket) {
	tk, err := n.books.Load().Tickets().TicketBySecret(context.Background(), secret)
	if err != nil {
		return nil
	}
	return tk
}

// acts is what a customer does whose payment has not come through, or who was told so.
func (n *cinemaNight) acts(r *rand.Rand, tk *store.Ticket, secret, phone string) {
	ctx := context.Background()
	switch r.IntN(8) {
	case 0, 1, 2:
		other := phone
		if chance(r, 30) {
			other = storetest.Phone(1000 + r.IntN(100))
		}
		n.world.daraja.SetScript(other, fate(r))
		_ = n.served(func(s *checkout.Service) error {
			_, err := s.Retry(ctx, secret, other, "", store.Client{})
			return err
		})
	case 3:
		_ = n.served(func(s *checkout.Service) error { return s.GiveUp(ctx, secret) })
	case 4, 5:
		n.types(r, secret, phone)
	case 6:
		if receipt, err := n.world.daraja.PayByHand(n.byHand(r, tk, phone)); err == nil && chance(r, 70) {
			_ = n.served(func(s *checkout.Service) error {
				_, err := s.Claim(ctx, secret, "I paid "+receipt+".", "")
				return err
			})
		}
	}
}

func (n *cinemaNight) byHand(r *rand.Rand, tk *store.Ticket, phone string) sim.HandPayment {
	p := sim.HandPayment{Phone: phone, To: "174379", Account: tk.Code, Amount: int(tk.Total), PIN: "1234"}
	if n.world.till {
		p.To, p.Account = "600200", ""
	}
	if chance(r, 10) {
		p.Amount += one(r, -50, 50)
	}
	if chance(r, 10) && p.Account != "" {
		p.Account = one(r, "POPCORN", tk.Code+"A0", tk.Code+"A1", tk.Code+" a0")
	}
	return p
}

// types lets a customer type a receipt from an M-PESA message: mostly the phone's own, now and then anybody's.
func (n *cinemaNight) types(r *rand.Rand, secret, phone string) {
	ledger := n.world.daraja.Ledger()
	if len(ledger) == 0 {
		return
	}
	receipt := one(r, ledger...).Receipt
	for _, e := range ledger {
		if e.Phone == phone && !chance(r, 10) {
			receipt = e.Receipt
		}
	}
	_ = n.served(func(s *checkout.Service) error {
		_, err := s.Claim(context.Background(), secret, receipt+" Confirmed. Ksh1,350.00 sent", "")
		return err
	})
}

// served lets a customer speak to the process that is up. Nobody answers while there is none.
func (n *cinemaNight) served(do func(*checkout.Service) error) error {
	if s := n.hook.Load(); s != nil {
		return do(s)
	}
	return errors.New("the site does not answer")
}

// daraja is what goes wrong at Safaricom in an evening.
func (n *cinemaNight) daraja(r *rand.Rand) {
	for range r.IntN(4) {
		<-time.After(seconds(r, 1, 900))
		n.world.daraja.RevokeToken()
	}
	if chance(r, 35) {
		n.world.daraja.AddOutage(sim.Outage{
			For: seconds(r, 30, 1800),
			Answer: one(r, sim.AnswerRefused, sim.AnswerSilent, sim.AnswerBlocked, sim.AnswerUnavailable,
				sim.AnswerInternal, sim.AnswerQuota),
			Calls: one(r, "", "", "stkpush", "stkquery", "reversal,transactionstatus"), LoseCallbacks: chance(r, 40),
			HoldCallbacks: chance(r, 30),
		})
	}
}

// deaths lets processes die, and others take their place some seconds later.
func (n *cinemaNight) deaths(r *rand.Rand) {
	for range r.IntN(4) {
		<-time.After(seconds(r, 30, 1500))
		n.faults.Die()
		n.hook.Store(nil)
		<-time.After(seconds(r, 1, 60))
		n.died()
	}
}

// boxOffice is what the cinema's own people do.
func (n *cinemaNight) boxOffice(r *rand.Rand) {
	for range r.IntN(6) {
		<-time.After(seconds(r, 60, 1200))
		n.operates(r)
	}
}

// portal is what is given back at M-PESA without a word.
func (n *cinemaNight) portal(r *rand.Rand) {
	for range r.IntN(4) {
		<-time.After(seconds(r, 60, 3600))
		if ledger := n.world.daraja.Ledger(); len(ledger) > 0 {
			n.reverse(one(r, ledger...).Receipt)
		}
	}
}

// reverse gives money back at M-PESA. Nobody tells of what goes back once M-PESA has been asked, in the hour before a
// film: the cinema has no way to know it.
func (n *cinemaNight) reverse(receipt string) {
	if !n.soon && store.At(time.Now()) < n.asked {
		n.world.daraja.Reverse(receipt)
	}
}

func (n *cinemaNight) operates(r *rand.Rand) {
	ctx := context.Background()
	ledger := n.world.daraja.Ledger()
	switch {
	case len(ledger) > 0 && chance(r, 60):
		e := one(r, ledger...)
		if chance(r, 20) {
			n.reverse(e.Receipt)
			if !n.soon && chance(r, 50) { // and whoever did it writes it down
				ask := store.NewRefund{Receipt: e.Receipt, By: "box office", Reference: "PORTAL"}
				if e.Kind == sim.KindSTK && chance(r, 50) && only(ledger, e) {
					ask.Receipt, ask.Ticket = "", codeOf(e)
				}
				_, _ = n.books.Load().Money().RequestRefund(ctx, ask)
			}
			return
		}
		ask := store.NewRefund{Receipt: e.Receipt, By: "box office"}
		if code := n.anyCode(r); code != "" && chance(r, 40) {
			ask = store.NewRefund{Ticket: code, By: "box office"}
		}
		_, _ = n.books.Load().Money().RequestRefund(ctx, ask)
	case len(ledger) > 0 && chance(r, 30): // it is in the portal, and on the list
		n.accepts(r, one(r, ledger...))
	case chance(r, 20):
		_, _ = n.books.Load().Catalogue().CancelScreening(ctx, one(r, n.screenings...), "No power.")
	case chance(r, 30):
		_ = n.books.Load().Tickets().PauseSales(ctx, "testing")
		<-time.After(seconds(r, 10, 100))
		if err := n.books.Load().Tickets().ResumeSales(ctx); err != nil {
			_ = n.books.Load().Tickets().ResumeSales(ctx)
		}
	}
}

// codeOf is the code of the ticket that an entry was paid for: a prompt's reference begins with it. A till has none.
func codeOf(e sim.Entry) string {
	const length = 9
	return e.Reference[:min(len(e.Reference), length)]
}

// accepts has a person take a receipt for its ticket. The portal says whether it was paid by prompt or by hand: a
// prompt's is the receipt of that prompt, and where a payment of the ticket lacks its own, what was paid by hand is not
// accepted in its place. Now and then the amount or the receipt is mistyped.
func (n *cinemaNight) accepts(r *rand.Rand, e sim.Entry) {
	ctx, books := context.Background(), n.books.Load()
	payments, err := books.Money().Payments(ctx)
	cases, failed := books.Money().OpenItems(ctx, store.ItemFilter{All: true, Ticket: codeOf(e)})
	if err != nil || failed != nil || codeOf(e) == "" {
		return // the program has died, or it is a till's
	}
	a := store.Acceptance{Receipt: e.Receipt, Ticket: codeOf(e), Amount: store.Cents(e.Amount) * 100, By: "box office"}
	if chance(r, 25) {
		a.Amount += one[store.Cents](r, -100_00, 100_00)
	}
	if chance(r, 20) {
		a.Receipt = "UKTM1STYP" + e.Receipt[len(e.Receipt)-1:]
	}
	for _, p := range payments {
		switch {
		case p.Receipt != "" ||
			!slices.ContainsFunc(cases, func(c store.OpenItem) bool {
				return c.Kind == store.ItemPayment && c.ID == int64(p.ID)
			}):
		case p.PushToken == path.Base(e.CallbackURL):
			a.Ticket, a.PaymentID = "", p.ID
		default:
			return
		}
	}
	_, _ = books.Money().AcceptReceipt(ctx, a)
}

// only reports whether M-PESA took no other money from the phone or for the ticket.
func only(ledger []sim.Entry, e sim.Entry) bool {
	return !slices.ContainsFunc(ledger, func(other sim.Entry) bool {
		return other.Receipt != e.Receipt && (other.Phone == e.Phone || codeOf(other) == codeOf(e) && codeOf(e) != "")
	})
}

// anyCode is the code of one of the tickets, "" where there is none.
func (n *cinemaNight) anyCode(r *rand.Rand) string {
	n.mu.Lock()
	secrets := slices.Clone(n.secrets)
	n.mu.Unlock()
	if len(secrets) == 0 {
		return ""
	}
	tk, err := n.books.Load().Tickets().TicketBySecret(context.Background(), one(r, secrets...))
	if err != nil {
		return "" // the program has died
	}
	return tk.Code
}

// tell writes down M-PESA's ledger and the books, ticket by ticket, for whoever must find out what went wrong.
func (n *cinemaNight) tell() {
	payments, err := n.world.store.Money().Payments(context.Background())
	if err != nil {
		n.t.Error(err)
	}
	for _, e := range n.world.daraja.Ledger() {
		n.t.Logf("M-PESA: %s %s %d %s %s %s reversed %v", e.Kind, e.Receipt, e.Amount, e.Phone, e.Reference,
			e.At.Format("15:04:05"), e.Reversed)
	}
	for _, p := range payments {
		n.t.Logf("books: %+v", p)
	}
	for _, q := range n.world.daraja.Requests() {
		n.t.Logf("request: %s %s %d %s %s %s %d", q.CommandID, q.Receipt, q.Amount, q.At.Format("15:04:05"),
			q.ResultCode, q.DoneAt.Format("15:04:05"), len(q.Deliveries))
	}
	for _, p := range n.world.daraja.Pushes("") {
		n.t.Logf("push: %s %s %s %s %s %d", p.CheckoutRequestID, p.Reference, p.Phone, p.ResultCode,
			p.At.Format("15:04:05"), len(p.Deliveries))
	}
}

// decided fails the test where something that can be known is not: only a push whose answer and callback were both lost
// may be without a verdict in the end, and one that M-PESA itself calls unclear.
func (n *cinemaNight) decided() {
	n.t.Helper()
	for _, secret := range n.secrets {
		if tk := n.ticket(secret); tk.Status == store.Pending || tk.Held() {
			n.t.Errorf("ticket %s is still %s", tk.Code, state(tk))
		}
	}
	undecided, err := n.world.store.Money().UndecidedPushes(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	results := map[string]string{}
	for _, p := range n.world.daraja.Pushes("") {
		results[p.CheckoutRequestID] = p.ResultCode
	}
	for _, p := range undecided {
		switch results[p.CheckoutRequestID] {
		case "0", "1", "1032", "2001", "SFC_IC0003":
			n.t.Errorf("push %s is %s, though M-PESA says %s when asked", p.CheckoutRequestID,
				p.State, results[p.CheckoutRequestID])
		}
	}
}
