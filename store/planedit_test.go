package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/store/storetest"
)

// TestSoldSeatsSurviveEdits: whatever is done to a plan and applied, every ticket says what it said, and its seats
// stand in the plan that the screening has, in their order, at the price that was paid. A plan that would change that
// is not applied, and the orders that it would change are named. What staff hold stays held.
func TestSoldSeatsSurviveEdits(t *testing.T) {
	s := storetest.New(t)
	halls, phones := 0, 0
	applied := map[store.PlanOutcome]int{}
	rapid.Check(t, func(rt *rapid.T) {
		halls++
		rows := []string{}
		for i := range rapid.IntRange(1, 4).Draw(rt, "rows") {
			rows = append(rows, string(rune('A'+i))+" "+rapid.SampledFrom([]string{
				"oooo_oooo", "wcoo_oovv", "vvvv", "LLLL_oo", "ooo|ooo odd left, even right", "oooooo from right",
			}).Draw(rt, "row"))
		}
		plan := func() string { return "zone v = VIP\n" + strings.Join(rows, "\n") }
		hall := store.Hall{Name: fmt.Sprint("Edited ", halls), Plan: plan(), Version: 1}
		var err error
		if hall.ID, err = s.Catalogue().AddHall(rt.Context(), hall); err != nil {
			rt.Fatal(err)
		}
		id := storetest.Screening(t, s, 1, 1, func(sc *store.Screening) { sc.HallID, sc.Prices = hall.ID, twoZones() })
		tickets := map[string]string{}
		for range rapid.IntRange(0, 3).Draw(rt, "orders") {
			phones++
			b := storetest.Booking(id, storetest.Phone(phones), 1)
			b.Client, b.Browser = store.Client{}, ""
			if order, _, err := s.Tickets().Book(rt.Context(), b); err == nil {
				tk, err := s.Tickets().TicketBySecret(rt.Context(), order.Secret)
				if err != nil {
					rt.Fatal(err)
				}
				tickets[order.Secret] = strings.Join(tk.Seats, " ")
			}
		}
		held, err := s.Catalogue().HoldSeats(rt.Context(), id, firstFree(rt, s, id), true)
		if err != nil {
			rt.Fatal(err)
		}
		before := drawn(rt, s, id)
		was := rows
		rows = rapid.Custom(func(rt *rapid.T) []string {
			rows := was
			for range rapid.IntRange(1, 4).Draw(rt, "edits") {
				rows = editRows(rt, rows)
			}
			return rows
		}).Filter(func(edited []string) bool {
			rows = edited
			_, problems := seating.Parse(plan())
			return len(problems) == 0
		}).Draw(rt, "edited")
		hall.Plan = plan()
		if _, hall, err = s.Catalogue().EditHall(rt.Context(), hall); err != nil {
			rt.Fatal(err)
		}
		changes, err := s.Catalogue().ApplyPlan(rt.Context(), hall.PlanID, []store.ScreeningID{id})
		if err != nil {
			rt.Fatal(err)
		}
		applied[changes[0].Outcome]++
		after := drawn(rt, s, id)
		for secret, seats := range tickets {
			tk, err := s.Tickets().TicketBySecret(rt.Context(), secret)
			if err != nil || strings.Join(tk.Seats, " ") != seats {
				rt.Fatalf("a ticket said %s, and says %v, %v", seats, tk.Seats, err)
			}
			for _, label := range tk.Seats {
				was, is := before[label], after[label]
				if is.Label != label || !is.Taken || twoZones().ZoneOf(is.Zone) != twoZones().ZoneOf(was.Zone) {
					rt.Fatalf("%s was %+v and is %+v in\n%s", label, was, is, hall.Plan)
				}
				for other, a := range before {
					if b, both := after[other]; both && inFront(a.Seat, was.Seat) != inFront(b.Seat, is.Seat) {
						rt.Fatalf("%s stands elsewhere beside %s in\n%s", label, other, hall.Plan)
					}
				}
			}
		}
		for _, c := range changes[0].Lost {
			seats, is := tickets[secretOf(rt, s, c.TicketID)]
			if !is || !strings.Contains(seats, c.Seat) || c.Code == "" {
				rt.Fatalf("%+v is nobody's", c)
			}
		}
		if refused := changes[0].Outcome == store.PlanLoses; refused != (len(changes[0].Lost) > 0) {
			rt.Fatalf("%+v", changes)
		}
		for _, label := range held {
			if is, stays := after[label]; stays && is.Kind == before[label].Kind && is.ForSale {
				rt.Fatalf("%s was held, and is on sale", label)
			}
		}
		for _, sc := range []map[string]store.StaffSeat{before, after} {
			for label, seat := range sc {
				if seat.Taken && !slices.ContainsFunc(values(tickets), func(seats string) bool {
					return slices.Contains(strings.Fields(seats), label)
				}) {
					rt.Fatalf("%s is taken by nobody", label)
				}
			}
		}
	})
	if applied[store.PlanPatched] == 0 || applied[store.PlanLoses] == 0 || applied[store.PlanReplaced] == 0 {
		t.Errorf("too little was tried: %v", applied)
	}
	storetest.Sound(t, s)
}

