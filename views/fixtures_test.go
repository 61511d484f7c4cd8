package views_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/views"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// evil is a text that must never become markup.
const evil = `<script>alert(1)</script>"'&`

// now is Monday 23 November 2026, 18:30 in Nairobi.
var now = store.At(time.Date(2026, 11, 23, 15, 30, 0, 0, time.UTC))

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func doc(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// text is what one reads: a node's text with each run of white space, or the end of a block, as one space.
func text(s *goquery.Selection) string {
	s = s.Clone()
	s.Find("p, li, h1, h2, h3, ul, div, br, dt, dd, nav").AppendHtml(" ").BeforeHtml(" ")
	return strings.Join(strings.Fields(s.Text()), " ")
}

func wantText(t *testing.T, d *goquery.Document, selector, want string) {
	t.Helper()
	if got := text(d.Find(selector)); !strings.Contains(got, want) {
		t.Errorf("%s reads %q, want %q in it", selector, got, want)
	}
}

func wantAttr(t *testing.T, d *goquery.Document, selector, name, want string) {
	t.Helper()
	if got, ok := d.Find(selector).Attr(name); !ok || got != want {
		t.Errorf("%s of %s is %q, want %q", name, selector, got, want)
	}
}

func wantCount(t *testing.T, d *goquery.Document, selector string, want int) {
	t.Helper()
	if got := d.Find(selector).Length(); got != want {
		t.Errorf("%d of %s, want %d", got, selector, want)
	}
}

func page() views.Page {
	return views.Page{
		Path: "/", BaseURL: "https://tickets.example.co.ke", Year: 2026, Demo: true, Simulator: true,
		Cinema: store.Cinema{Name: "CinemaSphere", Tagline: "The big screen, a tap away.",
			About: "An independent cinema.", AddressLine1: "Kimathi Street, CBD", AddressLine2: "Nairobi, Kenya",
			Email: "info@cinemasphere.com", Phone: "+254 114 742 348",
			Facebook: "https://www.facebook.com/cinemasphere"},
	}
}

func movie() store.Movie {
	return store.Movie{ID: 7, Slug: "top-gun-maverick", Title: "Top Gun: Maverick",
		Synopsis: "The navy's best pilot is still a captain.", Poster: "top-gun-maverick",
		PosterAlt: "A jet climbs out of a striped sun.", Runtime: 130, AgeRating: "PG", Genre: "Action",
		Language: "English"}
}

func screening(id store.ScreeningID, in time.Duration, left int) store.Screening {
	at := now.Add(in)
	return store.Screening{
		ID: id, MovieID: 7, Hall: "Screen 1", StartsAt: at, SalesCloseAt: at, Prices: store.OnePrice(135000),
		Capacity: 220, Status: store.OnSale, Left: left,
	}
}

func film() store.Film {
	return store.Film{Movie: movie(), Screenings: []store.Screening{
		screening(11, 25*time.Hour+30*time.Minute, 0), screening(12, 49*time.Hour+30*time.Minute, 7),
		screening(13, 52*time.Hour, 200),
	}}
}

// known is a film of which everything is known.
func known() store.Film {
	f := film()
	m := &f.Movie
	m.ID, m.Title, m.ShortTitle, m.Poster, m.PosterHash = 9, "Supa Modo", "Supa Modo", "", "0123456789abcdef01234567"
	m.AgeRating, m.RatingName, m.MinimumAge = "16", "16 and over", 16
	m.RatingReason, m.Certificate = "violence", "KFCB/2026/0117"
	m.Format, m.Language, m.Subtitles, m.TrailerURL = "3D", "Kiswahili", "English", "https://video.example/supa"
	m.OpensOn, m.LastOn = "2026-11-20", "2026-12-24"
	return f
}

func form() views.BookingForm {
	f := film()
	return views.BookingForm{Movie: f.Movie, Screening: f.Screenings[1], Screenings: f.Screenings, Name: "Wanjiku",
		Phone: "0712 345 678", Quantity: "2", Total: 2700, Nonce: "nonce-1", MaxTickets: 10, Now: now,
		Lines: store.Lines{{Price: store.OnePrice(135000)[0], N: 2}}, Priced: true, Seats: seats()}
}

// seats are a map of three rows: a taken seat, a chosen one, an aisle, a wheelchair place.
func seats() *views.SeatChoice {
	plan := &store.Plan{}
	m := store.SeatMap{Plan: plan}
	for row, label := range []string{"A", "B", "AA"} {
		plan.Rows = append(plan.Rows, store.Row{Label: label, From: len(plan.Seats), To: len(plan.Seats) + 5})
		for col := range 6 {
			if col == 3 {
				continue
			}
			seat := store.Seat{Number: col + 1, Label: label + strconv.Itoa(col+1), Kind: "ordinary", Mate: -1}
			seat.Row, seat.Col = row, col
			if row == 2 {
				seat.Kind = "accessible"
			}
			plan.Seats = append(plan.Seats, seat)
			m.Free = append(m.Free, row != 0 || col != 1)
		}
	}
	return &views.SeatChoice{
		Map: m, Chosen: map[string]bool{"B1": true}, Prices: store.OnePrice(135000), Path: "/screenings/12/book/seats",
	}
}

func ticket(status store.Status) views.TicketView {
	tk := &store.Ticket{ID: 1, Code: "0KRWMTX7P", Secret: "SECRET", CustomerName: "Wanjiku Kamau",
		Phone: "254712345678", Quantity: 2, Total: 2700, Status: status, Seats: store.Labels{"J9", "J10"},
		HeldSince: now.Add(-8 * time.Second), HoldUntil: now.Add(172 * time.Second), Version: 3, Movie: movie(),
		Screening: screening(12, 49*time.Hour, 0)}
	tk.Push.State = store.PushPrompted
	v := views.TicketView{Ticket: tk, Cinema: "CinemaSphere", Now: now, Phone: "0712 345 678"}
	switch status {
	case store.Pending:
	case store.Paid:
		tk.HoldUntil, tk.Receipt, v.Pass = 0, "TKN4H7XQ2P", "CS1:0KRWMTX7P:MFRGGZDFMZTWQ2LKNNWG23TPOA"
	case store.Failed:
		v.Title, v.Sentence, v.CanRetry, v.RetryPhone = "Wrong M-PESA PIN", "The PIN was not right. Nothing was taken.",
			true, "0712 345 678"
	}
	return v
}

// pages is every page in every state.
func pages() map[string]templ.Component {
	p, f := page(), film()
	home := views.Home{
		Films: []store.Film{f, {Movie: store.Movie{ID: 8, Title: "Inside Out 2"}}}, Now: now,
		Genres: []string{"Action", "Science fiction"},
	}
	bare := form()
	bare.Screenings = bare.Screenings[1:2]
	wrong := form()
	wrong.Notice, wrong.WaitingURL = "A prompt is already on that phone.", "/tickets/OTHER"
	wrong.Errors = map[string]string{
		"name": "Please tell us your name.", "phone": "Please enter a number.", "quantity": "Please choose 1 to 10.",
		"screening": "Please choose another.",
	}
	closed, shut := form(), form()
	closed.Closed = "The film has begun."
	shut.Closed, shut.Reopens = "M-PESA is not answering, so bookings are closed for the moment. Please look in "+
		"again in a few minutes.", true
	noBookings := page()
	noBookings.Closed = "M-PESA is not answering, so bookings are closed for the moment. Please look in again in a " +
		"few minutes."
	out := map[string]templ.Component{
		"home": views.HomePage(p, home), "home empty": views.HomePage(p, views.Home{Now: now}),
		"home failed": views.HomePage(p, views.Home{Failed: true}),
		"home genre empty": views.HomePage(p, views.Home{Now: now, Genres: home.Genres,
			Filter: views.Filter{Genre: "Action"}}),
		"bare home":                   views.HomePage(views.Page{}, home),
		"film":                        views.MoviePageView(p, views.MoviePage{Film: f, Now: now}),
		"film with all that is known": views.MoviePageView(p, views.MoviePage{Film: known(), Now: now}),
		"home with all to choose from": views.HomePage(p, views.Home{
			Films: []store.Film{known(), f}, Now: now, Genres: home.Genres, Languages: []string{"English", "Kiswahili"},
			Ratings: []string{"PG", "16"}, Days: []store.Day{"2026-11-23", "2026-11-24", "2026-11-28"}, Pages: 3,
			Filter: views.Filter{Search: "sup", Day: "2026-11-24", Language: "Kiswahili", Rating: "16", Page: 2},
		}),
		"film without screenings": views.MoviePageView(p, views.MoviePage{Film: home.Films[1], Now: now}),
		"booking":                 views.BookingPage(p, form()), "booking of one": views.BookingPage(p, bare),
		"booking wrong": views.BookingPage(p, wrong), "booking closed": views.BookingPage(p, closed),
		"bookings closed":       views.BookingPage(p, shut),
		"home, bookings closed": views.HomePage(noBookings, home),
		"film, bookings closed": views.MoviePageView(noBookings, views.MoviePage{Film: f, Now: now}),
		"confirm":               views.Confirm(p, views.ConfirmPage{Form: form(), Phone: "0712 345 678", Total: 2700}),
	}
	for name, v := range tickets() {
		out[name] = views.TicketPage(p, v)
		out[name+", receipt"] = views.ReceiptPage(p, v)
	}
	for _, status := range []int{404, 409, 422, 429, 500, 503} {
		out["problem "+strconv.Itoa(status)] = views.ProblemPage(p, views.Problem{
			Status: status, Title: "Something", Sentence: "Do this.", RetryAfter: 30,
		})
	}
	return out
}

// cancelled is what a ticket's page knows once its screening is cancelled.
func cancelled(v *views.TicketView) {
	v.Ticket.Screening.Status, v.Ticket.Screening.CancelReason = store.Cancelled, "The projector is broken."
	v.SalesClosed, v.CanRetry = v.Ticket.Status == store.Failed, false
}

// tickets is a ticket in every state.
func tickets() map[string]views.TicketView {
	with := func(status store.Status, change func(*views.TicketView)) views.TicketView {
		v := ticket(status)
		change(&v)
		return v
	}
	return map[string]views.TicketView{
		"prompted": with(store.Pending, func(v *views.TicketView) { v.Handset = "/simulator/phones/0712345678" }),
		"sending":  with(store.Pending, func(v *views.TicketView) { v.Ticket.Push.State = store.PushSending }),
		"unknown":  with(store.Pending, func(v *views.TicketView) { v.Ticket.Push.State = store.PushUnknown }),
		"failed":   ticket(store.Failed),
		"failed, wait": with(store.Failed, func(v *views.TicketView) {
			v.RetryAt, v.RetryError, v.Notice = now.Add(45*time.Second), "Please enter a number.",
				"The last prompt may still be open."
		}),
		"late": with(store.Failed, func(v *views.TicketView) {
			v.Late, v.MayBePaid, v.Ticket.HoldUntil, v.Receipt.Asks = true, true, 0, views.AsksOpenly
			v.Title, v.Sentence = "Not confirmed in time",
				"M-PESA has not told us that you paid. If money did leave your account, type the receipt of your "+
					"M-PESA message on this booking's page."
		}),
		"owed": with(store.Failed, func(v *views.TicketView) {
			v.Owed, v.CanRetry, v.Ticket.HoldUntil = true, false, 0
			v.Title, v.Sentence = "A refund is due to you",
				"Your payment came after the hold had ended, and the seats have gone to others."
			v.Returns = []string{"KSh 2,700 is due back to you. Keep this page and your M-PESA message."}
		}),
		"owed, receipt missing": with(store.Failed, func(v *views.TicketView) {
			v.Owed, v.CanRetry, v.Ticket.HoldUntil, v.Receipt.Asks = true, false, 0, views.AsksOpenly
			v.Title, v.Sentence = "A refund is due to you",
				"Your payment came after the hold had ended, and the seats have gone to others."
			v.Returns = []string{"KSh 2,700 is due back to you. We need the receipt from your M-PESA message to send " +
				"the money back."}
		}),
		"returned": with(store.Failed, func(v *views.TicketView) {
			v.Returned, v.CanRetry, v.Ticket.HoldUntil = true, false, 0
			v.Title, v.Sentence = "Your money is back", "This screening has been cancelled."
			v.Returns = []string{"KSh 2,700 has been paid back to you."}
		}),
		"checking": with(store.Failed, func(v *views.TicketView) {
			v.Checking, v.Asking, v.StaleAt, v.Receipt.Asks = "UJ22T8IYOU", true, now.Add(2*time.Minute),
				views.AsksElsewhere
		}),
		"checking for long": with(store.Failed, func(v *views.TicketView) {
			v.Asking, v.Late, v.MayBePaid, v.Receipt.Asks = true, true, true, views.AsksOpenly
			v.Receipt.Said = []string{"M-PESA has not answered yet about receipt UJ22T8IYOU. We go on asking: look " +
				"at this page again in a few minutes, and do not pay again."}
		}),
		"receipt wrong": with(store.Failed, func(v *views.TicketView) {
			v.Receipt = views.ReceiptForm{Asks: views.AsksOpenly, Text: "my receipt",
				Error: "We found no M-PESA receipt in this. It has 10 letters and digits, such as UJ22T8IYOU.",
				Said: []string{"Receipt UJ22T8IYOV is of a payment to somebody else.",
					"M-PESA knows no completed payment with receipt UJ22T8IYOW."}}
		}),
		"receipt folded": with(store.Failed, func(v *views.TicketView) { v.Receipt.Asks = views.AsksFolded }),
		"receipt refused": with(store.Failed, func(v *views.TicketView) {
			v.MayBePaid, v.Receipt.Notice = true,
				"5 receipts have been named already. Please show your M-PESA message at the box office."
		}),
		"by hand to a paybill": with(store.Failed, func(v *views.TicketView) {
			v.Paybill, v.MayBePaid, v.Receipt.Asks = "600983", true, views.AsksOpenly
		}),
		"by hand to a till, not held": with(store.Failed, func(v *views.TicketView) {
			v.Paybill, v.Till, v.Receipt.Asks, v.Ticket.HoldUntil = "600983", "5551234", views.AsksOpenly, 0
		}),
		"waiting for long": with(store.Pending, func(v *views.TicketView) { v.Receipt.Asks = views.AsksElsewhere }),
		"waiting, checking": with(store.Pending, func(v *views.TicketView) {
			v.Checking, v.Asking, v.Receipt.Asks = "UJ22T8IYOU", true, views.AsksElsewhere
		}),
		"closed": with(store.Failed, func(v *views.TicketView) {
			v.SalesClosed, v.Ticket.HoldUntil = true, 0
		}),
		"waiting, cancelled": with(store.Pending, cancelled),
		"failed, cancelled":  with(store.Failed, cancelled),
		"owed, cancelled": with(store.Failed, func(v *views.TicketView) {
			cancelled(v)
			v.Owed, v.Title, v.Sentence = true, "A refund is due to you", "This screening has been cancelled."
		}),
		"owed, cancelled elsewhere": with(store.Failed, func(v *views.TicketView) {
			v.Owed, v.Title, v.Sentence = true, "A refund is due to you", "This screening has been cancelled."
			v.Ticket.Owed, v.CanRetry = store.ReasonScreeningCancelled, false
		}),
		"void, cancelled": with(store.Paid, func(v *views.TicketView) {
			cancelled(v)
			v.Ticket.VoidedAt, v.Pass, v.Void = now, "", "This screening has been cancelled."
		}),
		"paid": ticket(store.Paid),
		"paid, receipt pending": with(store.Paid, func(v *views.TicketView) {
			v.Ticket.Receipt, v.Ticket.SeatsMoved, v.Receipt.Asks = "", true, views.AsksFolded
		}),
		"paid, checking": with(store.Paid, func(v *views.TicketView) {
			v.Ticket.Receipt, v.Checking, v.Asking = "", "UJ22T8IYOU", true
		}),
		"paid twice": with(store.Paid, func(v *views.TicketView) {
			v.Ticket.RefundDue, v.Receipt.Asks = 270000, views.AsksOpenly
			v.Returns = []string{"M-PESA took a second payment of KSh 2,700 for this booking. It is due back to you. " +
				"We need the receipt from your M-PESA message to send the money back."}
		}),
		"void": with(store.Paid, func(v *views.TicketView) {
			v.Ticket.VoidedAt, v.Pass, v.Void = now, "",
				"A refund of this ticket was asked for, so it does not admit any more."
			v.Returns = []string{"KSh 2,700 is on its way back to you. M-PESA sends you a message when it is there; " +
				"if none has come by tomorrow, show this page at the box office."}
		}),
	}
}
