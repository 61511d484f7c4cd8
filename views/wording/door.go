package wording

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cinemasphere/store"
)

// DoorKind is what a ticket means at the door.
type DoorKind string

// What a ticket may mean at the door.
const (
	DoorAdmit     DoorKind = "admit"  // so many may go in
	DoorIn        DoorKind = "in"     // all are in already
	DoorWrong     DoorKind = "wrong"  // it is for another screening
	DoorEarly     DoorKind = "early"  // it is for later, and nothing begins before
	DoorUnpaid    DoorKind = "unpaid" // it is not paid
	DoorVoid      DoorKind = "void"   // it does not admit any more
	DoorCancelled DoorKind = "cancelled"
	DoorUnknown   DoorKind = "unknown" // there is none with the code
	DoorForged    DoorKind = "forged"  // its QR code is none of ours
	DoorSeveral   DoorKind = "several" // who paid has more than one ticket
)

// Verdict is what an usher reads about a ticket.
type Verdict struct {
	Kind     DoorKind
	Mood     string // ok, warn or bad: its colour, beside the words
	Title    string // in giant letters; of Admit it comes without the number
	Sentence string
	Who      string       // of which price types the ticket's people are; "" where there is one price
	Reminder string       // what to look at besides; "" is nothing
	Partly   string       // how many of a group are left, and who came when; "" where nobody or all are in
	Left     store.Labels // whose people may still go in
	In       store.Labels // whose people are in
}

// AtDoor is what a ticket means at a door that lets in to these screenings. Seats are the ticket's.
func AtDoor(t *store.Ticket, seats []store.SeatIn, letsIn []store.ScreeningID) Verdict {
	v := Verdict{Mood: "bad"}
	for _, seat := range seats {
		if seat.At == 0 {
			v.Left = append(v.Left, seat.Label)
		} else {
			v.In = append(v.In, seat.Label)
		}
	}
	where := fmt.Sprintf("%s, %s, %s", t.Movie.Title, t.Screening.Hall, When(t.Screening.StartsAt))
	switch {
	case t.VoidedAt != 0:
		v.Kind, v.Title, v.Sentence = DoorVoid, "VOID", ExplainVoid(t)+" Since "+When(t.VoidedAt)+"."
	case t.Status == store.Pending:
		v.Kind, v.Mood, v.Title = DoorUnpaid, "warn", "NOT PAID YET"
		v.Sentence = "The prompt is out, and M-PESA has not said yet that it was paid."
	case t.Status != store.Paid:
		v.Kind, v.Title, v.Sentence = DoorUnpaid, "NOT PAID", Explain(
			t,
		).Title+". Who has paid shows the M-PESA message: its "+
			"receipt finds what became of the money."
	case t.Screening.Status == store.Cancelled:
		v.Kind, v.Title, v.Sentence = DoorCancelled, "CANCELLED", "This screening is cancelled: "+where+"."
	case !slices.Contains(letsIn, t.ScreeningID):
		v.Kind, v.Mood, v.Title, v.Sentence = DoorWrong, "warn", "WRONG SCREENING", "This ticket is for "+where+"."
	case len(v.Left) == 0:
		v.Kind, v.Title, v.Sentence = DoorIn, "ALREADY IN", WhoIsIn(seats)
	default:
		v.Kind, v.Mood, v.Title = DoorAdmit, "ok", "ADMIT"
		v.Sentence = t.Screening.Hall + ", " + When(t.Screening.StartsAt) + "."
		if len(v.In) > 0 {
			v.Mood = "warn"
			v.Partly = fmt.Sprintf("%d of %d left. %s", len(v.Left), len(seats), WhoIsIn(seats))
		}
		v.Who = Types(t.Lines)
		v.Reminder = strings.TrimSpace(idReminder(t.Movie) + " " + handOut(t.Lines.Extras()))
	}
	return v
}