func values(m map[string]string) (all []string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

func inFront(a, b seating.Seat) bool { return a.Row < b.Row || a.Row == b.Row && a.Col < b.Col }

func secretOf(rt *rapid.T, s *store.Store, id store.TicketID) string {
	tk, err := s.Tickets().TicketByID(rt.Context(), id)
	if err != nil {
		rt.Fatal(err)
	}
	return tk.Secret
}

// firstFree is one seat that customers may have, where there is one.
func firstFree(rt *rapid.T, s *store.Store, id store.ScreeningID) store.Labels {
	m, err := s.Catalogue().SeatMap(rt.Context(), id)
	if err != nil {
		rt.Fatal(err)
	}
	if i := slices.Index(m.Free, true); i >= 0 {
		return store.Labels{m.Plan.Seats[i].Label}
	}
	return nil
}

// drawn is a screening's seats by label.
func drawn(rt *rapid.T, s *store.Store, id store.ScreeningID) map[string]store.StaffSeat {
	m, err := s.Catalogue().StaffMap(rt.Context(), id)
	if err != nil {
		rt.Fatal(err)
	}
	seats := map[string]store.StaffSeat{}
	for _, seat := range m.Seats {
		seats[seat.Label] = seat
	}
	return seats
}

// editRows does something to a plan that a manager might.
func editRows(rt *rapid.T, rows []string) []string {
	rows = slices.Clone(rows)
	i := rapid.IntRange(0, len(rows)-1).Draw(rt, "at")
	label, rest, _ := strings.Cut(rows[i], " ")
	at := rapid.IntRange(0, 4).Draw(rt, "column")
	if at >= len(rest) || strings.ContainsAny(rest[:at], "(|") {
		at = 0
	}
	put := func(text string) []string {
		rows[i] = label + " " + rest[:at] + text + rest[at:]
		return rows
	}
	switch rapid.SampledFrom([]string{
		"row", "row", "seat", "aisle", "cross", "out", "kind", "turn", "away", "swap", "new",
	}).Draw(rt, "edit") {
	case "row":
		return slices.Insert(rows, i, fmt.Sprintf("R%d- oooo", rapid.IntRange(1, 99).Draw(rt, "label")))
	case "seat":
		return put(fmt.Sprintf("o(%d)", rapid.IntRange(1, 60).Draw(rt, "number")))
	case "aisle":
		return put("_")
	case "cross":
		return slices.Insert(rows, i, "-")
	case "out":
		rows[i] = label + " " + rest[:at] + "_" + rest[min(at+1, len(rest)):]
	case "kind":
		rows[i] = label + " " + rest[:at] + rapid.SampledFrom([]string{"x", "w", "h", "v", "o"}).Draw(rt, "mark") +
			rest[min(at+1, len(rest)):]
	case "turn":
		rows[i] += " from right"
	case "away":
		if len(rows) > 1 {
			return slices.Delete(rows, i, i+1)
		}
	case "swap":
		j := rapid.IntRange(0, len(rows)-1).Draw(rt, "with")
		rows[i], rows[j] = rows[j], rows[i]
	case "new":
		return append(rows, fmt.Sprintf("N%d- oo_oo", rapid.IntRange(1, 99).Draw(rt, "label")))
	}
	return rows
}
