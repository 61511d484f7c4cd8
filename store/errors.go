package store

import (
	"errors"
	"fmt"
	"time"

	"cinemasphere/store/internal/db"
)

// Errors of the database that the books are in.
var (
	// ErrNotFound means that there is no such row, or none that the caller may know of.
	ErrNotFound = db.ErrNotFound
	// ErrBusy means that the books are overloaded and nothing was written. The caller may try again in a few seconds.
	ErrBusy = db.ErrBusy
	// ErrUnknown means that the commit was not confirmed: the write may or may not have happened. Nothing may be built
	// on it.
	ErrUnknown = db.ErrUnknown
	// ErrInUse means that another process serves from the same file.
	ErrInUse = db.ErrInUse
	// ErrNoBooks means that the path names no books of a cinema.
	ErrNoBooks = db.ErrNoBooks
	// ErrDamaged means that the database is damaged: restore a backup.
	ErrDamaged = db.ErrDamaged
	// ErrExists means that there are books already where others were to be restored to.
	ErrExists = db.ErrExists
	// ErrServed means that other programs are connected to the database that was to be restored to.
	ErrServed = db.ErrServed
	// ErrReadOnly means that the database cannot be written.
	ErrReadOnly = db.ErrReadOnly
	// ErrFull means that the disk is too full even to open the database.
	ErrFull = db.ErrFull
	// ErrLocked means that another program has locked the database for longer than any write of ours takes.
	ErrLocked = db.ErrLocked
)

var (
	// ErrGivenOver means that a question is no longer sent: it is the operator's.
	ErrGivenOver = errors.New("left to the operator")
	// ErrRetry means that another write came between two statements of this one, which must run again.
	ErrRetry = errors.New("another write was quicker")
	// ErrStamp means that the database was made for another M-PESA environment.
	ErrStamp = errors.New("the database belongs to another M-PESA environment")
	// ErrOtherSchema means that the tables differ from those of the schema's version.
	ErrOtherSchema = errors.New("it is damaged, or of another program")
	// ErrNewer means that a newer program changed the schema.
	ErrNewer = errors.New("a newer version of this program has used it; start that one")
	// ErrPrice means that prices are none, not between a cent and what M-PESA takes, or given twice.
	ErrPrice = errors.New("a price is missing, given twice, or not between KSh 0.01 and KSh 250,000")
	// ErrTooDear means that a ticket costs more with its surcharges than M-PESA takes at once.
	ErrTooDear = errors.New("a ticket costs more than KSh 250,000 with its surcharges")
	// ErrHasFilms means that sample data was refused because the books have films.
	ErrHasFilms = errors.New("the database already has films")
	// ErrChanged means that somebody else has changed the thing since it was read for editing. Nothing was written.
	ErrChanged = errors.New("somebody else has changed it meanwhile")
	// ErrBadReason means that a reason is too short or too long, or cannot be read.
	ErrBadReason = errors.New("the reason is too short, too long or unreadable")
	// ErrSold means that somebody has booked the screening: it can be cancelled, and not be moved or deleted.
	ErrSold = errors.New("the screening has bookings")
	// ErrNotDraft means that only a draft can be moved or deleted.
	ErrNotDraft = errors.New("the screening is no draft")
	// ErrCancelled means that the screening is cancelled, for good.
	ErrCancelled = errors.New("the screening is cancelled")
	// ErrNoPrices means that a screening cannot go on sale: its price card is archived, or it never had one.
	ErrNoPrices = errors.New("the screening has no prices")
	// ErrFilmArchived means that a screening's film was archived.
	ErrFilmArchived = errors.New("the film is archived")
	// ErrBegun means that the screening has begun: it can be cancelled and taken off sale, and nothing else.
	ErrBegun = errors.New("the screening has begun")
	// ErrOver means that the film of a screening has ended: nothing of it can be cancelled.
	ErrOver = errors.New("the screening is over")
	// ErrNameTaken means that another of its kind has the name.
	ErrNameTaken = errors.New("another has this name")
	// ErrLastOwner means that nobody would be left who may do everything.
	ErrLastOwner = errors.New("the last owner must stay one")
	// ErrHasOwner means that the cinema is set up: it has an operator.
	ErrHasOwner = errors.New("the cinema has an owner already")
	// ErrNotAdmitted means that a ticket does not admit to these seats now, or that they are not in: it was void, or
	// somebody was quicker. Nothing was written.
	ErrNotAdmitted = errors.New("these seats are not let in by this")
	// ErrSignIn means that somebody cannot sign in with what they brought.
	ErrSignIn = errors.New("this does not sign in")
)

