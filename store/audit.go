package store

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cinemasphere/store/internal/db"
	"cinemasphere/store/money"
)

// allBooks is every fact, with every ticket, push and refund that facts may concern.
type allBooks struct {
	facts    []money.Fact
	pushes   []money.Push
	tickets  []money.Ticket
	refunds  []caseRefund
	payments []Payment
	accounts map[string]string
	alike    map[money.Key]bool
	claims   map[claimKey]claimResult
}

// claimResult is the result of a claim.
type claimResult struct {
	state  ClaimState
	reason Reason
}

type claimKey struct {
	receipt string
	ticket  TicketID
}

func (s *Store) loadBooks(ctx context.Context) (*allBooks, error) {
	b := &allBooks{accounts: map[string]string{}, alike: map[money.Key]bool{}, claims: map[claimKey]claimResult{}}
	var facts []caseFact
	var pushes []casePush
	var tickets []payable
	var alike []money.Key
	var claims []ReceiptClaim
	err := s.readers.Snapshot(ctx,
		db.Listing{Into: &facts, Query: factSelect + ` ORDER BY id`},
		db.Listing{Into: &pushes, Query: pushSelect + ` ORDER BY id`},
		db.Listing{Into: &b.refunds, Query: caseRefunds + ` ORDER BY r.id`},
		db.Listing{Into: &tickets, Query: payablesQuery},
		db.Listing{Into: &b.payments, Query: `SELECT ` + paymentColumns + ` FROM payment ORDER BY id`},
		db.Listing{Into: &alike, Query: `SELECT receipt, push_id AS push FROM alike`},
		db.Listing{Into: &claims, Query: `SELECT ` + claimColumns + ` FROM claim c`})
	if err != nil {
		return nil, err
	}
	for _, k := range alike {
		b.alike[k] = true
	}
	for _, c := range claims {
		b.claims[claimKey{c.Receipt, c.TicketID}] = claimResult{c.State, c.Reason}
	}
	for _, f := range facts {
		b.facts = append(b.facts, f.Fact)
		b.accounts[f.Receipt] = cmp.Or(b.accounts[f.Receipt], f.Typed)
	}
	for _, p := range pushes {
		b.pushes = append(b.pushes, p.Push)
	}
	for _, t := range tickets {
		b.tickets = append(b.tickets, t.ticket())
	}
	return b, nil
}

// all is the whole of the books as one case.
func (b *allBooks) all() money.Case {
	c := money.Case{Facts: b.facts, Pushes: b.pushes, Tickets: b.tickets}
	for _, r := range b.refunds {
		c.Refunds = append(c.Refunds, r.Refund)
	}
	return c
}

