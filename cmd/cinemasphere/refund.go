package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type refundCmd struct {
	books
	Named  string  `arg:"" name:"receipt-or-code" help:"The M-PESA receipt of the payment, its ticket's code, or its own number, payment:…, as the list prints it."`
	Reason string  `help:"Why, for the records." default:"refunded by the box office"`
	By     string  `help:"Who asks." default:"box office"`
	ByHand *string `name:"by-hand" placeholder:"REFERENCE" help:"The money has been given back by hand: write it down with this reference, such as the receipt of the return payment. It is kept, so without names."`
	Amount int64   `placeholder:"SHILLINGS" help:"What M-PESA took, where it did not say."`
}

// Run requests a refund, or records one made by hand.
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
		p.by(c.By)
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
				cmp.Or(r.Receipt, "it"), r.TicketCode)
			return err
		case r.State == store.RefundDone:
			how = "It is written down as given back by hand."
		case r.Receipt == "":
			how = "The Reversal is sent once the receipt is known: the ticket's page asks the customer for it. See " +
				"what becomes of it with: cinemasphere payments --ticket=" + r.TicketCode
		}
		_, err = fmt.Fprintf(p.stdout, "Refund of %s (%s, ticket %s). %s\n", wording.Cents(r.Amount),
			cmp.Or(r.Receipt, "no receipt"), cmp.Or(r.TicketCode, "-"), how)
		return err
	})
}

// request requests the refund of the payment that is named.
func (c refundCmd) request(ctx context.Context, st *store.Store, n store.NewRefund) (store.Refund, error) {
	r, err := checkout.RefundNamed(ctx, st, c.Named, n)
	name, verb := checkout.OneWord(c.Named), wording.Refund
	if n.Reference != "" {
		verb = wording.GiveBack
	}
	if kind, _ := checkout.Numbered(name); kind != "" {
		name = strings.ToLower(name)
	}
	refusal, refusedIt := errors.AsType[*store.Refusal](err)
	switch {
	case refusedIt:
		return r, refused(wording.Action{Verb: verb, Named: name}, refusal)
	case errors.Is(err, checkout.ErrNoPayment):
		return r, fmt.Errorf("%s is no payment, so there is nothing to refund", c.Named)
	case errors.Is(err, store.ErrNotFound):
		return r,
			fmt.Errorf("there is no payment with receipt %s, nor of a ticket with that code, nor with that number",
				c.Named)
	}
	return r, err
}
