package site

import (
	"net/http"
	"slices"
	"time"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/wording"
)

const (
	// askAfter is how long a prompt may be out before its page asks whether it has been paid already.
	askAfter = time.Minute
	// checkingFor is how long a page waits for what M-PESA says of a receipt before it offers everything else again.
	checkingFor = 2 * time.Minute
	// byHandAfter is how many prompts must have failed before one is told how to pay without.
	byHandAfter = 2
)

// ticketView is what a ticket's page shows. A ticket that waits or is paid, and of which nothing else is known, is read
// whole already; what only others need to say is read here.
func (s *Site) ticketView(w http.ResponseWriter, r *http.Request, t *store.Ticket, form ticketForms) views.TicketView {
	now := s.instant()
	cinema := s.cinema.get(r.Context(), s.Store, now.Time())
	v := views.TicketView{
		Ticket: t, Now: now, Phone: wording.Phone(t.Phone), InDialog: form.inDialog, RetryPhone: form.phone,
		RetryError: form.phoneError, Notice: form.notice,
		Keep: s.KeepCustomers, Cinema: cinema.Name, Brand: views.BrandOf(cinema),
		Receipt: views.ReceiptForm{Text: form.receipt, Error: form.receiptError, Notice: form.receiptNotice},
	}
	if s.Handset != "" {
		v.Handset = s.Handset + t.Phone
	}
	if v.RetryPhone == "" {
		v.RetryPhone = v.Phone
	}
	m := s.moneyOf(w, r, t)
	for _, back := range m.returns {
		v.Returns = append(v.Returns, wording.ExplainReturn(back))
	}
	switch {
	case t.VoidedAt != 0:
		v.Void = wording.ExplainVoid(t)
	case t.Status == store.Paid:
		v.Pass = s.Checkout.QRPayload(t)
	case t.Status == store.Failed:
		s.viewFailed(&v, m)
	default:
		v.Answered, v.Confirming = wording.AnsweredWith(t), t.Confirming()
	}
	viewClaims(&v, m)
	s.viewReceiptForm(&v, m, form)
	return v
}

// viewReceiptForm shows how a page asks for a receipt.
func (s *Site) viewReceiptForm(v *views.TicketView, m ticketMoney, form ticketForms) {
	t, ask := v.Ticket, &v.Receipt.Asks
	*ask = m.asks(t)
	v.Receipt.Another = *ask == views.AsksElsewhere && t.Status != store.Pending
	if v.Checking != "" && *ask != views.AsksNot {
		*ask = views.AsksElsewhere // the page reloads where there is no script: nobody could type in it
	}
	first := t.Push.CreatedAt.Add(askAfter)
	switch {
	case *ask == views.AsksElsewhere && (form.forReceipt || form.receiptError != ""):
		*ask = views.AsksOpenly
	case *ask == views.AsksElsewhere && t.Status == store.Pending && v.Now < first:
		*ask = views.AsksNot
		if v.StaleAt == 0 {
			v.StaleAt = first
		}
	case !m.triesLeft() && t.Receipt == "" && v.Receipt.Notice == "":
		v.Receipt.Notice = wording.Refusal(&store.Refusal{Kind: store.TooManyTries})
	}
}

// ticketMoney is what is known of a ticket's payments besides the ticket itself.
type ticketMoney struct {
	claims           []store.ReceiptClaim // newest first
	returns          []store.TicketRefund
	prompts, awaited int // of a Failed ticket: its pushes, and those that may still bring money
}

// moneyOf reads it, as far as there may be something. What cannot be read is left out: the ticket's page is needed all
// the more.
func (s *Site) moneyOf(w http.ResponseWriter, r *http.Request, t *store.Ticket) (m ticketMoney) {
	var err error
	failed := t.Status == store.Failed
	if t.Claims > 0 {
		m.claims, err = s.Store.Money().ReceiptClaims(r.Context(), t.ID)
		web.LogError(w, err)
	}
	if failed || t.RefundDue > 0 || t.Refunded > 0 {
		m.returns, err = s.Store.Money().TicketRefunds(r.Context(), t.ID)
		web.LogError(w, err)
	}
	if failed {
		m.prompts, m.awaited, err = s.Store.Tickets().CountPushes(r.Context(), t.ID)
		web.LogError(w, err)
	}
	return m
}