// checkFacts decides all facts anew and describes where the rows differ.
func (s *Store) checkFacts(ctx context.Context) (wrong []string, err error) {
	b, err := s.loadBooks(ctx)
	if err != nil {
		return nil, err
	}
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	payments, tickets := map[money.Key]Payment{}, map[TicketID]money.TicketDecision{}
	for _, p := range b.payments {
		p.ID, p.CreatedAt, p.MaskedAt = 0, 0, 0
		payments[money.Key{Push: p.PushID, Receipt: p.Receipt}] = p
	}
	for _, c := range money.Cases(b.all()) {
		l := ledger{Case: c, accounts: b.accounts}
		l.Decision = money.Decide(c, decidedAt(c))
		for _, p := range l.Decision.Payments {
			row, is := payments[p.Key]
			delete(payments, p.Key)
			switch want := l.row(p); {
			case !is:
				say("payment %d %s: it is missing", p.Push, p.Receipt)
			case row != want:
				say("payment %d %s: %s", p.Push, p.Receipt, strings.Join(differing(row, want), ", "))
			}
			for _, k := range p.Alike {
				if p.Push == 0 && !b.alike[money.Key{Push: k.Push, Receipt: p.Receipt}] {
					say("payment %d %s: it is not listed as alike to push %d", p.Push, p.Receipt, k.Push)
				}
				delete(b.alike, money.Key{Push: k.Push, Receipt: p.Receipt})
			}
		}
		for _, t := range l.Decision.Tickets {
			tickets[t.ID] = t
		}
		for _, d := range l.Decision.Refunds {
			have := b.refunds[slices.IndexFunc(b.refunds, func(r caseRefund) bool { return r.ID == d.ID })]
			if have.State != d.State || have.Amount != d.Amount {
				say("refund %d: the facts say %s, the books %s", d.ID, d.State, have.State)
			}
			if d.Of != (money.Key{}) && d.Of != have.Of {
				say("refund %d: it is of payment %d %s, and stands at %d %s", d.ID, d.Of.Push, d.Of.Receipt,
					have.Of.Push, have.Of.Receipt)
			}
		}
		for _, want := range l.Claims {
			if have := b.claims[claimKey{want.Receipt, want.Ticket}]; have != (claimResult{want.State, want.Reason}) {
				say("claim of %s for ticket %d: the facts say %s %s, the books %s %s", want.Receipt, want.Ticket,
					want.State, want.Reason, have.state, have.reason)
			}
			delete(b.claims, claimKey{want.Receipt, want.Ticket})
		}
	}
	for key := range payments {
		say("payment %d %s: no fact reports it", key.Push, key.Receipt)
	}
	for key := range b.claims {
		say("claim of %s for ticket %d: no fact reports it", key.receipt, key.ticket)
	}
	for key := range b.alike {
		say("receipt %s and push %d: they are listed as alike, and no fact reports it", key.Receipt, key.Push)
	}
	for _, t := range b.tickets {
		if shown, d := t.PaidWith != (money.Key{}) || t.Free, tickets[t.ID]; shown != d.Paid || t.Void != d.Void {
			say("ticket %d: the facts say paid %v, void %q; the books %v, %q", t.ID, d.Paid, d.Void, shown, t.Void)
		}
	}
	slices.Sort(wrong)
	return wrong, nil
}

// differing names the columns in which a payment's row differs from the decision. It shows values of states and reasons
// only, since others may be phone numbers.
func differing(books, facts Payment) (columns []string) {
	x, y := reflect.ValueOf(books), reflect.ValueOf(facts)
	for i := range x.NumField() {
		if x.Field(i).Equal(y.Field(i)) {
			continue
		}
		switch column := x.Type().Field(i).Tag.Get("db"); column {
		case "state", "reason", "doubt":
			columns = append(columns, fmt.Sprintf("%s is %q, and the facts say %q", column, x.Field(i), y.Field(i)))
		default:
			columns = append(columns, column)
		}
	}
	return columns
}

// decidedAt is when a case was last decided: the time of its last fact.
func decidedAt(c money.Case) (at Instant) {
	for _, f := range c.Facts {
		at = max(at, f.At)
	}
	return at
}

// Reread compares stored callbacks, parsed again, with the facts. Make it with [Money.Reread].
type Reread struct {
	// Wrong has a line for each callback whose report is not among the facts.
	Wrong []string

	facts     map[reported]bool
	pushes    map[string]Push   // by callback token
	questions map[string]string // receipts, by their question's token
	refunds   map[string]string // receipts, by their Reversal's token
}

// reported is the part of a fact that a callback must report again when it is reread. Push is zero unless the callback
// came with a push's own token.
type reported struct {
	source  money.Source
	says    money.Saying
	push    PushID
	receipt string
	amount  Cents
}