// RefusalKind is why the books refused a request.
type RefusalKind string

// The kinds of refusal, each with the fields of [Refusal] that it fills.
const (
	SoldOut      RefusalKind = "sold_out"       // Left
	SeatTaken    RefusalKind = "seat_taken"     // Seats: those chosen that are taken or Missing
	HalfLoveSeat RefusalKind = "half_love_seat" // Seats: the other halves of the chosen ones
	// CompanionOnly is a companion seat without its accessible place, which is free. Seats: the places.
	CompanionOnly RefusalKind = "companion_only"
	NotPriced     RefusalKind = "not_priced"     // a price type or zone that is not sold, or not in these seats
	NotOnSale     RefusalKind = "not_on_sale"    // Screening status or time; nothing more
	PriceChanged  RefusalKind = "price_changed"  // Total
	PhoneBusy     RefusalKind = "phone_busy"     // Until and Secret for the browser whose prompt is on it, else Wait
	TooManySeats  RefusalKind = "too_many_seats" // Left: how many more may be held; Wait
	KeyReused     RefusalKind = "key_reused"     // Secret of the waiting booking where the same browser made it
	KeyElsewhere  RefusalKind = "key_elsewhere"  // the same request from another client; the booking stands
	// KeyEnded is KeyElsewhere where the booking ended unpaid; another key makes a new one.
	KeyEnded    RefusalKind = "key_ended"
	PromptOut   RefusalKind = "prompt_out"    // Until: when this ticket may be tried again
	HeldTooLong RefusalKind = "held_too_long" // the hold has had its 15 minutes
	NotFailed   RefusalKind = "not_failed"    // Secret: only a failed ticket is retried
	OverLimit   RefusalKind = "over_limit"    // Total above MaxCharge
	RefundOwed  RefusalKind = "refund_owed"   // a refund of this ticket is due: it takes a new booking
	SalesPaused RefusalKind = "sales_paused"  // the operator paused sales
	DarajaDown  RefusalKind = "daraja_down"   // Until: the circuit breaker is open, so a prompt would not go out

	// Limits of fair use, with Wait; see package fairuse.

	AddressHolds   RefusalKind = "address_holds"    // Left: how many more seats the address may hold
	AddressShare   RefusalKind = "address_share"    // Left: the same, in this screening
	TooFast        RefusalKind = "too_fast"         // too many bookings in a minute by the browser or partner
	TooManyPrompts RefusalKind = "too_many_prompts" // prompts of the browser or partner that nobody answered
	// AddressBusy is too many unanswered prompts of the address. Left: how many seats may be booked now.
	AddressBusy    RefusalKind = "address_busy"
	OwnPrompts     RefusalKind = "own_prompts"      // unanswered prompts of the browser or ticket to this phone
	TooManyGuesses RefusalKind = "too_many_guesses" // receipts of the browser or address that M-PESA does not know

	// Of receipts that customers claim.

	TooManyTries RefusalKind = "too_many_tries" // five for a ticket, a phone and a browser

	// Of refunds.

	ReceiptPending  RefusalKind = "receipt_pending"  // the payment has no receipt yet to reverse
	RefundOpen      RefusalKind = "refund_open"      // a refund is under way
	AlreadyRefunded RefusalKind = "already_refunded" // or reversed by somebody else
	NotOurs         RefusalKind = "not_ours"         // money that names no ticket is refunded by an operator alone
	SeveralPayments RefusalKind = "several_payments" // the ticket's code does not name one of them
	AmountUnknown   RefusalKind = "amount_unknown"   // neither M-PESA nor the operator reports the amount
	AmountKnown     RefusalKind = "amount_known"     // M-PESA reports another amount than the operator
	NoInitiator     RefusalKind = "no_initiator"     // no initiator to send a Reversal with
	AmountInCents   RefusalKind = "amount_in_cents"  // a Reversal refunds whole shillings only

	// Of receipts that an operator accepts.

	// AcceptedElsewhere is a receipt accepted for another ticket, which would become void.
	AcceptedElsewhere RefusalKind = "accepted_elsewhere"
	// ReceiptUsed is a receipt of another ticket's payment, or of another payment of this ticket.
	ReceiptUsed  RefusalKind = "receipt_used"
	ReceiptKnown RefusalKind = "receipt_known" // the payment has its receipt, or never lacked one

	// Of open items that an operator resolves.

	MoneyDue         RefusalKind = "money_due"          // a refund of it is due
	StillAsked       RefusalKind = "still_asked"        // M-PESA is being asked about the receipt
	NothingToResolve RefusalKind = "nothing_to_resolve" // it needs no operator
	ItemChanged      RefusalKind = "item_changed"       // it may be the same money as something that was not shown

	// Of tickets that are given away.

	OverAllowance RefusalKind = "over_allowance" // Left: how many more who asks may give away this month
	NoFreeList    RefusalKind = "no_free_list"   // the film's contract forbids it
	NeedsNoMoney  RefusalKind = "needs_no_money" // a receipt was accepted for it
	NotGiven      RefusalKind = "not_given"      // the ticket was not given away, but booked
	AlreadyIn     RefusalKind = "already_in"     // Seats: somebody was let in to them

	// Of the catalogue.

	MovieHasScreenings RefusalKind = "movie_has_screenings" // Left: how many screenings are still to start
	RatingInUse        RefusalKind = "rating_in_use"        // Left: how many films have it; 0 where it is the only one
	RatingEdited       RefusalKind = "rating_edited"        // by somebody else, since its form was opened
)

