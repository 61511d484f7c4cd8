package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type fsckCmd struct {
	books
}

// errUnsound makes the program end with 1; what is wrong has been printed.
var errUnsound = errors.New("the books are not sound")

func (c fsckCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		a, err := checkout.Check(p.ctx, st)
		if err != nil {
			return err
		}
		for _, sum := range a.Sums {
			fmt.Fprintf(p.stdout, "%-18s %7d payments  %s\n", sum.State, sum.Payments, wording.Cents(sum.Amount))
		}
		printBounds(p.stdout, a)
		if len(a.Wrong) == 0 {
			_, err = fmt.Fprintln(p.stdout, "The books are sound.")
			return err
		}
		for _, line := range a.Wrong {
			fmt.Fprintln(p.stdout, "WRONG:", line)
		}
		return errUnsound
	})
}

// printBounds says between what the money lies that M-PESA has taken, and names each thing that is not certain.
func printBounds(w io.Writer, a checkout.Audit) {
	pushes := map[string]store.Push{}
	for _, push := range a.Undecided {
		pushes[store.Case{Kind: store.CasePush, ID: int64(push.ID)}.Name()] = push
	}
	open := map[store.OpenKind][]store.OpenAmount{}
	for _, o := range a.Bounds.Open {
		open[o.Why] = append(open[o.Why], o)
	}
	for _, why := range store.OpenKinds() {
		of := open[why]
		if len(of) == 0 && why != store.OpenPush {
			continue
		}
		var least, most store.Cents
		for _, o := range of {
			least, most = least+o.Least, most+o.Most
		}
		fmt.Fprintf(w, "%-18s %7d %-9s %s\n", wording.Open(why), len(of), wording.OpenCount(why),
			wording.Between(least, most))
		for _, o := range of {
			if push, is := pushes[o.Name]; is {
				fmt.Fprintf(w, "  %s  %s  %s  %s\n", wording.Moment(push.CreatedAt), mpesa.MSISDN(push.Phone).Masked(),
					wording.Shillings(push.Amount), push.State)
				continue
			}
			fmt.Fprintf(w, "  %s  %s\n", or(o.Receipt, o.Name), wording.Between(o.Least, o.Most))
		}
	}
	if len(a.Pending) > 0 {
		fmt.Fprintf(w, "%-18s %7d payments, listed by cinemasphere payments\n", "without a receipt", len(a.Pending))
	}
	if pairs := a.Bounds.Alike; len(pairs) > 0 {
		fmt.Fprintf(w, "%-18s %7d pairs     up to %s may be due\n", "may be the same", len(pairs),
			wording.Cents(store.Between(pairs)))
		for _, pair := range pairs {
			fmt.Fprintf(w, "  %s and %s:%d, the prompt of ticket %s, %s\n", pair.Receipt, store.CasePayment,
				pair.Pending, pair.Code, wording.Cents(pair.Amount))
		}
	}
	fmt.Fprintf(w, "%-28s %s\n", "M-PESA took in all", wording.Between(a.Bounds.Least, a.Bounds.Most))
}

type paymentsCmd struct {
	books
	All     bool          `help:"List what is settled, and prompts that failed, too."`
	State   []string      `enum:"applied,refund_due,unmatched,refunded,reversed_elsewhere,sending,prompted,unknown,soft_failed,failed,asking,confirmed,refused,person,unread,resolved,read" help:"Only these states: ${enum}."`
	Receipt string        `help:"Only this receipt."`
	Ticket  string        `help:"Only this ticket's code."`
	Phone   string        `help:"Only this phone number."`
	Within  time.Duration `help:"Only what is younger, such as 24h."`
	JSON    bool          `help:"As JSON, with whole phone numbers."`
}

// listed is an entry of the list as JSON shows it.
type listed struct {
	store.Case
	Name   string         `json:"name"`
	Why    string         `json:"why"`
	Do     string         `json:"do"` // as the list for people has it, in one line
	Advice wording.Advice `json:"advice"`
}

// troubleListed is how many of the prompts that fail for the cinema's set-up are on the list while they do. sales
// status counts them all.
const troubleListed = 3

func (c paymentsCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		f := store.CaseFilter{All: c.All, States: c.State, Receipt: oneWord(c.Receipt), Ticket: oneWord(c.Ticket)}
		if c.Receipt != "" || c.Ticket != "" || len(c.State) > 0 {
			f.All = true
		}
		if c.Phone != "" {
			phone, err := mpesa.ParseMSISDN(c.Phone)
			if err != nil {
				return fmt.Errorf("--phone: %w", err)
			}
			f.Phone = string(phone)
		}
		if c.Within > 0 {
			f.Since = st.Now().Add(-c.Within)
		}
		trouble, err := checkout.FindSetUpTrouble(p.ctx, st)
		if err != nil {
			return err
		}
		if trouble != nil {
			f.Pushes = trouble.Pushes[:min(len(trouble.Pushes), troubleListed)]
		}
		cases, err := st.Cases(p.ctx, f)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeCases(p.stdout, cases, c.initiator(st))
		}
		if len(cases) == 0 &&
			(f.Receipt != "" || f.Ticket != "" || f.Phone != "" || f.Since != 0 || len(f.States) > 0) {
			_, err = fmt.Fprintln(p.stdout, "No money is like that.")
			return err
		}
		return printCases(p.stdout, cases, c.initiator(st))
	})
}

