package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// numbered reads an entry's own number, such as payment:123. The kind is "" where the name is none.
func numbered(name string) (kind store.CaseKind, id int64) {
	word, digits, _ := strings.Cut(strings.ToLower(name), ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	kinds := []store.CaseKind{store.CasePayment, store.CasePush, store.CaseClaim, store.CaseCallback}
	if err != nil || !slices.Contains(kinds, store.CaseKind(word)) {
		return "", 0
	}
	return store.CaseKind(word), id
}

type acceptCmd struct {
	books
	Receipt string `arg:"" help:"The M-PESA receipt, as the portal shows it."`
	Ticket  string `arg:"" name:"code" help:"The code of the ticket that it paid for, or the number, payment:…, of a payment that lacks its receipt."`
	Amount  int64  `placeholder:"SHILLINGS" help:"What was paid, where it is another amount than the ticket's."`
	Phone   string `help:"Who paid, where it is another number than the one that the prompt went to."`
	Move    bool   `help:"It was accepted for another ticket by mistake, which becomes void."`
	By      string `help:"Who looked." default:"box office"`
}

func (c acceptCmd) Run(p *program) error {
	a, err := c.acceptance()
	if err != nil {
		return err
	}
	return c.with(p, func(st *store.Store) error {
		paid, err := st.AcceptReceipt(p.ctx, a)
		if refusal, is := errors.AsType[*store.Refusal](err); is {
			return refused(wording.Action{Verb: wording.Accept, Named: a.Receipt, For: c.Ticket}, refusal)
		}
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("there is no ticket with code %s, nor a payment of a ticket with that number", c.Ticket)
		}
		if err != nil {
			return err
		}
		return c.tell(p, st, paid)
	})
}

// tell says what has become of the money.
func (c acceptCmd) tell(p *program, st *store.Store, paid store.Payment) error {
	cases, err := st.Cases(p.ctx, store.CaseFilter{All: true, Receipt: paid.Receipt})
	for _, entry := range cases {
		if entry.Kind != store.CasePayment {
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
	a.Ticket = oneWord(c.Ticket)
	if kind, id := numbered(a.Ticket); kind == store.CasePayment {
		a.Ticket, a.PaymentID = "", store.PaymentID(id)
	}
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

type settledCmd struct {
	books
	Named string `arg:"" name:"entry" help:"The receipt of the entry, its ticket's code, or its own number, such as push:…, as the list prints it."`
	Note  string `required:"" help:"What you have found or done, for the records. Customers do not see it."`
	By    string `help:"Who says so." default:"box office"`
}

func (c settledCmd) Run(p *program) error {
	note := strings.TrimSpace(c.Note)
	if note == "" {
		return errors.New("--note must say what you have found or done; nothing was written")
	}
	return c.with(p, func(st *store.Store) error {
		cases, err := c.entries(p.ctx, st)
		if err != nil {
			return err
		}
		err = st.SettleCases(p.ctx, cases, note, c.By)
		if refusal, is := errors.AsType[*store.Refusal](err); is {
			action := wording.Action{Verb: wording.Resolve, Named: c.Named, For: cases[0].Name()}
			return fmt.Errorf("%s cannot be settled by a note: %w", c.Named, refused(action, refusal))
		}
		if err != nil {
			return err
		}
		for _, entry := range cases {
			if _, err := fmt.Fprintf(p.stdout,
				"%s (%s, ticket %s) is off the list; cinemasphere payments --all shows it with your note.\n",
				entry.Name(), or(entry.Receipt, "no receipt"), or(entry.TicketCode, "-")); err != nil {
				return err
			}
		}
		return nil
	})
}

// entries finds what is named: one entry by its number, all on the list that are about a receipt, or the only one of a
// ticket.
func (c settledCmd) entries(ctx context.Context, st *store.Store) ([]store.Case, error) {
	name := oneWord(c.Named)
	if kind, id := numbered(name); kind != "" {
		cases, err := st.Cases(ctx, store.CaseFilter{All: true})
		cases = slices.DeleteFunc(cases, func(entry store.Case) bool { return entry.Kind != kind || entry.ID != id })
		return c.some(cases, err)
	}
	cases, err := st.Cases(ctx, store.CaseFilter{Receipt: name})
	if err == nil && len(cases) == 0 {
		cases, err = st.Cases(ctx, store.CaseFilter{Ticket: name})
	}
	if len(cases) > 1 && cases[0].TicketCode == name {
		names := make([]string, len(cases))
		for i, entry := range cases {
			names[i] = cmp.Or(entry.Receipt, entry.Name())
		}
		return nil, fmt.Errorf("the ticket has several entries: name one of %s", strings.Join(names, ", "))
	}
	return c.some(cases, err)
}

func (c settledCmd) some(cases []store.Case, err error) ([]store.Case, error) {
	if err == nil && len(cases) == 0 {
		err = fmt.Errorf("nothing on the list is named %s: see cinemasphere payments", c.Named)
	}
	return cases, err
}
