package store

import (
	"errors"
	"fmt"
	"time"

	"cinemasphere/store/internal/db"
)

// Errors of the database that the books are in.
var (
	// ErrNotFound means there is no such row, or none the caller may know of.
	ErrNotFound = db.ErrNotFound
	// ErrBusy means the books are overloaded and nothing was written; the caller may try again in a few seconds.
	ErrBusy = db.ErrBusy
	// ErrUnknown means the commit was not confirmed: the write may or may not have happened. Nothing may be built on
	// it.
	ErrUnknown = db.ErrUnknown
	// ErrInUse means another process serves from the same file.
	ErrInUse = db.ErrInUse
	// ErrNoBooks means that what the path names is not the books of a cinema.
	ErrNoBooks = db.ErrNoBooks
	// ErrDamaged means that the database is not whole: a copy of it must be brought back.
	ErrDamaged = db.ErrDamaged
	// ErrReadOnly means that nothing can be written to the database.
	ErrReadOnly = db.ErrReadOnly
	// ErrFull means that the disk is too full even for what opening a database takes.
	ErrFull = db.ErrFull
	// ErrLocked means that another program has locked the database for longer than a write of ours ever takes.
	ErrLocked = db.ErrLocked
)

var (
	// ErrGivenOver means that a question is not sent any more: what is open about it is a person's.
	ErrGivenOver = errors.New("given over to a person")
	// ErrRetry means that another write came between two statements of this one, which must run again.
	ErrRetry = errors.New("another write was quicker")
	// ErrStamp means the database was made for another M-PESA environment.
	ErrStamp = errors.New("the database belongs to another M-PESA environment")
	// ErrOtherSchema means that the tables are not those that the schema's version has.
	ErrOtherSchema = errors.New("it is damaged, or of another program")
	// ErrNewer means that a newer program has changed the schema.
	ErrNewer = errors.New("a newer version of this program has used it; start that one")
	// ErrHasFilms means sample data was refused because the database has films already.
	ErrHasFilms = errors.New("the database already has films")
)

// RefusalKind says why the books did not take a booking or a retry.
type RefusalKind string

// The kinds of refusal, each with the fields of [Refusal] that it fills.
const (
	SoldOut      RefusalKind = "sold_out"       // Left
	NotOnSale    RefusalKind = "not_on_sale"    // Screening status or time; nothing more
	PriceChanged RefusalKind = "price_changed"  // Total
	PhoneBusy    RefusalKind = "phone_busy"     // Until and Secret for the browser whose prompt is on it, else Wait
	TooManySeats RefusalKind = "too_many_seats" // Left: how many more may be held; Wait
	KeyReused    RefusalKind = "key_reused"     // Secret of the waiting booking where the same browser made it
	KeyElsewhere RefusalKind = "key_elsewhere"  // the same request, from another client: the booking stands
	// the same, and that booking has ended unpaid: another key makes another
	KeyEnded    RefusalKind = "key_ended"
	PromptOut   RefusalKind = "prompt_out"    // Until: when this ticket may be tried again
	HeldTooLong RefusalKind = "held_too_long" // the hold has had its 15 minutes
	NotFailed   RefusalKind = "not_failed"    // Secret: only a failed ticket is tried again
	OverLimit   RefusalKind = "over_limit"    // Total above MaxCharge
	RefundOwed  RefusalKind = "refund_owed"   // money of this ticket is due back: it takes a new booking
	SalesPaused RefusalKind = "sales_paused"  // a person has paused sales
	DarajaDown  RefusalKind = "daraja_down"   // Until: M-PESA does not answer, and a prompt would not go out
	// Of what one client may do to others, with Wait; see package fairuse:
	AddressHolds   RefusalKind = "address_holds"    // Left: how many more seats may be held from there
	AddressShare   RefusalKind = "address_share"    // Left: and of this screening
	TooFast        RefusalKind = "too_fast"         // too many bookings in a minute by the browser or partner
	TooManyPrompts RefusalKind = "too_many_prompts" // of the browser or partner that nobody answered
	// Left: how many seats may be booked now; many prompts are unanswered there
	AddressBusy    RefusalKind = "address_busy"
	OwnPrompts     RefusalKind = "own_prompts"      // of the browser or ticket to this phone, that nobody answered
	TooManyGuesses RefusalKind = "too_many_guesses" // receipts of the browser or the address that M-PESA does not know
	// Of receipts that customers type:
	TooManyTries RefusalKind = "too_many_tries" // five for a ticket, a phone and a browser
	// Of refunds:
	ReceiptPending  RefusalKind = "receipt_pending"  // no receipt is known yet to be reversed
	RefundOpen      RefusalKind = "refund_open"      // one is under way
	AlreadyRefunded RefusalKind = "already_refunded" // or reversed by somebody else
	NotOurs         RefusalKind = "not_ours"         // money that names no ticket is refunded by a person alone
	SeveralPayments RefusalKind = "several_payments" // the ticket's code does not say which of them
	AmountUnknown   RefusalKind = "amount_unknown"   // M-PESA did not say what it took, nor did the asker
	AmountKnown     RefusalKind = "amount_known"     // and it is not what the asker said
	NoInitiator     RefusalKind = "no_initiator"     // to send a Reversal with
	AmountInCents   RefusalKind = "amount_in_cents"  // a Reversal gives back whole shillings
	// Of receipts that a person accepts, besides those of refunds:
	// a person has accepted it for another ticket, which would become void
	AcceptedElsewhere RefusalKind = "accepted_elsewhere"
	// it is the money of another ticket, or of another payment of this one
	ReceiptUsed  RefusalKind = "receipt_used"
	ReceiptKnown RefusalKind = "receipt_known" // the payment has its receipt, or was never one without
	// Of entries of the list of money that a person takes off it:
	MoneyDue         RefusalKind = "money_due"          // it is to be given back
	StillAsked       RefusalKind = "still_asked"        // M-PESA is being asked about the receipt
	NothingToResolve RefusalKind = "nothing_to_resolve" // nobody has to do anything about it
)

