package sim

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"cinemasphere/mpesa"
)

type payView struct {
	page
	Phone, Local, Clock string
	Receivers           []receiver
	To, Account, Amount string // as typed
	URLs                URLs
	Validated           bool
}

// receiver is who can be paid by hand.
type receiver struct{ Number, Name string }

// receivers are the cinema's till, where it has one, and its paybill.
func (s *Sim) receivers() []receiver {
	paybill := receiver{s.cfg.Shortcode, "Pay bill " + s.cfg.Shortcode}
	if s.isTill(s.cfg.Till) {
		return []receiver{{s.cfg.Till, "Buy goods, till " + s.cfg.Till}, paybill}
	}
	return []receiver{paybill}
}

// payPage is the M-PESA menu of a phone. It does not refresh itself, since things are typed on it; to, account and
// amount of the query fill it in.
func (s *Sim) payPage(w http.ResponseWriter, r *http.Request) {
	phone, err := mpesa.ParseMSISDN(r.PathValue("phone"))
	if err != nil {
		http.Error(w, "This is no Kenyan mobile number.", http.StatusNotFound)
		return
	}
	query := r.URL.Query()
	v := payView{To: query.Get("to"), Account: query.Get("account"), Amount: query.Get("amount")}
	if v.To == "" && v.Account != "" {
		v.To = s.cfg.Shortcode
	}
	s.renderPay(w, http.StatusOK, phone, v)
}

func (s *Sim) renderPay(w http.ResponseWriter, status int, phone mpesa.MSISDN, v payView) {
	v.page = page{Title: "Pay by hand, " + phone.Local(), Root: "../../", Cinema: s.cfg.CinemaName, Problem: v.Problem}
	v.Phone, v.Local, v.Clock = string(phone), phone.Local(), mpesa.InNairobi(s.cfg.Now()).Format("15:04")
	v.Receivers, v.URLs, v.Validated = s.receivers(), s.RegisteredURLs(), s.cfg.Validation
	s.render(w, status, "pay", v)
}

func (s *Sim) payByHand(w http.ResponseWriter, r *http.Request) {
	phone, err := mpesa.ParseMSISDN(r.PathValue("phone"))
	if err != nil {
		http.Error(w, "This is no Kenyan mobile number.", http.StatusNotFound)
		return
	}
	typed := payView{
		To: r.PostFormValue("to"), Account: r.PostFormValue("account"),
		Amount: strings.TrimSpace(r.PostFormValue("amount")),
	}
	amount, _ := strconv.Atoi(strings.ReplaceAll(typed.Amount, ",", ""))
	p := HandPayment{
		Phone: string(phone), To: typed.To, Account: typed.Account, Amount: amount, PIN: r.PostFormValue("pin"),
	}
	err = s.beginByHand(p)
	if problem, status := payProblem(err); problem != "" {
		typed.Problem = problem
		s.renderPay(w, status, phone, typed)
		return
	}
	if err == nil {
		s.finishSoon(p)
	}
	seeOther(w, "../"+string(phone))
}

// finishSoon finishes a payment at once where nobody is asked first, else while the page is already shown.
func (s *Sim) finishSoon(p HandPayment) {
	s.mu.Lock()
	asks := s.cfg.Validation && s.urls.Validation != "" && !s.closed
	if asks {
		s.after(0, func() { _, _ = s.finishByHand(p) })
	}
	s.mu.Unlock()
	if !asks {
		_, _ = s.finishByHand(p) // what comes of it is on the phone
	}
}

// payProblem is what a person is told who has to type something again. A wrong PIN is told by M-PESA's own message.
func payProblem(err error) (problem string, status int) {
	switch {
	case err == nil, errors.Is(err, ErrWrongPIN):
		return "", 0
	case errors.Is(err, ErrReceiver):
		return "Choose whom to pay.", http.StatusUnprocessableEntity
	case errors.Is(err, ErrAccount):
		return "A paybill needs an account number of 1 to 20 characters.", http.StatusUnprocessableEntity
	case errors.Is(err, ErrAmount):
		return "The amount is 1 to 250,000 shillings, without cents.", http.StatusUnprocessableEntity
	case errors.Is(err, ErrBadPIN):
		return "A PIN has four digits. Try again.", http.StatusUnprocessableEntity
	case errors.Is(err, ErrPhoneBusy):
		return "Another payment of this phone is on its way.", http.StatusConflict
	}
	return "M-PESA is closed for now.", http.StatusServiceUnavailable
}
