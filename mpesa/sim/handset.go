package sim

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

//go:embed pages
var pageFiles embed.FS

func parsePages() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "pages/*.html"))
}

// pagePolicy lets the pages load their one stylesheet and nothing else.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'"

// Handset serves the pages of a pretend phone, without JavaScript: a number is typed at "/", its handset is at
// "/phones/254712345678" (any way of writing the number leads there, as does "/?phone="), its M-PESA menu below that at
// "/pay", what was taken and what went back at "/ledger", e-mails of the box office at "/mail".
// All links are relative, so it may be mounted below any path that ends in a slash, with http.StripPrefix.
func (s *Sim) Handset() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.homePage)
	mux.HandleFunc("POST /{$}", s.pickPhone)
	mux.HandleFunc("GET /phones/{phone}", s.phonePage)
	mux.HandleFunc("POST /phones/{phone}", s.answerPrompt)
	mux.HandleFunc("GET /phones/{phone}/pay", s.payPage)
	mux.HandleFunc("POST /phones/{phone}/pay", s.payByHand)
	mux.HandleFunc("GET /ledger", s.ledgerPage)
	mux.HandleFunc("POST /ledger", s.reverseOnPage)
	mux.HandleFunc("GET /mail", s.mailboxPage)
	mux.HandleFunc("GET /mail/{mail}", s.mailPage)
	mux.HandleFunc("GET /mail/{mail}/{file}", s.mailFile)
	mux.HandleFunc("GET /handset.css", serveStyle(styleTag()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "private, no-store")
		rooted := r.Clone(r.Context())
		rooted.URL.Path = "/" + strings.TrimPrefix(r.URL.Path, "/") // whether or not the slash was stripped
		rooted.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		mux.ServeHTTP(w, rooted)
	})
}

// styleTag is the entity tag of the style sheet: pages that refresh themselves ask for it often.
func styleTag() string {
	css, _ := pageFiles.ReadFile("pages/handset.css")
	sum := sha256.Sum256(css)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

func serveStyle(tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", tag)
		http.ServeFileFS(w, r, pageFiles, "pages/handset.css")
	}
}

// page is what every page's frame needs. Root is the way back to "/", relative.
type page struct {
	Title, Root, Cinema string
	Problem             string
}

type homeView struct {
	page
	Typed     string
	Scenarios []Scenario
}

type phoneView struct {
	page
	Phone, Local, Clock string
	Scenario            *Scenario
	Prompt              *promptView
	Paying              bool // a payment by hand is on its way
	Messages            []message
	Delays              []answerDelay
	PromptLife          int // seconds
}

// answerDelay lets a person go back to the ticket and watch it wait.
type answerDelay struct {
	Seconds int
	Name    string
}

func answerDelays() []answerDelay {
	return []answerDelay{{0, "At once"}, {5, "In 5 seconds"}, {20, "In 20 seconds"}}
}

func (s *Sim) homePage(w http.ResponseWriter, r *http.Request) {
	if typed := r.URL.Query().Get("phone"); typed != "" {
		if phone, err := mpesa.ParseMSISDN(typed); err == nil {
			seeOther(w, "phones/"+string(phone))
			return
		}
	}
	s.renderHome(w, http.StatusOK, homeView{})
}

func (s *Sim) renderHome(w http.ResponseWriter, status int, v homeView) {
	v.Title, v.Cinema, v.Scenarios = "Pick up a phone", s.cfg.CinemaName, Scenarios()
	if v.Root == "" {
		v.Root = "./"
	}
	s.render(w, status, "home", v)
}

func (s *Sim) pickPhone(w http.ResponseWriter, r *http.Request) {
	typed, ending := r.PostFormValue("phone"), r.PostFormValue("ending")
	i := slices.IndexFunc(Scenarios(), func(sc Scenario) bool { return sc.Suffix == ending })
	if typed == "" && i >= 0 {
		typed = Scenarios()[i].Example()
	}
	phone, err := mpesa.ParseMSISDN(typed)
	if err != nil {
		s.renderHome(w, http.StatusUnprocessableEntity, homeView{
			page:  page{Problem: "That is no Kenyan mobile number. It begins with 07 or 01 and has ten digits."},
			Typed: typed,
		})
		return
	}
	if i >= 0 {
		phone = phone[:9] + mpesa.MSISDN(ending)
	}
	seeOther(w, "phones/"+string(phone))
}

func (s *Sim) phonePage(w http.ResponseWriter, r *http.Request) {
	phone, err := mpesa.ParseMSISDN(r.PathValue("phone"))
	switch {
	case err != nil:
		http.Error(w, "This is no Kenyan mobile number.", http.StatusNotFound)
	case string(phone) != r.PathValue("phone"):
		seeOther(w, string(phone))
	default:
		s.renderPhone(w, http.StatusOK, phone, "")
	}
}

func (s *Sim) renderPhone(w http.ResponseWriter, status int, phone mpesa.MSISDN, problem string) {
	now := s.cfg.Now()
	v := phoneView{
		page:       page{Title: phone.Local(), Root: "../", Cinema: s.cfg.CinemaName, Problem: problem},
		Phone:      string(phone),
		Local:      phone.Local(),
		Clock:      mpesa.InNairobi(now).Format("15:04"),
		Delays:     answerDelays(),
		PromptLife: int(s.scaled(s.cfg.PromptLife) / time.Second),
	}
	if sc, ok := s.scenarioOf(string(phone)); ok {
		v.Scenario = &sc
	}
	v.Prompt, v.Paying, v.Messages = s.screen(string(phone), now)
	// A page that asks for a PIN must not go away while it is typed.
	refresh := 3
	if v.Prompt != nil && v.Prompt.Interactive && !v.Prompt.Answering {
		refresh = v.Prompt.Left + 1
	}
	w.Header().Set("Refresh", strconv.Itoa(refresh))
	s.render(w, status, "phone", v)
}

func (s *Sim) answerPrompt(w http.ResponseWriter, r *http.Request) {
	phone, err := mpesa.ParseMSISDN(r.PathValue("phone"))
	if err != nil {
		http.Error(w, "This is no Kenyan mobile number.", http.StatusNotFound)
		return
	}
	seconds, _ := strconv.Atoi(r.PostFormValue("after"))
	if !slices.ContainsFunc(answerDelays(), func(d answerDelay) bool { return d.Seconds == seconds }) {
		seconds = 0
	}
	given := reply{pin: r.PostFormValue("pin"), cancel: r.PostFormValue("do") == "cancel"}
	err = s.answer(string(phone), r.PostFormValue("push"), given, time.Duration(seconds)*time.Second)
	switch {
	case errors.Is(err, ErrBadPIN):
		s.renderPhone(w, http.StatusUnprocessableEntity, phone, "A PIN has four digits. Try again.")
	case err != nil:
		s.renderPhone(w, http.StatusConflict, phone, "That prompt is over.")
	default:
		seeOther(w, string(phone))
	}
}

func (s *Sim) render(w http.ResponseWriter, status int, name string, view any) {
	var buf bytes.Buffer
	if err := s.pages.ExecuteTemplate(&buf, name, view); err != nil {
		http.Error(w, "The page could not be drawn.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes())
}

// seeOther redirects relatively, which http.Redirect cannot do below a stripped prefix.
func seeOther(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}
