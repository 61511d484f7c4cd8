package sim

import (
	"errors"
	"net/http"
	"slices"

	"cinemasphere/mpesa"
)

type ledgerView struct {
	page
	Sum, Back, Net string
	Count, Backs   int
	Entries        []entryView
	Reversible     []entryView
}

type entryView struct {
	Receipt, Amount, Phone, What, When string
	Reversed, Gone                     bool   // in part, or whole
	Back, By                           string // how it went back
}

const shownEntries = 100

func (s *Sim) ledgerPage(w http.ResponseWriter, _ *http.Request) {
	s.renderLedger(w, http.StatusOK, "")
}

func (s *Sim) renderLedger(w http.ResponseWriter, status int, problem string) {
	totals := s.Totals()
	v := ledgerView{
		page:  page{Title: "Ledger", Root: "./", Cinema: s.cfg.CinemaName, Problem: problem},
		Sum:   shillings(totals.PaidAmount),
		Back:  shillings(totals.ReversedAmount),
		Net:   shillings(totals.Net()),
		Count: totals.Paid,
		Backs: totals.Reversed,
	}
	newest := s.ledgerFrom(totals.Paid - shownEntries)
	for _, e := range slices.Backward(newest) {
		row := viewEntry(e)
		v.Entries = append(v.Entries, row)
		if !e.Reversed {
			v.Reversible = append(v.Reversible, row)
		}
	}
	s.render(w, status, "ledger", v)
}

func viewEntry(e Entry) entryView {
	const layout = "2 Jan 2006 15:04:05"
	row := entryView{
		Receipt: e.Receipt, Amount: shillings(e.Amount), Phone: mpesa.MSISDN(e.Phone).Masked(),
		What: "for " + e.Reference, When: mpesa.InNairobi(e.At).Format(layout), Reversed: e.Reversed,
	}
	if e.Kind == KindC2B {
		row.What += " by hand"
		if e.BuyGoods {
			row.What = "to the till, by hand"
		}
	}
	if e.Reversed {
		row.Back = e.Reversal.Receipt + ", " + mpesa.InNairobi(e.Reversal.At).Format(layout)
		row.By = map[string]string{
			ByAPI: "on request", ByOperator: "by the operator", BySafaricom: "by Safaricom",
		}[e.Reversal.By]
		row.Gone = e.Reversal.Amount == e.Amount
		if !row.Gone {
			row.By += ", " + shillings(e.Reversal.Amount) + " of it"
		}
	}
	return row
}

// reverseOnPage reverses a payment by hand, as in the portal.
func (s *Sim) reverseOnPage(w http.ResponseWriter, r *http.Request) {
	by := ByOperator
	if r.PostFormValue("by") == BySafaricom {
		by = BySafaricom
	}
	switch err := s.reverseByHand(r.PostFormValue("receipt"), by); {
	case errors.Is(err, errNoReceipt):
		s.renderLedger(w, http.StatusUnprocessableEntity, "Choose a payment.")
	case errors.Is(err, errNoFunds):
		s.renderLedger(w, http.StatusConflict, "There is not enough money left in the cinema's account.")
	case err != nil:
		s.renderLedger(w, http.StatusConflict, "That payment is reversed already.")
	default:
		seeOther(w, "ledger")
	}
}