// Reread goes through the understood callbacks with a known token, oldest first. It calls see with each one and the
// facts to compare it with.
func (s Money) Reread(ctx context.Context, see func(*Reread, Callback)) (*Reread, error) {
	r := &Reread{
		facts: map[reported]bool{}, pushes: map[string]Push{}, questions: map[string]string{},
		refunds: map[string]string{},
	}
	var facts []caseFact
	var pushes []Push
	var tokens []struct{ Kind, Token, Receipt string }
	err := s.list(ctx, &pushes, `SELECT `+pushOnly+` FROM push_request p`)
	if err == nil {
		err = s.list(ctx, &tokens, `SELECT 'question' AS kind, result_token AS token, receipt FROM question WHERE kind = 'receipt'
			UNION ALL SELECT 'question', timeout_token, receipt FROM question WHERE kind = 'receipt'
			UNION ALL SELECT 'refund', q.result_token, COALESCE(y.receipt, '') FROM question q JOIN refund r ON r.id = q.id
			JOIN payment y ON y.id = r.payment_id WHERE q.kind = 'reversal'`)
	}
	last := CallbackID(0)
	for err == nil {
		var rows []callbackRow
		err = s.list(ctx, &rows, `SELECT id, kind, token, body, encoding FROM callback WHERE id > $1 AND known = 1 AND outcome IS NOT NULL
			AND outcome <> '`+string(OutcomeUnreadable)+`' AND encoding <> 'erased' ORDER BY id LIMIT 1000`, last)
		if err != nil || len(rows) == 0 {
			break
		}
		if last == 0 { // read the facts after the first callbacks, so that callbacks applied meanwhile are included
			err = s.list(ctx, &facts, factSelect)
			r.index(facts, pushes)
			for _, t := range tokens {
				map[string]map[string]string{"question": r.questions, "refund": r.refunds}[t.Kind][t.Token] = t.Receipt
			}
		}
		var cbs []Callback
		if err == nil {
			cbs, err = callbacks(rows)
		}
		for _, cb := range cbs {
			see(r, cb)
			last = cb.ID
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read callbacks again: %w", err)
	}
	return r, nil
}

func (r *Reread) index(facts []caseFact, pushes []Push) {
	for _, f := range facts {
		said := f.Fact
		r.facts[reported{said.Source, said.Says, max(said.Push, said.Beside), said.Receipt,
			max(amountOf(said), 0)}] = true
		r.facts[reported{said.Source, said.Says, 0, said.Receipt, max(amountOf(said), 0)}] = true
		r.facts[reported{said.Source, said.Says, 0, said.Receipt, -1}] = true
	}
	for _, p := range pushes {
		r.pushes[p.CallbackToken] = p
	}
}

func amountOf(f money.Fact) Cents {
	if f.Amount == nil {
		return 0
	}
	return *f.Amount
}

// compare adds a line to Wrong unless one of these facts is recorded.
func (r *Reread) compare(cb Callback, any ...reported) {
	if !slices.ContainsFunc(any, func(f reported) bool { return r.facts[f] }) {
		r.Wrong = append(r.Wrong,
			fmt.Sprintf("callback %d: %s %s, push %d, receipt %s", cb.ID, any[0].source, any[0].says, any[0].push,
				any[0].receipt))
	}
}

// Push compares the verdict on a push.
func (r *Reread) Push(cb Callback, v Verdict) {
	for _, f := range v.fact(r.pushes[cb.Token]) {
		r.compare(cb, reported{f.Source, f.Says, max(f.Push, f.Beside), f.Receipt, max(amountOf(f.Fact), 0)})
	}
}

// Incoming compares an incoming payment.
func (r *Reread) Incoming(cb Callback, h IncomingPayment) {
	if h.Receipt != "" {
		r.compare(cb, reported{money.Confirmation, money.Paid, 0, h.Receipt, max(h.Amount, 0)})
	}
}

// Status compares a Transaction Status result with the facts about its receipt. It does not compare whom the receipt
// was paid to.
func (r *Reread) Status(cb Callback, tr Transaction) {
	asked := r.questions[cb.Token]
	tr.ToUs, tr.Unclear = true, ""
	for _, f := range tr.fact(asked) {
		r.compare(cb, reported{money.Status, f.Says, 0, asked, max(amountOf(f.Fact), 0)},
			reported{money.Status, money.Reversed, 0, asked, 0},
			reported{money.Status, money.PaidToOthers, 0, asked, -1})
	}
}

// GaveBack compares the result of a Reversal that gave money back, now or earlier.
func (r *Reread) GaveBack(cb Callback) {
	receipt := r.refunds[cb.Token]
	r.compare(cb, reported{money.Reversal, money.GivenBack, 0, receipt, -1},
		reported{money.Reversal, money.Mentions, 0, receipt, -1},
		reported{money.Reversal, money.Reversed, 0, receipt, -1})
}
