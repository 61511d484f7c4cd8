package notify

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"cinemasphere/store"
	"cinemasphere/views/mail"
)

var noon = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

func letterFor(event store.MessageEvent, name string) mail.Letter {
	return mail.Letter{
		Event: event, Link: "https://sunrise.co.ke/tickets/X",
		Cinema: store.Cinema{Name: "Sunrise", AddressLine1: "Kimathi St"},
		Ticket: &store.Ticket{
			Code: "ABCDE", CustomerName: name, Quantity: 2, Total: 2700, Seats: store.Labels{"F11", "F12"},
			Movie: store.Movie{Title: "Nyota; a film, of \\ many\nlines", Runtime: 100},
			Screening: store.Screening{
				Hall: "Hall 1", Trailers: 15, StartsAt: store.At(time.Date(2026, 12, 4, 17, 0, 0, 0, time.UTC)),
			},
		},
	}
}

// TestTicketPDF: a ticket is one page with fonts of its own, whatever name stands on it, and the same each time.
func TestTicketPDF(t *testing.T) {
	for _, name := range []string{"Wanjikũ Ngũgĩ", "千尋", "🎬", strings.Repeat("Wanjiku ", 40), "", "a\x00b"} {
		first, err := ticketPDF(letterFor(store.MessagePaid, name), "CS1:ABCDE:SIGNED", noon)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		again, err := ticketPDF(letterFor(store.MessagePaid, name), "CS1:ABCDE:SIGNED", noon)
		if err != nil || !bytes.HasPrefix(first, []byte("%PDF-")) || !bytes.Equal(first, again) ||
			!bytes.Contains(first, []byte("/FontFile2")) || !bytes.Contains(first, []byte("/Count 1\n")) {
			t.Errorf("%q: %d and %d bytes, %v", name, len(first), len(again), err)
		}
	}
}

// TestDrawable: what the font cannot draw is a question mark, not a gap.
func TestDrawable(t *testing.T) {
	font, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"Wanjikũ Ngũgĩ": "Wanjikũ Ngũgĩ", "Łukasz × 2": "Łukasz × 2", "千尋": "??", "a🎬b": "a?b", "": "",
	} {
		if got := drawable(font, text); got != want {
			t.Errorf("%q is drawn as %q", text, got)
		}
	}
}

// TestCalendarEntry: an entry has the screening's time, lines that end as they must, and texts that break no line; a
// cancelled one takes back what came before.
func TestCalendarEntry(t *testing.T) {
	entry := string(calendarEntry(letterFor(store.MessagePaid, "W"), noon))
	gone := string(calendarEntry(letterFor(store.MessageCancelled, "W"), noon))
	for _, want := range []string{
		"METHOD:PUBLISH\r\n", "DTSTART:20261204T170000Z\r\n", "DTEND:20261204T185500Z\r\n",
		"UID:ABCDE@sunrise.co.ke\r\n", "SEQUENCE:0\r\n", `SUMMARY:Nyota\; a film\, of \\ many\nlines` + "\r\n",
		"LOCATION:Sunrise\\, Hall 1\\, Kimathi St\r\n",
	} {
		if !strings.Contains(entry, want) {
			t.Errorf("the entry has no %q:\n%s", want, entry)
		}
	}
	for _, want := range []string{
		"METHOD:CANCEL\r\n", "STATUS:CANCELLED\r\n", "UID:ABCDE@sunrise.co.ke\r\n", "SEQUENCE:1\r\n",
	} {
		if !strings.Contains(gone, want) {
			t.Errorf("what takes it back has no %q:\n%s", want, gone)
		}
	}
	for _, text := range []string{entry, gone} {
		if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
			t.Errorf("a line ends otherwise:\n%q", text)
		}
	}
}
