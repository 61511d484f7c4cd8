package notify

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	ics "github.com/arran4/golang-ical"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"rsc.io/qr"

	"cinemasphere/store"
	"cinemasphere/views/mail"
	"cinemasphere/views/wording"
)

// qrPicture is a text as a QR code, a PNG.
func qrPicture(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	return code.PNG(), nil
}

// calendarEntry is the screening for a calendar. Cancelled it takes the entry back that came with the ticket: by the
// same name, with a higher number.
func calendarEntry(l mail.Letter, now time.Time) []byte {
	t, host := l.Ticket, hostOf(l.Link)
	cal := ics.NewCalendar()
	cal.SetProductId("-//CinemaSphere//EN")
	event := cal.AddEvent(t.Code + "@" + host)
	starts := t.Screening.StartsAt.Time().UTC()
	event.SetDtStampTime(now.UTC())
	event.SetStartAt(starts)
	event.SetEndAt(starts.Add(time.Duration(t.Screening.Trailers+t.Movie.Runtime) * time.Minute))
	event.SetSummary(t.Movie.Title)
	event.SetLocation(joined(", ", l.Cinema.Name, t.Screening.Hall, l.Cinema.AddressLine1, l.Cinema.AddressLine2))
	event.SetURL(l.Link)
	if l.Event == store.MessageCancelled {
		cal.SetMethod(ics.MethodCancel)
		event.SetStatus(ics.ObjectStatusCancelled)
		event.SetSequence(1)
	} else {
		cal.SetMethod(ics.MethodPublish)
		event.SetStatus(ics.ObjectStatusConfirmed)
		event.SetSequence(0)
		event.SetDescription("Seats " + strings.Join(t.Seats, ", ") + "\nTicket " + t.Code + "\n" + l.Link)
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

// hostOf is the host of an address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "localhost"
	}
	return u.Hostname()
}

func joined(between string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, between)
}

// The page of a ticket, in millimetres: A6.
const (
	pageWide, pageHigh = 105.0, 148.0
	edge               = 8.0
	qrSide             = 46.0
	quietZone          = 4 // modules
)

// ticketPDF is the ticket to print, on one page. The page of the ticket is the one that everybody can read: a PDF of
// this kind has no structure for programs that read aloud.
func ticketPDF(l mail.Letter, pass string, now time.Time) ([]byte, error) {
	t := l.Ticket
	code, err := qr.Encode(pass, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	doc := fpdf.NewCustom(&fpdf.InitType{
		OrientationStr: "P", UnitStr: "mm", Size: fpdf.SizeType{Wd: pageWide, Ht: pageHigh},
	})
	doc.AddUTF8FontFromBytes("go", "", goregular.TTF)
	doc.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	glyphs, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the font of tickets: %w", err)
	}
	write := func(text string) string { return drawable(glyphs, text) }
	doc.SetCatalogSort(true) // the same ticket is the same file
	doc.SetCreationDate(now)
	doc.SetModificationDate(now)
	doc.SetLang("en")
	doc.SetTitle(l.Subject(), true)
	doc.SetMargins(edge, edge, edge)
	doc.SetAutoPageBreak(false, 0)
	doc.AddPage()
	width := pageWide - 2*edge
	doc.SetFont("go", "", 9)
	doc.MultiCell(width, 4.5, write(l.Cinema.Name), "", "L", false)
	doc.SetFont("go", "B", 15)
	doc.MultiCell(width, 6.5, write(t.Movie.Title), "", "L", false)
	doc.SetFont("go", "B", 11)
	when := wording.Date(t.Screening.StartsAt) + ", " + wording.Clock(t.Screening.StartsAt)
	doc.MultiCell(width, 5.5, write(when), "", "L", false)
	doc.MultiCell(width, 5.5, write(joined(", ", t.Screening.Hall, seats(t))), "", "L", false)
	top := doc.GetY() + 2
	module := qrSide / float64(code.Size+2*quietZone)
	left := (pageWide - qrSide) / 2
	doc.SetFillColor(0, 0, 0)
	for y := range code.Size {
		for x := 0; x < code.Size; {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				doc.Rect(left+float64(x+quietZone)*module, top+float64(y+quietZone)*module,
					float64(run)*module, module, "F")
			}
			x += max(run, 1)
		}
	}
	doc.SetY(top + qrSide + 1)
	doc.SetFont("go", "B", 12)
	doc.CellFormat(width, 6, t.Code, "", 1, "C", false, 0, "")
	doc.SetFont("go", "", 8)
	for _, line := range t.Lines {
		doc.MultiCell(width, 4, write(wording.Line(line)), "", "L", false)
	}
	paid := "Paid " + wording.Shillings(t.Total)
	if t.Receipt != "" {
		paid += ", M-PESA " + t.Receipt
	}
	where := joined(", ", l.Cinema.AddressLine1, l.Cinema.AddressLine2)
	for _, line := range []string{paid, t.CustomerName, where, l.Cinema.Phone} {
		if line != "" {
			doc.MultiCell(width, 4, write(line), "", "L", false)
		}
	}
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		return nil, fmt.Errorf("write the PDF of a ticket: %w", err)
	}
	return out.Bytes(), nil
}

func seats(t *store.Ticket) string {
	if len(t.Seats) == 1 {
		return "seat " + t.Seats[0]
	}
	return "seats " + strings.Join(t.Seats, ", ")
}

// drawable is a text with ? for what the font cannot draw, of which it would say nothing.
func drawable(font *sfnt.Font, text string) string {
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		if i, err := font.GlyphIndex(&buffer, r); err != nil || i == 0 {
			return '?'
		}
		return r
	}, text)
}