// viewFailed shows why a ticket is not paid for, and what may be done about it.
func (s *Site) viewFailed(v *views.TicketView, m ticketMoney) {
	t := v.Ticket
	why := wording.Explain(t)
	v.Title, v.Sentence, v.Late, v.Owed, v.Returned = why.Title, why.Sentence, why.Late, why.Owed, why.Returned
	if len(m.returns) > 0 && why.Cause != "" {
		v.Sentence = why.Cause // each payment has a sentence of its own
		if why.Owed && !slices.ContainsFunc(m.returns, notOnItsWay) {
			v.Title = "Your refund is on its way"
		}
	}
	v.SalesClosed = !t.Screening.Sells(v.Now)
	if v.CanRetry = !v.SalesClosed && !why.Owed; v.CanRetry {
		v.Hint = why.Hint
	}
	v.MayBePaid = why.Late || m.awaited > 0
	if t.Push.Live && t.Push.LiveUntil > v.Now {
		v.RetryAt = t.Push.LiveUntil
	}
	if v.CanRetry && m.prompts >= byHandAfter && m.triesLeft() {
		v.Paybill, v.Till = s.Paybill, s.Till
	}
}

func notOnItsWay(r store.TicketRefund) bool {
	return r.State == store.PaymentUnmatched ||
		r.State == store.PaymentRefundDue && (r.Refund != store.RefundRequested || r.Receipt == "")
}

// viewClaims shows what came of the receipts that were named for a ticket, and which one M-PESA is being asked about.
func viewClaims(v *views.TicketView, m ticketMoney) {
	t := v.Ticket
	for _, c := range m.claims {
		if c.State == store.ClaimAsking {
			v.Asking = true
			if until := c.CreatedAt.Add(checkingFor); v.Checking == "" && until > v.Now {
				v.Checking, v.StaleAt = c.Receipt, until
				continue
			}
		}
		if t.Status == store.Paid && c.State == store.ClaimConfirmed {
			break // the ticket says it better, and better than what was named before
		}
		if t.Status == store.Paid && t.Receipt != "" && !m.lacksReceipt() && c.CreatedAt < t.TransactedAt {
			break
		}
		v.Receipt.Said = append(v.Receipt.Said, wording.ExplainClaim(c, t.Total))
	}
}

// asks is how a ticket's page asks for a receipt.
func (m ticketMoney) asks(t *store.Ticket) views.Asks {
	switch {
	case t.Given(), !m.triesLeft():
		return views.AsksNot
	case t.Status == store.Pending:
		return views.AsksElsewhere
	case m.lacksReceipt():
		return views.AsksOpenly
	case t.VoidedAt != 0, t.Status == store.Paid && t.Receipt != "", t.RefundDue+t.Refunded > 0 && m.awaited == 0:
		return views.AsksElsewhere // who has paid more than once has another receipt
	case t.Status == store.Paid, t.RefundDue+t.Refunded > 0:
		return views.AsksFolded
	case m.refused(), m.prompts >= byHandAfter, m.awaited > 0 && t.Reason != store.FailureGivenUp:
		return views.AsksOpenly
	}
	return views.AsksFolded
}

// triesLeft reports whether another receipt may be named for the ticket.
func (m ticketMoney) triesLeft() bool {
	return len(m.claims) < store.ClaimTries
}

// refused reports whether the receipt that was named last was wrong.
func (m ticketMoney) refused() bool {
	return len(m.claims) > 0 && m.claims[0].State == store.ClaimRefused
}

// lacksReceipt reports whether money is due back that cannot be sent before its receipt is known.
func (m ticketMoney) lacksReceipt() bool {
	return slices.ContainsFunc(m.returns, func(r store.TicketRefund) bool {
		return r.State == store.PaymentRefundDue && r.Receipt == ""
	})
}
