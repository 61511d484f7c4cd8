package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type fsckCmd struct {
	books
}

// errUnsound makes the program exit with 1; the findings have been printed.
var errUnsound = errors.New("the books are not sound")

// Run audits the books; its error is errUnsound where they are not sound.
func (c fsckCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		a, err := checkout.AuditBooks(p.ctx, st)
		if err != nil {
			return err
		}
		return printAudit(p.stdout, a)
	})
}

// printAudit prints the result of an audit; its error is errUnsound where the books are not sound.
func printAudit(w io.Writer, a checkout.Audit) error {
	for _, sum := range a.Sums {
		fmt.Fprintf(w, "%-18s %7d payments  %s\n", sum.State, sum.Payments, wording.Cents(sum.Amount))
	}
	printBounds(w, a)
	if len(a.Wrong) == 0 {
		_, err := fmt.Fprintln(w, "The books are sound.")
		return err
	}
	for _, line := range a.Wrong {
		fmt.Fprintln(w, "WRONG:", line)
	}
	return errUnsound
}

// printBounds prints the least and most that M-PESA took, and each uncertain item.
func printBounds(w io.Writer, a checkout.Audit) {
	pushes := map[string]store.Push{}
	for _, push := range a.Undecided {
		pushes[store.OpenItem{Kind: store.ItemPush, ID: int64(push.ID)}.Name()] = push
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
			fmt.Fprintf(w, "  %s  %s\n", cmp.Or(o.Receipt, o.Name), wording.Between(o.Least, o.Most))
		}
	}
	if len(a.Pending) > 0 {
		fmt.Fprintf(w, "%-18s %7d payments, listed by cinemasphere payments\n", "without a receipt", len(a.Pending))
	}
	if pairs := a.Bounds.Alike; len(pairs) > 0 {
		fmt.Fprintf(w, "%-18s %7d pairs     up to %s may be due\n", "may be the same", len(pairs),
			wording.Cents(store.Between(pairs)))
		for _, pair := range pairs {
			fmt.Fprintf(w, "  %s and %s:%d, the prompt of ticket %s, %s\n", pair.Receipt, store.ItemPayment,
				pair.Pending, pair.Code, wording.Cents(pair.Amount))
		}
	}
	fmt.Fprintf(w, "%-28s %s\n", "M-PESA took in all", wording.Between(a.Bounds.Least, a.Bounds.Most))
}
