package sim

import (
	"errors"
	"net/http"
	"strconv"
)

// controlMoney serves what has to do with the ledger.
func (s *Sim) controlMoney(mux *http.ServeMux) {
	mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, append([]Entry{}, s.ledgerFrom(fromIndex(r))...))
	})
	mux.HandleFunc("GET /reversals", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, append([]Reversal{}, s.reversalsFrom(fromIndex(r))...))
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Requests())
	})
	mux.HandleFunc("POST /ledger/{receipt}/reverse", s.controlReverse)
	mux.HandleFunc("POST /withdraw", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Amount int `json:"amount"`
		}
		switch {
		case !readControl(w, r, &body):
		case !s.Withdraw(body.Amount):
			controlError(w, http.StatusConflict, errNoFunds)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc("POST /payments", s.controlPay)
}

func fromIndex(r *http.Request) int {
	from, _ := strconv.Atoi(r.FormValue("from"))
	return from
}

// controlReverse reverses a payment by hand; ?by=safaricom is done by Safaricom, else by the cinema's operator.
func (s *Sim) controlReverse(w http.ResponseWriter, r *http.Request) {
	by := ByOperator
	if r.FormValue("by") == BySafaricom {
		by = BySafaricom
	}
	switch err := s.reverseByHand(r.PathValue("receipt"), by); {
	case errors.Is(err, errNoReceipt):
		controlError(w, http.StatusNotFound, err)
	case err != nil && !errors.Is(err, errAlreadyReversed):
		controlError(w, http.StatusConflict, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sim) controlPay(w http.ResponseWriter, r *http.Request) {
	var p HandPayment
	if !readControl(w, r, &p) {
		return
	}
	switch receipt, err := s.PayByHand(p); {
	case errors.Is(err, ErrWrongPIN), errors.Is(err, ErrPhoneBusy), errors.Is(err, ErrRejected),
		errors.Is(err, ErrClosed):
		controlError(w, http.StatusConflict, err)
	case err != nil:
		controlError(w, http.StatusBadRequest, err)
	default:
		writeJSON(w, http.StatusCreated, map[string]string{"receipt": receipt})
	}
}