// Refusal is a booking or retry that the books did not take. Nothing was written.
type Refusal struct {
	Kind   RefusalKind
	Left   int           // seats that are left, or may still be held
	Total  Shillings     // the total at today's price
	Until  Instant       // when to try again
	Wait   time.Duration // or after which time
	Secret string        // the ticket in the way, only where the asker may open it
}

// Error names the kind alone.
func (r *Refusal) Error() string { return "refused: " + string(r.Kind) }

// explained is why books cannot be opened, in words for who has to do something about it.
func explained(path string, err error) error {
	for _, known := range []error{ErrNewer, ErrStamp, ErrOtherSchema} {
		if errors.Is(err, known) {
			return fmt.Errorf("database %s: %w", PathName(path), err)
		}
	}
	if db.IsOtherSchema(err) { // the error would show a whole migration
		return fmt.Errorf("database %s: %w", PathName(path), ErrOtherSchema)
	}
	return db.Explain(path, err)
}

// uniqueViolation reports whether err is a UNIQUE or primary key conflict, and on which column or columns:
// table.column, by SQLite's names on either database.
func uniqueViolation(err error) (column string, ok bool) {
	on, ok := db.UniqueViolation(err)
	if column, known := uniqueColumns[on]; known {
		return column, true
	}
	return on, ok
}

// uniqueColumns is what each unique constraint and index of the schema is on, as SQLite says it.
var uniqueColumns = map[string]string{
	"setting_pkey": "setting.key", "movie_pkey": "movie.id", "movie_slug_key": "movie.slug", "hall_pkey": "hall.id",
	"hall_name_key":  "hall.name",
	"screening_pkey": "screening.id", "seat_pkey": "seat.screening_id, seat.label",
	"ticket_pkey": "ticket.id", "ticket_code_key": "ticket.code", "ticket_secret_key": "ticket.secret",
	"ticket_idempotency_key_key": "ticket.idempotency_key",
	"push_request_pkey":          "push_request.id", "push_request_callback_token_key": "push_request.callback_token",
	"push_reference":                       "push_request.reference",
	"push_request_checkout_request_id_key": "push_request.checkout_request_id",
	"push_live_phone":                      "push_request.phone", "push_live_ticket": "push_request.ticket_id",
	"callback_pkey": "callback.id", "callback_pull": "callback.token", "payment_pkey": "payment.id",
	"payment_receipt_key": "payment.receipt", "payment_push_id_key": "payment.push_id",
	"refund_pkey": "refund.id", "refund_open": "refund.payment_id",
	"refund_originator_conversation_id_key": "refund.originator_conversation_id",
	"refund_conversation_id_key":            "refund.conversation_id",
	"claim_pkey":                            "claim.id",
	"claim_ticket_id_receipt_key":           "claim.ticket_id, claim.receipt", "fact_pkey": "fact.id",
	"fact_once": "fact.receipt, fact.push_id, fact.source, fact.says, fact.ticket_id, fact.beside_id, " +
		"fact.amount_cents, fact.payer, fact.transacted_at, fact.account",
	"alike_pkey": "alike.receipt, alike.push_id", "lease_pkey": "lease.name", "pace_pkey": "pace.name",
	"session_pkey":  "session.token",
	"question_pkey": "question.kind, question.id", "question_receipt": "question.receipt",
	"question_result_token":  "question.result_token",
	"question_timeout_token": "question.timeout_token", "access_token_pkey": "access_token.app",
	"unread_pkey": "unread.callback_id", "resolution_pkey": "resolution.kind, resolution.id",
}

// mayRunAgain reports whether a write that failed will find out, when it is run again, what was quicker than it: it
// makes ids and codes anew, and reads anew what it decides by. The first three are for their callers: what is in the
// way may be a prompt whose time is over, or the same request.
func mayRunAgain(err error) bool {
	switch column, is := uniqueViolation(err); column {
	case "push_request.phone", "push_request.ticket_id", "ticket.idempotency_key":
		return false
	default:
		return is || errors.Is(err, ErrRetry)
	}
}
