package wording_test

import (
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

func TestAtDoor(t *testing.T) {
	const here, elsewhere store.ScreeningID = 1, 2
	seats := func(in ...int) (all []store.SeatIn) {
		for i, label := range []string{"F11", "F12", "F13"} {
			seat := store.SeatIn{Label: label}
			for _, n := range in {
				if n == i {
					seat.At, seat.By = 1_796_040_000_000, "Wafula"
				}
			}
			all = append(all, seat)
		}
		return all
	}
	for name, c := range map[string]struct {
		change func(*store.Ticket)
		seats  []store.SeatIn
		letsIn []store.ScreeningID
		kind   wording.DoorKind
		mood   string
		left   int
		says   string // "" is not looked at
	}{
		"paid":              {nil, seats(), nil, wording.DoorAdmit, "ok", 3, ""},
		"one is in":         {nil, seats(1), nil, wording.DoorAdmit, "ok", 2, "Wafula"},
		"all are in":        {nil, seats(0, 1, 2), nil, wording.DoorIn, "bad", 0, "Wafula"},
		"another screening": {nil, seats(), []store.ScreeningID{elsewhere}, wording.DoorWrong, "warn", 3, "Balcony"},
		"one of two":        {nil, seats(), []store.ScreeningID{elsewhere, here}, wording.DoorAdmit, "ok", 3, ""},
		"no screening":      {nil, seats(), []store.ScreeningID{}, wording.DoorWrong, "warn", 3, ""},
		"void": {func(t *store.Ticket) { t.VoidedAt, t.VoidReason = 1, store.ReasonRefundAsked },
			seats(), nil, wording.DoorVoid, "bad", 3, "refund"},
		"void and all in": {func(t *store.Ticket) { t.VoidedAt = 1 },
			seats(0, 1, 2), nil, wording.DoorVoid, "bad", 0, ""},
		"waits for M-PESA": {func(t *store.Ticket) { t.Status = store.Pending },
			seats(), nil, wording.DoorUnpaid, "warn", 3, ""},
		"not paid": {func(t *store.Ticket) { t.Status = store.Failed },
			nil, nil, wording.DoorUnpaid, "bad", 0, ""},
		"cancelled": {func(t *store.Ticket) { t.Screening.Status = store.Cancelled },
			seats(), nil, wording.DoorCancelled, "bad", 3, ""},
		"cancelled and void": {func(t *store.Ticket) { t.Screening.Status, t.VoidedAt = store.Cancelled, 1 },
			seats(), nil, wording.DoorVoid, "bad", 3, ""},
	} {
		tk := &store.Ticket{
			Status: store.Paid, ScreeningID: here,
			Movie:     store.Movie{Title: "Bus", AgeRating: "A18", MinimumAge: 18},
			Screening: store.Screening{Status: store.OnSale, Hall: "Balcony", StartsAt: 1_796_050_000_000},
			Lines: store.Lines{
				{Price: store.Price{Type: 1, Name: "Adult", Zone: "VIP"}, N: 1},
				{Price: store.Price{Type: 2, Name: "Child"}, N: 1},
				{Price: store.Price{Type: 1, Name: "Adult"}, N: 1},
				{Price: store.Price{Name: "3D glasses"}, N: 3, Extra: true},
			},
		}
		if c.change != nil {
			c.change(tk)
		}
		if c.letsIn == nil {
			c.letsIn = []store.ScreeningID{here}
		}
		v := wording.AtDoor(tk, c.seats, c.letsIn)
		if v.Kind != c.kind || v.Mood != c.mood || len(v.Left) != c.left || v.Title == "" ||
			!strings.Contains(v.Sentence, c.says) || (v.Reminder != "") != (c.kind == wording.DoorAdmit) ||
			c.kind == wording.DoorAdmit && (v.Who != "2 Adult, 1 Child" || !strings.Contains(v.Sentence, "Balcony")) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestIDReminder(t *testing.T) {
	for _, m := range []store.Movie{{AgeRating: "GE"}, {AgeRating: "18"}, {AgeRating: "A18", MinimumAge: 18}} {
		v := wording.AtDoor(&store.Ticket{Status: store.Paid, ScreeningID: 1, Movie: m},
			[]store.SeatIn{{Label: "A1"}}, []store.ScreeningID{1})
		if (v.Reminder != "") != (m.MinimumAge > 0) {
			t.Errorf("%+v: %q", m, v.Reminder)
		}
	}
}

func TestEvening(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-30T12:00:00+03:00": "2026-11-30", "2026-11-30T04:00:00+03:00": "2026-11-30",
		"2026-11-30T03:59:59+03:00": "2026-11-29", "2026-12-01T00:30:00+03:00": "2026-11-30",
		"2026-11-30T23:59:00Z": "2026-11-30", "2026-12-01T01:00:00Z": "2026-12-01",
		"2027-01-01T02:00:00+03:00": "2026-12-31",
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		from, until := wording.Evening(store.At(now))
		if got := wording.Machine(from); got != want+"T04:00:00+03:00" || until-from != 24*3600*1000 {
			t.Errorf("%s: %s for %d ms, want %s", at, got, until-from, want)
		}
		from, until = wording.DoorHours(store.At(now))
		if store.At(now)-from < 6*3600*1000 || until-store.At(now) < 6*3600*1000 {
			t.Errorf("%s: the door does not let in to what is near", at)
		}
	}
}

// TestTellHidesNumbers: who may not see phone numbers does not read them in the story either.
func TestTellHidesNumbers(t *testing.T) {
	st := store.Story{
		Ticket: &store.Ticket{
			Status:    store.Failed,
			Seats:     store.Labels{"A1"},
			Quantity:  1,
			Total:     100,
			CreatedAt: 1,
			UpdatedAt: 9,
		},
		Pushes: []store.StoryPush{{Push: store.Push{Phone: "254712345678", State: store.PushFailed, ResultCode: "1032",
			ResultText: "Cancelled on 254712345678", CreatedAt: 2}, UpdatedAt: 3}},
		Log: []store.LogEntry{
			{At: 5, Who: "Njeri", Action: "payment.resolve", Subject: "push:1", Now: `{"note":"rang 254712345678"}`},
		},
	}
	for _, mask := range []bool{true, false} {
		lines, last := wording.Tell(st, mask), store.Instant(0)
		if len(lines) != 5 {
			t.Errorf("%d lines: %+v", len(lines), lines)
		}
		seen := false
		for _, l := range lines {
			seen = seen || strings.Contains(l.What+l.Detail, "254712345678")
			if l.At < last {
				t.Errorf("%+v comes after %d", l, last)
			}
			last = l.At
		}
		if seen == mask {
			t.Errorf("masked %v, and the number is seen %v", mask, seen)
		}
	}
}
