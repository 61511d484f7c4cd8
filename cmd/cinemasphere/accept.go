package main

import (
	"errors"
	"fmt"
	"strings"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type acceptCmd struct {
	books
	Receipt string `arg:"" help:"The M-PESA receipt, as the portal shows it."`
	Ticket  string `arg:"" name:"code" help:"The code of the ticket that it paid for, or the number of a prompt, push:…, or of a payment that lacks its receipt, payment:…."`
	Amount  int64  `placeholder:"SHILLINGS" help:"What was paid, where it is another amount than the ticket's."`
	Phone   string `help:"Who paid, where it is another number than the one that the prompt went to."`
	Move    bool   `help:"It was accepted for another ticket by mistake, which becomes void."`
	By      string `help:"Who looked." default:"box office"`
}

// Run accepts the receipt and prints what became of the payment.
func (c acceptCmd) Run(p *program) error {
	a, err := c.acceptance()
	if err != nil {
		return err
	}
	return c.with(p, func(st *store.Store) error {
		p.by(c.By)
		paid, err := st.Money().AcceptReceipt(p.ctx, a)
		if refusal, is := errors.AsType[*store.Refusal](err); is {
			return refused(wording.Action{Verb: wording.Accept, Named: a.Receipt, For: c.Ticket}, refusal)
		}
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("there is no ticket with code %s, nor a prompt or payment of a ticket with that number",
				c.Ticket)
		}
		if err != nil {
			return err
		}
		return c.printResult(p, st, paid)
	})
}

// printResult prints what became of the payment.
func (c acceptCmd) printResult(p *program, st *store.Store, paid store.Payment) error {
	cases, err := st.Money().OpenItems(p.ctx, store.ItemFilter{All: true, Receipt: paid.Receipt})
	for _, entry := range cases {
		if entry.Kind != store.ItemPayment {
			continue
		}
		advice := wording.Advise(entry, c.initiator(st))
		if paid.State == store.PaymentRefundDue {
			advice.Why = "due back: " + advice.Why
		}
		_, err = fmt.Fprintf(p.stdout, "Receipt %s of %s, ticket %s: %s.\n",
			paid.Receipt, wording.Cents(entry.Amount), entry.TicketCode, strings.TrimSuffix(advice.Why, "."))
		printSteps(p.stdout, advice)
	}
	return err
}

func (c acceptCmd) acceptance() (store.Acceptance, error) {
	a := store.Acceptance{Amount: store.Cents(c.Amount) * 100, Move: c.Move, By: c.By}
	var ok bool
	if a.Receipt, ok = mpesa.ParseReceipt(c.Receipt); !ok {
		return a, fmt.Errorf("%s is no M-PESA receipt", c.Receipt)
	}
	a = checkout.AcceptFor(a, c.Ticket)
	if c.Amount < 0 || c.Amount > int64(store.MaxCharge) {
		return a, fmt.Errorf("--amount must be whole shillings, 1 to %d", store.MaxCharge)
	}
	if c.Phone != "" {
		phone, err := mpesa.ParseMSISDN(c.Phone)
		if err != nil {
			return a, fmt.Errorf("--phone: %w", err)
		}
		a.Phone = string(phone)
	}
	return a, nil
}
