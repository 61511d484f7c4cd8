package mail_test

import (
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/views/mail"
)

const link = "https://sunrise.co.ke/tickets/YYW3R4ESENS76JY435PZ46RIPU"

func letterOf(event store.MessageEvent, change ...func(*mail.Letter)) mail.Letter {
	l := mail.Letter{
		Event: event, Link: link, Refund: 1350_00, Cinema: store.Cinema{Name: "Sunrise Cinema"},
		Ticket: &store.Ticket{
			Code: "ABCDE", CustomerName: "Wanjikũ", Quantity: 2, Total: 2700, Seats: store.Labels{"F11", "F12"},
			Movie: store.Movie{Title: "Nyota", ShortTitle: "Nyota"},
			Screening: store.Screening{
				Hall: "Hall 1", StartsAt: store.At(time.Date(2026, 12, 4, 17, 0, 0, 0, time.UTC)),
			},
		},
	}
	for _, f := range change {
		f(&l)
	}
	return l
}

// TestSMS: every SMS has the link, is in characters that every phone counts as one, and fits into one SMS wherever the
// link leaves room for it.
func TestSMS(t *testing.T) {
	ten := store.Labels{"AA10", "AA11", "AA12", "AA13", "AA14", "AA15", "AA16", "AA17", "AA18", "AA19"}
	for name, change := range map[string]func(*mail.Letter){
		"plain": func(*mail.Letter) {},
		"long title": func(l *mail.Letter) {
			l.Ticket.Movie.Title = "Mission: Impossible – Dead Reckoning, Part One (Director’s cut)"
			l.Ticket.Movie.ShortTitle = "Mission Imp."
		},
		"no short title": func(l *mail.Letter) {
			l.Ticket.Movie.Title, l.Ticket.Movie.ShortTitle = strings.Repeat("Ndoto ", 20), ""
		},
		"ten seats":   func(l *mail.Letter) { l.Ticket.Seats, l.Ticket.Quantity = ten, 10 },
		"one seat":    func(l *mail.Letter) { l.Ticket.Seats, l.Ticket.Quantity = ten[:1], 1 },
		"long hall":   func(l *mail.Letter) { l.Ticket.Screening.Hall = strings.Repeat("Grand ", 12) },
		"long cinema": func(l *mail.Letter) { l.Cinema.Name = strings.Repeat("Sinema ", 12) },
		"accents": func(l *mail.Letter) {
			l.Ticket.Movie.Title = "Amélie à Ngũgĩ “Łódź” — €5 {x} [y] ~ | ^ \\ ŋ"
		},
		"other script": func(l *mail.Letter) { l.Ticket.Movie.Title, l.Cinema.Name = "千と千尋の神隠し", "映画館" },
		"emoji":        func(l *mail.Letter) { l.Ticket.Movie.Title = "🎬🎬🎬 Film 🎬" },
		"refund due":   func(l *mail.Letter) { l.Ticket.RefundDue = 250_000_00 },
		"all of it": func(l *mail.Letter) {
			l.Ticket.Movie.Title, l.Cinema.Name = strings.Repeat("Ndoto ", 20), strings.Repeat("Sinema ", 12)
			l.Ticket.Seats, l.Ticket.Quantity = ten, 10
			l.Ticket.Screening.Hall = strings.Repeat("Grand ", 12)
			l.Ticket.RefundDue = 250_000_00
		},
	} {
		for _, event := range store.MessageEvents() {
			text := letterOf(event, change).SMS()
			if len(text) > mail.OneSMS || !strings.HasSuffix(text, link) {
				t.Errorf("%s, %s: %d characters: %s", name, event, len(text), text)
			}
			for _, r := range text {
				if r >= 0x7f || strings.ContainsRune("[]{}~^|\\`€", r) || r < ' ' {
					t.Errorf("%s, %s: %q in %s", name, event, r, text)
				}
			}
		}
	}
	if got, want := letterOf(store.MessagePaid).SMS(),
		"Sunrise Cinema: paid. Nyota, Fri 4 Dec 20:00, Hall 1, F11 F12. "+link; got != want {
		t.Errorf("it is %q, not %q", got, want)
	}
	long := letterOf(store.MessagePaid)
	long.Link = "https://" + strings.Repeat("x", 150) + ".co.ke/tickets/Y"
	if got := long.SMS(); !strings.HasSuffix(got, long.Link) {
		t.Errorf("the link is cut: %s", got)
	}
}

// TestLetters: each message says what it is about in subject, text and HTML, and nothing of money is said to be back
// that is only due.
func TestLetters(t *testing.T) {
	for _, event := range store.MessageEvents() {
		l := letterOf(event, func(l *mail.Letter) {
			l.Ticket.RefundDue, l.Ticket.Movie.Title = 2700_00, `<b>Nyota & "Co"</b>`
			l.Ticket.Screening.CancelReason = "The projector is broken."
		})
		var page strings.Builder
		if err := mail.HTML(l).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"text": l.Text(), "HTML": page.String()} {
			for _, want := range []string{link, "ABCDE", "F11, F12", "Sunrise Cinema"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s as %s does not say %s", event, what, want)
				}
			}
			if back := strings.Contains(text, "has gone back to you"); back != (event == store.MessageRefunded) {
				t.Errorf("%s as %s: the money is back: %v", event, what, back)
			}
		}
		if strings.Contains(page.String(), "<b>") || strings.Contains(page.String(), "style=") {
			t.Errorf("%s: the title is markup, or a style is inline", event)
		}
		if qr := strings.Contains(page.String(), "cid:ticket-code"); qr != l.IsTicket() {
			t.Errorf("%s: a QR code: %v", event, qr)
		}
	}
}