// DoorOpens is how long before its start a screening's people are let in, where nobody has said which screenings the
// door lets in to.
const DoorOpens = time.Hour

// AtDoorNow are the screenings that the door lets in to where nobody has said which: those that begin soon, and those
// that run.
func AtDoorNow(evening []store.HouseSales, now store.Instant) (near []store.ScreeningID) {
	for _, s := range evening {
		if now >= s.StartsAt.Add(-DoorOpens) && now < s.EndsAt() && s.Status != store.Cancelled &&
			s.Status != store.Draft {
			near = append(near, s.ID)
		}
	}
	return near
}

// TooEarly is the verdict on a ticket of a screening that is still to begin, where the door waits for no other.
func TooEarly(v Verdict, t *store.Ticket) Verdict {
	v.Kind, v.Title = DoorEarly, "TOO EARLY: begins "+Clock(t.Screening.StartsAt)
	return v
}

// AllTheSame is the verdict on a ticket of another screening that somebody means to let in: it is the ticket's own,
// with a warning.
func AllTheSame(v Verdict, t *store.Ticket) Verdict {
	v.Mood = "warn"
	v.Reminder = strings.TrimSpace("Its own screening is " + t.Movie.Title + ", " + t.Screening.Hall + ", " +
		When(t.Screening.StartsAt) + ". " + v.Reminder)
	return v
}

// UnknownAtDoor is what an usher reads about a code that nobody has, or a QR code that is none of ours.
func UnknownAtDoor(forged bool) Verdict {
	if forged {
		return Verdict{
			Kind:  DoorForged,
			Mood:  "bad",
			Title: "NOT OUR QR CODE",
			Sentence: "It looks like one of our tickets, and was not made by this box office. Look at the ticket " +
				"itself.",
		}
	}
	return Verdict{
		Kind:  DoorUnknown,
		Mood:  "bad",
		Title: "UNKNOWN",
		Sentence: "There is no ticket with this code. Compare it letter by letter, or type the phone that paid or " +
			"the receipt of its M-PESA message.",
	}
}

// WithoutCode is said of a ticket that was found by who paid: a number is known to more people than a code is.
const WithoutCode = "Found without its code: ask for the name."

// AskedAtDoor is said of a ticket that is not paid, and that M-PESA is asked about.
const AskedAtDoor = "M-PESA is being asked now. Look again in a few seconds."

// SeveralAtDoor is what an usher reads where who paid has so many tickets.
func SeveralAtDoor(n int) Verdict {
	return Verdict{
		Kind: DoorSeveral, Mood: "warn", Title: fmt.Sprint(n, " BOOKINGS"),
		Sentence: "Each has a code of its own. Open them to see which one it is.",
	}
}

// WhoIsIn says when who let in to which seats; "" where nobody is in.
func WhoIsIn(seats []store.SeatIn) string {
	var parts []string
	for i := 0; i < len(seats); {
		var labels []string
		at, by := seats[i].At, seats[i].By
		for ; i < len(seats) && seats[i].At == at && seats[i].By == by; i++ {
			labels = append(labels, seats[i].Label)
		}
		if at == 0 {
			continue
		}
		part := strings.Join(labels, " ") + " since " + Clock(at)
		if by != "" {
			part += ", let in by " + by
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return ""
	}
	return "In already: " + strings.Join(parts, "; ") + "."
}

// handOut says what goes with the tickets, such as 3D glasses.
func handOut(extras store.Lines) string {
	var parts []string
	for _, l := range extras {
		parts = append(parts, fmt.Sprintf("%d × %s", l.N, l.Name))
	}
	if len(parts) == 0 {
		return ""
	}
	return "With this ticket: " + strings.Join(parts, ", ") + "."
}

// idReminder is said where a film has a least age.
func idReminder(m store.Movie) string {
	if m.MinimumAge <= 0 {
		return ""
	}
	return fmt.Sprintf("Rated %s: ask for an ID, nobody under %d.", m.AgeRating, m.MinimumAge)
}
