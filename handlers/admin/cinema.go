package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/views"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

// changedSentence is what the second of two people who edit one thing reads.
const changedSentence = "Somebody else has saved this since you opened it. Nothing of yours was saved, and it stands " +
	"below as you typed it. Saving again puts it in place of theirs."

// CinemaPage answers GET /admin/cinema.
func (a *Admin) CinemaPage(w http.ResponseWriter, r *http.Request) error {
	cinema, err := a.Store.Catalogue().Cinema(r.Context())
	if err != nil {
		return err
	}
	return a.cinemaPage(w, r, http.StatusOK, pages.CinemaForm{Cinema: cinema})
}

func (a *Admin) cinemaPage(w http.ResponseWriter, r *http.Request, status int, v pages.CinemaForm) error {
	v.Paybill, v.Till = a.Paybill, a.Till
	cinema, err := a.Store.Catalogue().Cinema(r.Context())
	if err != nil {
		return err
	}
	v.Brand = views.BrandOf(cinema)
	return a.render(w, r, status, pages.CinemaPage(v))
}

// EditCinema answers POST /admin/cinema.
func (a *Admin) EditCinema(w http.ResponseWriter, r *http.Request) error {
	have, err := a.Store.Catalogue().Cinema(r.Context())
	if err != nil {
		return err
	}
	v := pages.CinemaForm{Errors: map[string]string{}}
	v.Cinema = readCinema(r.PostForm, have, v.Errors)
	v.Cinema.Version = number(r.PostForm.Get("version"))
	if len(v.Errors) > 0 {
		return a.cinemaPage(w, r, http.StatusUnprocessableEntity, v)
	}
	err = a.Store.Catalogue().SetCinema(r.Context(), v.Cinema)
	if errors.Is(err, store.ErrChanged) {
		v.Cinema.Version, v.Notice = have.Version, changedSentence
		for _, f := range cinemaTexts(&have) {
			if mine := f.of(&v.Cinema); *mine != *f.at {
				v.Errors[f.name] = "It is now: " + *f.at
			}
		}
		return a.cinemaPage(w, r, http.StatusConflict, v)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, prefix+"/cinema", "The cinema is saved.")
}

// cinemaText is a field of the form of the cinema's identity.
type cinemaText struct {
	name    string
	at      *string
	of      func(*store.Cinema) *string
	longest int
	tidy    func(string) (string, string) // the value as it is kept, or what is wrong with it
}

// cinemaTexts are the fields of the form.
func cinemaTexts(c *store.Cinema) []cinemaText {
	fields := []cinemaText{
		{name: "cinema", of: func(c *store.Cinema) *string { return &c.Name }, longest: 60, tidy: tidyName},
		{name: "address", of: func(c *store.Cinema) *string { return &c.AddressLine1 }, longest: 120},
		{name: "town", of: func(c *store.Cinema) *string { return &c.AddressLine2 }, longest: 80},
		{name: "phone", of: func(c *store.Cinema) *string { return &c.Phone }, longest: 40, tidy: tidyPhone},
		{name: "email", of: func(c *store.Cinema) *string { return &c.Email }, longest: 120, tidy: tidyEmail},
		{name: "kra", of: func(c *store.Cinema) *string { return &c.KRAPin }, longest: 20, tidy: tidyKRA},
		{name: "tagline", of: func(c *store.Cinema) *string { return &c.Tagline }, longest: 100},
		{name: "map", of: func(c *store.Cinema) *string { return &c.MapURL }, longest: 500, tidy: tidyLink},
		{name: "facebook", of: func(c *store.Cinema) *string { return &c.Facebook }, longest: 200, tidy: tidyLink},
		{name: "instagram", of: func(c *store.Cinema) *string { return &c.Instagram }, longest: 200, tidy: tidyLink},
		{name: "x", of: func(c *store.Cinema) *string { return &c.X }, longest: 200, tidy: tidyLink},
		{name: "accent", of: func(c *store.Cinema) *string { return &c.Accent }, longest: 20, tidy: tidyAccent},
		{name: "about", of: func(c *store.Cinema) *string { return &c.About }, longest: 1000},
		{name: "refunds", of: func(c *store.Cinema) *string { return &c.RefundTerms }, longest: 2000},
	}
	for i := range fields {
		fields[i].at = fields[i].of(c)
	}
	return fields
}