// Refusal is a request that the books refused. Nothing was written.
type Refusal struct {
	Kind    RefusalKind
	Seats   Labels        // seats in question
	Missing Labels        // SeatTaken: those of Seats that are not in the hall's plan, or no longer
	Left    int           // seats left, or how many more may be held
	Total   Shillings     // the total at today's price
	Until   Instant       // when to try again
	Wait    time.Duration // or after how long
	Secret  string        // the ticket in the way, only where the asker may open it
}

// Error names the kind alone.
func (r *Refusal) Error() string { return "refused: " + string(r.Kind) }

// explained is why books cannot be opened, in words for the operator.
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

// uniqueViolation reports whether err is a UNIQUE or primary key conflict, and on which columns: table.column, by
// SQLite's names on either database.
func uniqueViolation(err error) (column string, ok bool) {
	on, ok := db.UniqueViolation(err)
	if column, known := uniqueColumns[on]; known {
		return column, true
	}
	return on, ok
}

// uniqueColumns maps each unique constraint and index of the schema to its columns, in SQLite's form.
var uniqueColumns = map[string]string{
	"setting_pkey": "setting.key", "movie_pkey": "movie.id", "movie_slug_key": "movie.slug", "hall_pkey": "hall.id",
	"movie_form_key_key": "movie.form_key",
	"logo_pkey":          "logo.kind", "rating_pkey": "rating.code", "poster_pkey": "poster.movie_id, poster.kind",
	"hall_name_key": "hall.name",
	"plan_pkey":     "plan.id", "plan_hall_id_version_key": "plan.hall_id, plan.version",
	"screening_pkey": "screening.id", "seat_pkey": "seat.screening_id, seat.label",
	"seat_screening_id_row_no_col_no_key": "seat.screening_id, seat.row_no, seat.col_no",
	"ticket_pkey":                         "ticket.id", "ticket_code_key": "ticket.code",
	"ticket_secret_key":          "ticket.secret",
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
	"session_pkey":    "session.token",
	"price_type_pkey": "price_type.id", "price_type_name_key_key": "price_type.name_key",
	"price_card_pkey": "price_card.id",
	"operator_pkey":   "operator.id", "operator_name_key_key": "operator.name_key",
	"recovery_code_pkey": "recovery_code.operator_id, recovery_code.hash",
	"staff_session_pkey": "staff_session.id", "staff_session_token_key": "staff_session.token",
	"staff_form_pkey":    "staff_form.token",
	"known_browser_pkey": "known_browser.token", "sign_in_try_pkey": "sign_in_try.about", "audit_pkey": "audit.id",
	"question_pkey": "question.kind, question.id", "question_receipt": "question.receipt",
	"question_result_token":  "question.result_token",
	"question_timeout_token": "question.timeout_token", "access_token_pkey": "access_token.app",
	"backup_pkey": "backup.place", "gap_pkey": "gap.id", "alarm_pkey": "alarm.kind", "outbox_pkey": "outbox.id",
	"outbox_event_subject_id_via_key": "outbox.event, outbox.subject_id, outbox.via",
	"unread_pkey":                     "unread.callback_id", "resolution_pkey": "resolution.kind, resolution.id",
}

// mayRunAgain reports whether a failed write may run again: it makes new ids and codes, and reads again what it lost
// to. The first three conflicts are the callers' to handle: a prompt that may have expired, or the same request.
func mayRunAgain(err error) bool {
	switch column, is := uniqueViolation(err); column {
	case "push_request.phone", "push_request.ticket_id", "ticket.idempotency_key":
		return false
	default:
		return is || errors.Is(err, ErrRetry)
	}
}
