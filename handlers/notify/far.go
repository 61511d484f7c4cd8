package notify

import (
	"context"

	"cinemasphere/store"
)

// Mail is one e-mail.
type Mail struct {
	ID       string // the same each time that it is sent
	To       string // an address
	ReplyTo  string // where answers go; "" is the sender
	Subject  string
	Text     string
	HTML     string // "" for one of text alone
	QR       []byte // PNG that HTML shows; nil for none
	PDF      []byte // the ticket; nil for none
	Calendar []byte // an entry for a calendar; nil for none
	Cancels  bool   // the entry takes an earlier one back
}

// Mailer sends e-mails. An error is a *Fault.
type Mailer interface {
	// Send returns what the far end calls the mail, "" where it gives it no name.
	Send(ctx context.Context, m Mail) (answer string, err error)
	// LogIn sees whether a mail could be sent.
	LogIn(ctx context.Context) error
}

// Text is one SMS.
type Text struct {
	ID   string // the same each time that it is sent
	To   string // MSISDN
	Body string
}

// Texter sends SMS. An error is a *Fault.
type Texter interface {
	// Send returns what the far end calls the SMS, "" where it gives it no name.
	Send(ctx context.Context, t Text) (answer string, err error)
	// LogIn sees whether an SMS could be sent.
	LogIn(ctx context.Context) error
}

// Fault is why a message did not go out, or may not have. It holds nothing that the far end has said: that may have an
// address in it.
type Fault struct {
	Outcome store.SendOutcome
	Why     string // in a word or two, of those that views/wording knows
}

// Error is the word or two.
func (f *Fault) Error() string { return f.Why }

// Words for what went wrong, as the books keep them.
const (
	unreachable = "unreachable"
	logIn       = "log-in"
	noAnswer    = "no answer"
	noBalance   = "no balance"
	badSender   = "sender"
	badNumber   = "number"
	blocked     = "blocked"
	oddAnswer   = "odd answer"
	tooBusy     = "too busy"
	badAddress  = "address"
	cannotMake  = "cannot render"
)

func fault(outcome store.SendOutcome, why string) error { return &Fault{Outcome: outcome, Why: why} }