// oneWord is a receipt or a code as a person types it, without the spaces that a ticket's page shows it with.
func oneWord(typed string) string { return strings.ToUpper(strings.Join(strings.Fields(typed), "")) }

func writeCases(w io.Writer, cases []store.Case, initiator bool) error {
	out := make([]listed, len(cases))
	for i, c := range cases {
		out[i].Case, out[i].Name = c, c.Name()
		advice := wording.Advise(c, initiator)
		out[i].Why, out[i].Do, out[i].Advice = advice.Why, strings.Join(steps(advice), "; "), advice
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func printCases(w io.Writer, cases []store.Case, initiator bool) error {
	if len(cases) == 0 {
		_, err := fmt.Fprintln(w, "No money waits for anybody.")
		return err
	}
	for _, c := range cases {
		advice := wording.Advise(c, initiator)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		amount := "amount not known"
		if c.Amount != 0 {
			amount = wording.Cents(c.Amount)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", wording.Moment(c.At), amount, or(c.Receipt, "no receipt, "+c.Name()),
			mpesa.MaskDigits(or(c.Phone, "-")), "ticket "+or(c.TicketCode, "-"), c.State)
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "    %s\n", advice.Why)
		if len(c.Alike) > 0 {
			fmt.Fprintf(w, "    it may be the same money as %s\n", strings.Join(c.Alike, ", "))
		}
		if c.Kind == store.CaseCallback || c.Kind == store.CasePayment && c.Text != "" {
			fmt.Fprintf(w, "    %s said: %s\n", c.Name(), or(c.Text, "nothing"))
		}
		printSteps(w, advice)
		if c.SettledAt != 0 {
			fmt.Fprintf(w, "    settled %s by %s: %s\n", wording.Moment(c.SettledAt), c.SettledBy, c.Note)
		}
	}
	return nil
}

type refundCmd struct {
	books
	Named  string  `arg:"" name:"receipt-or-code" help:"The M-PESA receipt of the payment, its ticket's code, or its own number, payment:…, as the list prints it."`
	Reason string  `help:"Why, for the records." default:"refunded by the box office"`
	By     string  `help:"Who asks." default:"box office"`
	ByHand *string `name:"by-hand" placeholder:"REFERENCE" help:"The money has been given back by hand: write it down with this reference, such as the receipt of the return payment."`
	Amount int64   `placeholder:"SHILLINGS" help:"What M-PESA took, where it did not say."`
}

func (c refundCmd) Run(p *program) error {
	n := store.NewRefund{By: c.By, Reason: c.Reason, Amount: store.Cents(c.Amount) * 100}
	if c.ByHand != nil {
		if n.Reference = strings.TrimSpace(*c.ByHand); n.Reference == "" {
			return errors.New(
				"--by-hand needs a reference, such as the receipt of the return payment; nothing was written")
		}
	}
	if c.Amount < 0 || c.Amount > int64(store.MaxCharge) {
		return fmt.Errorf("--amount must be whole shillings, 1 to %d", store.MaxCharge)
	}
	return c.with(p, func(st *store.Store) error {
		n.NoInitiator = !c.initiator(st)
		r, err := c.request(p.ctx, st, n)
		if err != nil {
			return err
		}
		how := "The running program sends the Reversal to M-PESA; see what becomes of it with: cinemasphere payments " +
			"--receipt=" + r.Receipt
		switch {
		case r.ID == 0:
			_, err = fmt.Fprintf(p.stdout,
				"It is written down that nothing was paid with %s. Ticket %s is void, and its seats are free.\n",
				or(r.Receipt, "it"), r.TicketCode)
			return err
		case r.State == store.RefundDone:
			how = "It is written down as given back by hand."
		case r.Receipt == "":
			how = "The Reversal is sent once the receipt is known: the ticket's page asks the customer for it. See " +
				"what becomes of it with: cinemasphere payments --ticket=" + r.TicketCode
		}
		_, err = fmt.Fprintf(p.stdout, "Refund of %s (%s, ticket %s). %s\n", wording.Cents(r.Amount),
			or(r.Receipt, "no receipt"), or(r.TicketCode, "-"), how)
		return err
	})
}

// request asks for the refund of the payment with that number, of a receipt or, where there is no such receipt, of the
// ticket with that code.
func (c refundCmd) request(ctx context.Context, st *store.Store, n store.NewRefund) (store.Refund, error) {
	name, verb := oneWord(c.Named), wording.Refund
	if n.Reference != "" {
		verb = wording.GiveBack
	}
	kind, id := numbered(name)
	switch {
	case kind == store.CasePayment:
		name, n.PaymentID = strings.ToLower(name), store.PaymentID(id)
	case kind != "":
		return store.Refund{}, fmt.Errorf("%s is no payment, so there is nothing to refund", c.Named)
	default:
		n.Receipt = name
	}
	r, err := st.RequestRefund(ctx, n)
	if errors.Is(err, store.ErrNotFound) && kind == "" {
		n.Receipt, n.Ticket = "", name
		r, err = st.RequestRefund(ctx, n)
	}
	if refusal, is := errors.AsType[*store.Refusal](err); is {
		return r, refused(wording.Action{Verb: verb, Named: name}, refusal)
	}
	if errors.Is(err, store.ErrNotFound) {
		return r,
			fmt.Errorf("there is no payment with receipt %s, nor of a ticket with that code, nor with that number",
				c.Named)
	}
	return r, err
}

type salesCmd struct {
	Pause  pauseCmd  `cmd:"" help:"Take no more bookings until resumed. Tickets already booked go on."`
	Resume resumeCmd `cmd:"" help:"Take bookings again."`
	Status statusCmd `cmd:"" help:"Say whether bookings are taken."`
}

type pauseCmd struct {
	books
	Reason string `help:"Why, for the records." default:"paused by the box office"`
}

func (c pauseCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		if err := st.PauseSales(p.ctx, c.Reason); err != nil {
			return err
		}
		return sayStatus(p, st)
	})
}

