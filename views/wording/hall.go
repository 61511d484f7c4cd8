package wording

import (
	"fmt"
	"strings"

	"cinemasphere/store"
	"cinemasphere/store/seating"
)

// Zone is a zone of prices as customers read it.
func Zone(name string) string {
	if name == "" {
		return "Standard"
	}
	return name
}

// SeatKind is what a seat of a kind is called; "" for an ordinary one.
func SeatKind(kind seating.Kind) string {
	switch kind {
	case seating.Ordinary:
		return ""
	case seating.Accessible:
		return "wheelchair place"
	case seating.Companion:
		return "companion seat"
	case seating.Love:
		return "love seat"
	case seating.House:
		return "house seat"
	case seating.Broken:
		return "broken"
	}
	return string(kind)
}

// SeatKinds is what seats of a kind are called in a legend or a count.
func SeatKinds(kind seating.Kind) string {
	switch kind {
	case seating.Ordinary:
		return "Ordinary seats"
	case seating.Accessible:
		return "Accessible places"
	case seating.Companion:
		return "Companion seats"
	case seating.Love:
		return "Love-seat places"
	case seating.House:
		return "House seats, not sold"
	case seating.Broken:
		return "Broken seats, not sold"
	}
	return string(kind)
}

// SeatNotes are what whoever has some seats should know of them, seat by seat.
func SeatNotes(notes []store.SeatNote) (lines []string) {
	for _, n := range notes {
		words := []string{n.Note}
		if kind := SeatKind(n.Kind); kind != "" {
			words = []string{kind, n.Note}
		}
		lines = append(lines, n.Seat+": "+strings.TrimSuffix(strings.Join(words, ", "), ", "))
	}
	return lines
}

// SeatInFull is a seat as a screen reader says it: Row F seat 7, VIP, accessible.
func SeatInFull(row string, s seating.Seat) string {
	text := fmt.Sprintf("Row %s seat %d, %s", row, s.Number, s.Zone)
	if kind := SeatKind(s.Kind); kind != "" {
		text += ", " + kind
	}
	if s.Note != "" {
		text += ", " + s.Note
	}
	return text
}

// PlanProblem is what is wrong with a plan, and where: Line 3, column 5.
func PlanProblem(p seating.Problem) string {
	return fmt.Sprintf("Line %d, column %d. %s", p.Line, p.Column, p.Error())
}

// HallFault is what is wrong with a field of a hall's form.
func HallFault(kind store.FaultKind) string {
	switch kind {
	case store.NameMissing:
		return "The hall needs a name."
	case store.NameTooLong:
		return fmt.Sprintf("The name has more than %d characters.", store.HallNameMost)
	case store.NameUnprintable:
		return FilmFault(store.Fault{Kind: store.TextUnprintable})
	case store.NameTaken:
		return "Another hall has this name."
	case store.CleaningWrong:
		return fmt.Sprintf("Cleaning takes 0 to %d whole minutes.", store.CleaningMost)
	default: // of no hall
		return "Please check this."
	}
}

// PlanOutcome is what applying a plan to a screening does, for the manager.
func PlanOutcome(c store.PlanChange) string {
	switch c.Outcome {
	case store.PlanReplaced:
		return "No seat is sold: the new plan replaces the old one."
	case store.PlanPatched:
		return "Every sold seat stays what it is: label, place and price."
	case store.PlanLoses:
		return fmt.Sprintf("Left alone: the new plan would change %s.", plural(len(c.Lost), "sold seat", "sold seats"))
	case store.PlanSame:
		return "It has this plan."
	case store.PlanUnpriced:
		return "Left alone: its prices have none for " + Zones(c.Zones) + "."
	case store.PlanOver:
		return "Left alone: it has begun, or is cancelled."
	}
	return string(c.Outcome)
}

// NotHeld says to staff that orders have seats that they wanted to hold back or to put on sale.
func NotHeld(seats store.Labels) string {
	if len(seats) == 1 {
		return "Nothing was changed: " + seats[0] + " has been sold meanwhile, or is not in the plan. " +
			"The others are still ticked."
	}
	return "Nothing was changed: " + strings.Join(seats, ", ") + " have been sold meanwhile, or are not in the plan. " +
		"The others are still ticked."
}

// SeatLoss is what a plan would do to a seat that is sold.
func SeatLoss(why seating.Loss) string {
	switch why {
	case seating.LossGone:
		return "is not in the plan"
	case seating.LossBroken:
		return "is broken in the plan"
	case seating.LossMoved:
		return "stands somewhere else in the plan"
	case seating.LossPrice:
		return "has another price in the plan"
	case seating.LossKind:
		return "is for other people in the plan"
	}
	return string(why)
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
