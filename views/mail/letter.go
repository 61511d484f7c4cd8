package mail

import (
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// Letter is one message to a customer, and what it is made from.
type Letter struct {
	Event  store.MessageEvent
	Ticket *store.Ticket
	Refund store.Cents // what has gone back
	Cinema store.Cinema
	Link   string // the address of the ticket's page
	Again  bool   // it may have come before
}

// Subject is what it is headed with.
func (l Letter) Subject() string { return wording.MessageSubject(l.Event, l.Ticket) }

// IsTicket reports whether it is the ticket itself.
func (l Letter) IsTicket() bool { return l.Event == store.MessagePaid || l.Event == store.MessageMoved }

func (l Letter) lead() []string { return wording.MessageLead(l.Event, l.Ticket, l.Refund) }

// fact is a line of the ticket.
type fact struct{ label, value string }

func (l Letter) facts() []fact {
	t := l.Ticket
	all := []fact{
		{"Film", t.Movie.Title},
		{"When", wording.Date(t.Screening.StartsAt) + ", " + wording.Clock(t.Screening.StartsAt)},
		{"Hall", t.Screening.Hall},
	}
	if len(t.Seats) > 0 {
		label := "Seats"
		if len(t.Seats) == 1 {
			label = "Seat"
		}
		all = append(all, fact{label, strings.Join(t.Seats, ", ")})
	}
	if l.IsTicket() {
		for _, line := range t.Lines {
			all = append(all, fact{"Tickets", wording.Line(line)})
		}
		all = append(all, fact{"Paid", wording.Shillings(t.Total)})
		if t.Receipt != "" {
			all = append(all, fact{"M-PESA receipt", t.Receipt})
		}
	}
	if t.CustomerName != "" {
		all = append(all, fact{"Name", t.CustomerName})
	}
	return append(all, fact{"Ticket code", t.Code})
}

// where is the cinema's address, "" where it has not said.
func (l Letter) where() string {
	return strings.Join(strings.FieldsFunc(l.Cinema.AddressLine1+"\n"+l.Cinema.AddressLine2, func(r rune) bool {
		return r == '\n'
	}), ", ")
}

// contacts are how the cinema is reached, "" where it has not said.
func (l Letter) contacts() string {
	var all []string
	for _, c := range []string{l.where(), l.Cinema.Phone, l.Cinema.Email} {
		if c != "" {
			all = append(all, c)
		}
	}
	return strings.Join(all, " · ")
}

// Text is the letter for who reads no HTML.
func (l Letter) Text() string {
	var b strings.Builder
	line := func(text string) { b.WriteString(text + "\n") }
	if l.Again {
		line(wording.MessageAgain + "\n")
	}
	for _, p := range l.lead() {
		line(p + "\n")
	}
	for _, f := range l.facts() {
		line(f.label + ": " + f.value)
	}
	line("\nThe ticket's page: " + l.Link + "\n")
	line(l.Cinema.Name)
	if c := l.contacts(); c != "" {
		line(c)
	}
	line("\n" + wording.MessageFoot)
	return b.String()
}