// readCinema reads the cinema's identity from a form, and adds what is wrong with it to the errors. A field that the
// form does not have keeps what there is.
func readCinema(f url.Values, c store.Cinema, wrong map[string]string) store.Cinema {
	for _, field := range cinemaTexts(&c) {
		if !f.Has(field.name) && *field.at != "" {
			continue
		}
		typed := strings.ReplaceAll(f.Get(field.name), "\r\n", "\n")
		value, problem := tidyText(typed, field.longest)
		if problem == "" && field.tidy != nil {
			value, problem = field.tidy(value)
		}
		if problem != "" {
			value = echo(typed)
			wrong[field.name] = problem
		}
		*field.at = value
	}
	return c
}

func tidyText(typed string, longest int) (string, string) {
	value := strings.TrimSpace(typed)
	shown := strings.Map(func(r rune) rune {
		if r == '\n' || unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, value)
	switch {
	case !utf8.ValidString(value) || !store.Printable(shown):
		return "", wording.FilmFault(store.Fault{Kind: store.TextUnprintable})
	case utf8.RuneCountInString(value) > longest:
		return "", fmt.Sprintf("At most %d characters.", longest)
	}
	return value, ""
}

func tidyName(value string) (string, string) {
	if value == "" {
		return "", "Please type the name that customers read."
	}
	return value, ""
}

// tidyPhone takes a number as people write it: digits, with a plus before and spaces, hyphens and brackets between.
func tidyPhone(value string) (string, string) {
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case strings.ContainsRune("+ -()/.", r):
			return -1
		}
		return 'x'
	}, value)
	if value != "" && (strings.Contains(digits, "x") || len(digits) < 6 || len(digits) > 15 ||
		strings.LastIndex(value, "+") > 0) {
		return "", "This is no phone number. Write it as 0712 345 678 or +254 712 345 678."
	}
	return value, ""
}

func tidyEmail(value string) (string, string) {
	if value == "" {
		return "", ""
	}
	address, err := mail.ParseAddress(value)
	if err != nil || address.Address != value || !strings.Contains(value[strings.LastIndex(value, "@"):], ".") {
		return "", "This is no e-mail address. Write it as info@cinema.co.ke."
	}
	return value, ""
}

// kraPin is a KRA PIN: A for a person or P for a company.
var kraPin = regexp.MustCompile(`^[AP][0-9]{9}[A-Z]$`)

func tidyKRA(value string) (string, string) {
	value = strings.ToUpper(strings.Join(strings.Fields(value), ""))
	if value != "" && !kraPin.MatchString(value) {
		return "", "A KRA PIN is a letter A or P, nine digits and a letter, such as P051234567X."
	}
	return value, ""
}

// tidyLink takes the address of a page elsewhere, with or without https://.
func tidyLink(value string) (string, string) {
	if value == "" {
		return "", ""
	}
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !strings.Contains(u.Hostname(), ".") ||
		u.User != nil || strings.ContainsAny(value, " \n\"<>\\") {
		return "", "This is no address of a page. Copy it from the browser, such as https://www.facebook.com/cinema."
	}
	return value, ""
}

var hexColour = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// The least contrasts of WCAG 2.2 AA: of words, and of shapes.
const (
	wordContrast  = 4.5
	shapeContrast = 3.0
	pageColour    = "#0b0b0d" // behind the pages for customers
)

// tidyAccent takes a colour on which white words are legible, and that stands out from the page.
func tidyAccent(value string) (string, string) {
	value = strings.ToLower(value)
	if value == "" {
		return "", ""
	}
	if !strings.HasPrefix(value, "#") {
		value = "#" + value
	}
	if len(value) == len("#abc") {
		value = "#" + strings.Repeat(value[1:2], 2) + strings.Repeat(value[2:3], 2) + strings.Repeat(value[3:], 2)
	}
	switch {
	case !hexColour.MatchString(value):
		return "", "A colour is # and six of the digits 0 to 9 and a to f, such as #e50914."
	case ui.Contrast(value, "#ffffff") < wordContrast:
		return "", "White words are hard to read on this colour. Please choose a darker one."
	case ui.Contrast(value, pageColour) < shapeContrast:
		return "", "This colour can hardly be told from the page behind it. Please choose a lighter one."
	}
	return value, ""
}

