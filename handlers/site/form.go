package site

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
)

// bookingForm is the booking form as it was sent.
type bookingForm struct {
	screening store.ScreeningID
	movie     store.MovieID // that the form was of; 0 where it does not say
	sent      bool          // it was filled in and sent, not opened
	name      string
	phone     string
	email     string
	quantity  string
	types     map[store.PriceTypeID]string // as typed, by price type
	zone      string
	without   []string // as typed: how many do without each surcharge
	seats     store.Labels
	gone      store.Labels    // seats that were ticked until somebody else took them, in a map that is looked at
	total     store.Shillings // as shown; -1 where there is none that could be
	nonce     string
	confirmed bool
	choose    bool // another screening was chosen, or the form is to be changed
}

// shortestNonce and longestNonce bound what may be a nonce of ours.
const (
	shortestNonce = 16
	longestNonce  = 64
)

func newNonce() string { return rand.Text() }

// parseForm reads a form of ours: urlencoded, at most web.MaxBody.
func parseForm(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return &web.Error{Status: http.StatusUnsupportedMediaType}
	}
	if err := r.ParseForm(); err != nil {
		if web.As[*http.MaxBytesError](err) {
			return err
		}
		return &web.Error{Status: http.StatusBadRequest, Err: fmt.Errorf("read form: %w", err)}
	}
	return nil
}

// readBooking reads the booking form. The error is about the request itself; what is wrong in the fields comes later. A
// screening that is no number is not found.
func (s *Site) readBooking(r *http.Request) (bookingForm, error) {
	if err := parseForm(r); err != nil {
		return bookingForm{}, err
	}
	f := r.PostForm
	id, err := strconv.ParseInt(strings.TrimSpace(f.Get("screening")), 10, 64)
	if err != nil || id <= 0 {
		return bookingForm{}, fmt.Errorf("screening: %w", store.ErrNotFound)
	}
	total, err := strconv.ParseInt(f.Get("total"), 10, 64)
	if err != nil || total <= 0 {
		total = -1
	}
	movie, err := strconv.ParseInt(f.Get("movie"), 10, 64)
	if err != nil {
		movie = 0
	}
	typed := bookingForm{
		screening: store.ScreeningID(id), movie: store.MovieID(movie), sent: true,
		name: f.Get("name"), phone: f.Get("phone"), email: f.Get("email"),
		quantity: strings.TrimSpace(f.Get("quantity")), total: store.Shillings(total), nonce: f.Get("nonce"),
		confirmed: f.Get("confirmed") == "1", choose: f.Has("choose"),
	}
	typed.readTickets(f)
	if !s.Store.Tells().Email { // then no form asks for an address
		typed.email = ""
	}
	return typed, nil
}

// typePrefix is before a price type's id in the name of its field.
const typePrefix = "type."

// mostSeats is how many seats a form may tick: more cannot be a booking's, and are an error of its own.
const mostSeats = 40

// readTickets reads which tickets are wanted: how many by price type, the zone, who does without what, and the chosen
// seats.
func (f *bookingForm) readTickets(values url.Values) {
	f.zone = values.Get("zone")
	for i := range store.MostSurcharges {
		f.without = append(f.without, strings.TrimSpace(values.Get("without."+strconv.Itoa(i))))
	}
	for name, typed := range values {
		id, err := strconv.ParseInt(strings.TrimPrefix(name, typePrefix), 10, 64)
		if strings.HasPrefix(name, typePrefix) && err == nil && len(f.types) < mostSeats {
			if f.types == nil {
				f.types = map[store.PriceTypeID]string{}
			}
			f.types[store.PriceTypeID(id)] = strings.TrimSpace(typed[0])
		}
	}
	if seats := values["seat"]; len(seats) > 0 {
		f.seats = seats[:min(len(seats), mostSeats)]
	}
	for _, offer := range values["take"] { // what was suggested instead of seats that were taken
		for label := range strings.FieldsSeq(offer) {
			if len(f.seats) < mostSeats && !slices.Contains(f.seats, label) {
				f.seats = append(f.seats, label)
			}
		}
	}
}

// carried are the fields with which a form for another screening begins: what was typed, but for seats of this one.
func (f bookingForm) carried(quantity string) (fields []views.CarriedField) {
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, views.CarriedField{Name: name, Value: echo(value)})
		}
	}
	add("movie", strconv.FormatInt(int64(f.movie), 10))
	add("name", f.name)
	add("phone", f.phone)
	add("email", f.email)
	add("zone", f.zone)
	if f.types == nil {
		add("quantity", quantity)
	}
	for _, id := range slices.Sorted(maps.Keys(f.types)) {
		add(typePrefix+strconv.FormatInt(int64(id), 10), f.types[id])
	}
	return fields
}

// wanted is how many tickets the form asks for; 0 where that cannot be said.
func (f bookingForm) wanted() (n int) {
	switch {
	case f.types != nil:
		for _, c := range f.counts() {
			n += max(c.N, 0)
		}
	case f.seats != nil:
		return len(f.seats)
	default:
		n, _ = strconv.Atoi(f.quantity) // what is no number is 0
	}
	return min(max(n, 0), mostSeats)
}

// counts are how many tickets of each type are wanted, in the order of their ids. What is no number is -1.
func (f bookingForm) counts() (counts []store.TypeCount) {
	for _, id := range slices.Sorted(maps.Keys(f.types)) {
		n, err := strconv.Atoi(cmp.Or(f.types[id], "0"))
		if err != nil || n < 0 || n > mostSeats {
			n = -1
		}
		if n != 0 {
			counts = append(counts, store.TypeCount{Type: id, N: n})
		}
	}
	return counts
}

// doWithout is how many do without each surcharge; -1 is no number.
func (f bookingForm) doWithout() (counts []int) {
	for _, typed := range f.without {
		n, err := strconv.Atoi(cmp.Or(typed, "0"))
		if err != nil || n < 0 {
			n = -1
		}
		counts = append(counts, n)
	}
	return counts
}

// booking is what the form asks for. A quantity that is no whole number becomes 0, which Check finds.
func (f bookingForm) booking(browser string) checkout.Booking {
	quantity, err := strconv.Atoi(f.quantity)
	if err != nil || f.types != nil || f.seats != nil {
		quantity = 0
	}
	return checkout.Booking{
		ScreeningID: f.screening, Name: f.name, Phone: f.phone, Email: f.email, Quantity: quantity,
		Types: f.counts(), Zone: f.zone, Without: f.doWithout(), Seats: f.seats,
		Total: f.total,
		Key:   "form:" + f.nonce, Browser: browser,
	}
}

// goodNonce reports whether the nonce may be one of ours: letters and digits.
func (f bookingForm) goodNonce() bool {
	return len(f.nonce) >= shortestNonce && len(f.nonce) <= longestNonce &&
		!strings.ContainsFunc(f.nonce, func(c rune) bool {
			return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
		})
}

// echo is what was typed, as its field shows it back: whole, however long.
func echo(typed string) string { return strings.ToValidUTF8(strings.ReplaceAll(typed, "\x00", ""), "") }

// quoted is what was typed, short enough for a sentence.
func quoted(typed string) string { return echoed(typed, 20) }

// echoed is the same of a text that may be cut.
func echoed(typed string, longest int) string {
	typed = echo(typed)
	if runes := []rune(typed); len(runes) > longest {
		return string(runes[:longest])
	}
	return typed
}
