package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type paymentsCmd struct {
	books
	All     bool          `help:"List what is resolved, and prompts that failed, too."`
	State   []string      `enum:"applied,refund_due,unmatched,refunded,reversed_elsewhere,sending,prompted,unknown,soft_failed,failed,asking,confirmed,refused,person,unread,resolved,read" help:"Only these states: ${enum}."`
	Receipt string        `help:"Only this receipt."`
	Ticket  string        `help:"Only this ticket's code."`
	Phone   string        `help:"Only this phone number."`
	Within  time.Duration `help:"Only what is younger, such as 24h."`
	JSON    bool          `help:"As JSON, with whole phone numbers."`
}

// listed is an open item as JSON shows it.
type listed struct {
	store.OpenItem
	Name   string         `json:"name"`
	Why    string         `json:"why"`
	Do     string         `json:"do"` // as the printed list has it, in one line
	Advice wording.Advice `json:"advice"`
}

// troubleListed is how many prompts are listed while prompts fail for the cinema's set-up. sales status counts them
// all.
const troubleListed = 3

// Run lists the open items.
func (c paymentsCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		f := store.ItemFilter{
			All: c.All, States: c.State, Receipt: checkout.OneWord(c.Receipt), Ticket: checkout.OneWord(c.Ticket),
		}
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
		cases, err := st.Money().OpenItems(p.ctx, f)
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

func writeCases(w io.Writer, cases []store.OpenItem, initiator bool) error {
	out := make([]listed, len(cases))
	for i, c := range cases {
		out[i].OpenItem, out[i].Name = c, c.Name()
		advice := wording.Advise(c, initiator)
		out[i].Why, out[i].Do, out[i].Advice = advice.Why, strings.Join(steps(advice), "; "), advice
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func printCases(w io.Writer, cases []store.OpenItem, initiator bool) error {
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
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", wording.Moment(c.At), amount,
			cmp.Or(c.Receipt, "no receipt, "+c.Name()), mpesa.MaskDigits(cmp.Or(string(c.Phone), "-")),
			"ticket "+cmp.Or(c.TicketCode, "-"), c.State)
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "    %s\n", advice.Why)
		if len(c.Alike) > 0 {
			fmt.Fprintf(w, "    it may be the same money as %s\n", strings.Join(c.Alike, ", "))
		}
		if c.Kind == store.ItemCallback || c.Kind == store.ItemPayment && c.Text != "" {
			fmt.Fprintf(w, "    %s said: %s\n", c.Name(), cmp.Or(c.Text, "nothing"))
		}
		printSteps(w, advice)
		if c.ResolvedAt != 0 {
			fmt.Fprintf(w, "    resolved %s by %s: %s\n", wording.Moment(c.ResolvedAt), c.ResolvedBy, c.Note)
		}
	}
	return nil
}