// number reads a number of ours from a form or an address; 0 is none.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// SetUpPage answers GET /admin/setup/{token}.
func (a *Admin) SetUpPage(w http.ResponseWriter, r *http.Request) error {
	if err := a.Staff.CheckSetUpToken(r.Context(), chi.URLParam(r, "token")); err != nil {
		return usedUp(err)
	}
	have, err := a.Store.Catalogue().Readiness(r.Context())
	if err != nil {
		return err
	}
	return a.setUpPage(w, r, http.StatusOK, pages.SetUpForm{Opening: newOpening(a.Now(), have)})
}

func (a *Admin) setUpPage(w http.ResponseWriter, r *http.Request, status int, v pages.SetUpForm) error {
	v.Action, v.Paybill, v.Till = r.URL.Path, a.Paybill, a.Till
	var err error
	if v.Ratings, err = a.Store.Catalogue().Ratings(r.Context()); err != nil {
		return err
	}
	return a.render(w, r, status, pages.SetUpPage(v))
}

// SetUp answers POST /admin/setup/{token}.
func (a *Admin) SetUp(w http.ResponseWriter, r *http.Request) error {
	v := pages.SetUpForm{Name: echo(r.PostForm.Get("name"))}
	v.Errors = map[string]string{}
	v.Cinema = readCinema(r.PostForm, store.Cinema{}, v.Errors)
	first := staff.FirstOwner{
		Name: r.PostForm.Get("name"), Password: r.PostForm.Get("password"), Cinema: v.Cinema,
	}
	v.Opening, first.Opening = a.readOpening(r.PostForm, v.Errors)
	if len(v.Errors) > 0 {
		// What is wrong with the rest is said at once, and nothing is written.
		first.Password = ""
	}
	signed, err := a.Staff.SetUp(r.Context(), chi.URLParam(r, "token"), first, a.place(r))
	if invalid, is := errors.AsType[staff.Invalid](err); is {
		for field, sentence := range invalid {
			v.Errors[field] = sentence
		}
		if typed := r.PostForm.Get("password"); first.Password == "" && typed != "" {
			v.Errors["password"] = or(staff.PasswordProblem(typed, first.Name), "Please type the password once more.")
		}
		return a.setUpPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if openingRefused(err, v.Errors) {
		v.Errors["password"] = "Please type the password once more."
		return a.setUpPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if errors.Is(err, store.ErrNotFound) {
		return a.setUpAlready(w, r, usedUp(err))
	}
	if err != nil {
		return err
	}
	said := ""
	if o := first.Opening; o != nil && o.Movie.Title != "" {
		said = " " + o.Movie.Title + " is on sale for " + wording.Date(o.Starts) + ", " + wording.Clock(o.Starts) + "."
	}
	return a.setUpDone(w, r, signed, said)
}

func (a *Admin) setUpDone(w http.ResponseWriter, r *http.Request, signed staff.SignedIn, more string) error {
	a.setFlash(w, "Your cinema is set up, and you are signed in."+more)
	return a.begin(w, r, signed, checklistPath)
}

// setUpAlready answers a form of the set-up page whose one-time address is used up. Where it is the form that used it,
// pressed twice, it leads where the first press did: who typed the owner's name and password is the owner.
func (a *Admin) setUpAlready(w http.ResponseWriter, r *http.Request, otherwise error) error {
	used, err := a.Staff.UsedSetUpToken(r.Context(), chi.URLParam(r, "token"))
	switch {
	case err != nil:
		return err
	case !used:
		return otherwise
	case me(r).Name != "":
		http.Redirect(w, r, checklistPath, http.StatusSeeOther)
		return nil
	}
	f := r.PostForm
	signed, err := a.Staff.SignIn(r.Context(), staff.Try{Name: f.Get("name"), Password: f.Get("password")}, a.place(r))
	if _, tooMany := errors.AsType[staff.Wait](err); tooMany || errors.Is(err, staff.ErrWrong) {
		web.LogError(w, err)
		return otherwise
	}
	if err != nil {
		return err
	}
	return a.setUpDone(w, r, signed, "")
}

// SetUpTooOld answers a form of the set-up page that comes without its token: it is given back. Who has the one-time
// address may set up the cinema.
func (a *Admin) SetUpTooOld(w http.ResponseWriter, r *http.Request) error {
	err := a.Staff.CheckSetUpToken(r.Context(), chi.URLParam(r, "token"))
	if errors.Is(err, store.ErrNotFound) {
		return a.setUpAlready(w, r, errTooOld())
	}
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusForbidden, pages.KeptPage(keep(r, r.PostForm, nil)))
}
