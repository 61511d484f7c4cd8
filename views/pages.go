package views

import (
	"cinemasphere/store"
	"cinemasphere/views/ui"
)

// Page is what the frame around every page needs.
type Page struct {
	Title       string // without the cinema's name; "" on the home page
	Description string // one sentence, for search engines and shared links
	Path        string // of this page, for its canonical address
	BaseURL     string // scheme and host, no slash at the end
	Image       string // path of a 1200×630 PNG for shared links; "" for the cinema's own
	Cinema      store.Cinema
	Demo        bool   // a banner says that no money moves
	Simulator   bool   // and links to the simulated phones, which are served below /simulator/
	Sandbox     bool   // a banner says that Safaricom's sandbox takes the payments
	NoIndex     bool   // ticket, form and error pages
	Closed      string // that no bookings are taken at the moment; "" while they are
	Year        int    // of the © line
	Waiting     []WaitingBooking
}

// WaitingBooking is a booking of this browser that still holds seats: it can be found again from every page.
type WaitingBooking struct {
	Secret    string
	Film      string
	HoldUntil store.Instant
}

// Home is the home page: what is on.
type Home struct {
	Films  []store.Film // of this page, each with the screenings that the filter asks for
	Now    store.Instant
	Filter Filter
	Pages  int  // of the list; 0 is one
	Failed bool // the programme could not be read

	// What there is to choose from, in order.

	Days      []store.Day
	Genres    []string
	Languages []string
	Ratings   []string // codes
}

// MoviePage is a film's own page.
type MoviePage struct {
	Film store.Film
	Now  store.Instant
}

// BookingForm is the booking form, new or coming back with what is wrong in it.
type BookingForm struct {
	Movie      store.Movie
	Screening  store.Screening   // the one chosen
	Screenings []store.Screening // those one may choose from, the chosen one among them
	Name       string            // as typed
	Phone      string            // as typed
	Email      string            // as typed
	Mails      bool              // the cinema sends e-mails
	Keep       int               // months after the screening for which customers are kept; 0 is without an end
	Quantity   string            // as typed, where there is one price type
	Types      []TypeChoice      // the price types, where there are several
	Zone       string            // that the best seats are taken from
	Extras     []ExtraChoice     // the screening's surcharges, in order
	Seats      *SeatChoice       // the map to choose seats on
	Lines      store.Lines       // what the tickets cost; where they are not Priced, what one ticket costs
	Priced     bool              // these tickets are sold for these seats
	Total      store.Shillings   // for the tickets at today's prices; what the form carries along
	Nonce      string            // the booking's idempotency key
	MaxTickets int               // 1 to this
	Given      []string          // the seats that these tickets would get now; none where that cannot be said
	Apart      bool              // these are not all side by side
	NoChair    []string          // the places without a chair that these tickets would get
	Errors     map[string]string // a sentence by field: name, phone, quantity, screening
	Notice     string            // a sentence over the form: sold out, the price has changed, a prompt is on that phone
	WaitingURL string            // a booking in the way that this browser may open, or ""
	Closed     string            // why this screening cannot be booked at all, or ""
	Reopens    bool              // it is closed for the moment only
	Gone       bool              // nothing else is known of it
	Sent       bool              // it was filled in: then a closed one says what was chosen
	Wished     []string          // the seats that were ticked, of a closed one
	Wanted     int               // how many tickets were wanted, of a closed one; 0 where that cannot be said
	Others     []store.Screening // of the film, that can be booked in place of a closed one
	Carried    []CarriedField    // what goes on to the form of another screening
	Now        store.Instant
}

// CarriedField is a field as it was typed, that goes on to another form.
type CarriedField struct{ Name, Value string }

// TypeChoice is how many tickets of a price type are wanted.
type TypeChoice struct {
	ID   store.PriceTypeID
	Name string
	From store.Cents // the lowest price over the zones
	N    string      // as typed
}

// ExtraChoice is a surcharge of a booking form.
type ExtraChoice struct {
	store.Surcharge
	Without string // how many do without it, as typed
}

// SeatChoice is a screening's seats, some of them chosen.
type SeatChoice struct {
	Map    store.SeatMap
	Chosen map[string]bool // by label
	Prices store.Prices
	Path   string // where the map and the total are read anew
	State  string // what it shows, for who reads it anew; "" on a page

	Gone    *store.Refusal // of the customer's seats that somebody else has, or that are gone; nil for none
	Instead []string       // the nearest to those, to be had by one tick
}

// ConfirmPage asks once more before a prompt goes out, where there is no JavaScript.
type ConfirmPage struct {
	Form  BookingForm // checked; shown back as hidden fields
	Phone string      // as it will be rung: 0712 345 678
	Seats []string    // the chosen ones; none is the best
	Total store.Shillings
}

// TicketView is a ticket's page and its status fragment.
type TicketView struct {
	Ticket   *store.Ticket
	Brand    ui.Brand
	Cinema   string // the cinema's name, as M-PESA's prompt says whom one pays
	Now      store.Instant
	Phone    string // as it was rung: 0712 345 678
	Pass     string // what the QR code says; only for Paid
	Handset  string // address of the simulated phone, in demo; "" otherwise
	InDialog bool   // shown inside the booking dialog

	Void       string        // why a ticket that was paid does not admit
	Returns    []string      // a sentence for each payment that is due back or has gone back
	Answered   string        // with which code that nobody knows M-PESA has answered, "" where it has not
	Confirming bool          // M-PESA is asked to confirm what it has told of the payment
	Checking   string        // the receipt that M-PESA is being asked about, "" for none
	Asking     bool          // M-PESA has not answered yet, however long it takes: the page goes on polling
	StaleAt    store.Instant // from when on the page says something else though nothing has happened; zero is never
	Receipt    ReceiptForm

	// For Failed:
	Title, Sentence string
	Hint            string        // what may help before another try
	Late            bool          // money may still come
	Owed            bool          // money is due back
	Returned        bool          // money has gone back
	MayBePaid       bool          // an earlier prompt may still be paid: whoever tries again may pay twice
	CanRetry        bool          // a new prompt may be asked for, now or at RetryAt
	RetryAt         store.Instant // zero: now
	RetryPhone      string        // as typed, or as rung before
	Keep            int           // months after the screening for which customers are kept; 0 is without an end
	RetryError      string        // at the phone field
	Notice          string        // over the form: why a retry was not taken
	SalesClosed     bool          // too late to try again
	Paybill, Till   string        // pay to either without a prompt; "" where that is not offered
}

// Asks is how a ticket's page asks for the receipt of money that was not found.
type Asks int

// A page does not ask, has a link to a page that does, a form that is folded up, or an open one.
const (
	AsksNot Asks = iota
	AsksElsewhere
	AsksFolded
	AsksOpenly
)

// ReceiptForm asks for the receipt of a payment that was not found, and says what came of those named before.
type ReceiptForm struct {
	Asks    Asks
	Another bool     // the ticket has its receipt: this would be of one more payment
	Said    []string // a sentence for each receipt that was named, newest first
	Text    string   // as typed
	Error   string   // at the field
	Notice  string   // why it was not taken
}

// Problem is an error page: 404, 409, 422, 429, 500 or 503.
type Problem struct {
	Status     int
	Title      string // what happened, in a few words
	Sentence   string // what the customer can do
	RetryAfter int    // seconds, 0 for none
	LinkText   string // where to go on; "" for the home page
	LinkURL    string
}