type resumeCmd struct {
	books
}

func (c resumeCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		if err := st.ResumeSales(p.ctx); err != nil {
			return err
		}
		return sayStatus(p, st)
	})
}

type statusCmd struct {
	books
}

func (c statusCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error { return sayStatus(p, st) })
}

func sayStatus(p *program, st *store.Store) error {
	sales, err := st.Sales(p.ctx)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintln(p.stdout, wording.Sales(sales)); err != nil {
		return err
	}
	trouble, err := checkout.FindSetUpTrouble(p.ctx, st)
	if err == nil && trouble != nil {
		what, means := wording.SetUpTrouble(len(trouble.Pushes), trouble.Since, trouble.Last)
		_, err = fmt.Fprintf(p.stdout, "%s\n    %s\n", what, means)
	}
	return err
}

type registerCmd struct {
	config
	Pull  bool   `help:"Register for Pull Transactions too (once, paybill only)."`
	Phone string `help:"The number that Safaricom asks for with --pull, as nominated in the M-PESA portal."`
}

// Run tells Safaricom where to send confirmations of what is paid without a prompt.
func (c registerCmd) Run(p *program) error {
	if err := c.nameDatabase(); err != nil {
		return err
	}
	plan, err := c.check()
	if err != nil {
		return err
	}
	if plan.simulate {
		return errors.New("the demo registers with its own simulator when it starts")
	}
	return books{c.config}.with(p, func(st *store.Store) error {
		daraja, err := plan.newDaraja(plan.tokens(st, processName(), slog.New(slog.DiscardHandler)))
		if err != nil {
			return err
		}
		service := checkout.New(st, daraja, checkout.Config{CallbackURL: plan.callback, ResultURL: plan.results})
		if err := registerC2B(p.ctx, service, daraja); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, "Registered: payments made without a prompt will be told to this program.")
		if !c.Pull {
			return nil
		}
		phone, err := mpesa.ParseMSISDN(c.Phone)
		if err != nil {
			return fmt.Errorf("--phone: %w", err)
		}
		if err := daraja.RegisterPull(p.ctx, mpesa.PullRegistration{
			Nominated: phone, CallbackURL: plan.results,
		}); err != nil && !errors.Is(err, mpesa.ErrAlreadyRegistered) {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, "Registered for Pull Transactions.")
		return err
	})
}

// registerC2B tells Daraja where to send what is paid without a prompt.
func registerC2B(ctx context.Context, service *checkout.Service, daraja *mpesa.Client) error {
	confirmation, validation, err := service.C2BURLs(ctx)
	if err != nil {
		return err
	}
	_, err = daraja.RegisterURLs(ctx, mpesa.URLRegistration{
		ResponseType: mpesa.CompleteUnvalidated, ConfirmationURL: confirmation, ValidationURL: validation,
	})
	if errors.Is(err, mpesa.ErrAlreadyRegistered) {
		return errors.New(
			"this shortcode has addresses at Safaricom already: delete them in the Daraja portal (Self-service, URL " +
				"management), then register again")
	}
	return err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
