package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

const hall = `[Stalls]
zone v = VIP
A  oooo_ooo|ooo_oooo  odd left, even right
-
[Balcony]
B  wc__oooooo__cw
C  LLLL_vvvvvv_LLLL  start 101
zones: vv
D  oo_xhhoooo_oo
note D1 = behind a <pillar>
`

func drawn(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	d, err := goquery.NewDocumentFromReader(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestPlanDrawing: the drawing has every seat in its place, said in full, and the counts are those of the plan.
func TestPlanDrawing(t *testing.T) {
	p, problems := seating.Parse(hall)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := drawn(t, admin.PlanDrawing(&p))
	if n := d.Find(".plan-hall .plan-seat").Length(); n != len(p.Seats) {
		t.Errorf("%d seats drawn of %d", n, len(p.Seats))
	}
	rows := d.Find(".plan-hall tr:has(.plan-seat)")
	for _, s := range p.Seats {
		row := p.Rows[s.Row]
		cell := rows.Eq(s.Row).Find("td").Eq(s.Col)
		if rows.Eq(s.Row).Find("th").Text() != row.Label || !strings.HasPrefix(strings.TrimSpace(cell.Text()),
			fmt.Sprint(s.Number)) {
			t.Errorf("%s is drawn as %q in row %q", s.Label, cell.Text(), rows.Eq(s.Row).Find("th").Text())
		}
		if centre := cell.HasClass("plan-centre"); centre != (s.Col == row.Centre) {
			t.Errorf("%s is right of the centre: %v", s.Label, centre)
		}
	}
	for label, want := range map[string]string{
		"D1":   "Row D seat 1, Standard, behind a <pillar>",
		"C101": "Row C seat 101, VIP, love seat",
		"C105": "Row C seat 105, VIP",
		"B1":   "Row B seat 1, Standard, wheelchair place",
		"D3":   "Row D seat 3, Standard, broken",
	} {
		found := false
		d.Find(".plan-seat[role=img]").Each(func(_ int, s *goquery.Selection) {
			found = found || s.AttrOr("aria-label", "") == want
		})
		if !found {
			t.Errorf("%s: nothing says %q", label, want)
		}
	}
	var sections []string
	d.Find(".plan-section").Each(func(_ int, s *goquery.Selection) { sections = append(sections, s.Text()) })
	if fmt.Sprint(sections) != "[Stalls Balcony]" || d.Find(".plan-gap").Length() != 1 {
		t.Errorf("sections %v, %d aisles across", sections, d.Find(".plan-gap").Length())
	}
	if got := numbers(d, ".plan-counts", 0); fmt.Sprint(got) != "[[28 6 2 2 2 1 38] [6 2 0 0 0 0 8]]" {
		t.Errorf("by zone: %v", got)
	}
	if got := numbers(d, ".plan-counts", 1); len(got) != 4 || fmt.Sprint(got[3]) != "[8 0 0 0 2 1 8]" {
		t.Errorf("by row: %v", got)
	}
	if total := d.Find(".plan-total").First().Text(); total != "46 seats for sale of 49, in 4 rows" {
		t.Errorf("in all: %q", total)
	}
	if inline := d.Find("[style], script, style"); inline.Length() > 0 {
		t.Error("a Content-Security-Policy forbids inline styles and scripts")
	}
}

// numbers are the numbers of a table's rows.
func numbers(d *goquery.Document, table string, n int) (rows [][]string) {
	d.Find(table).Eq(n).Find("tbody tr").Each(func(_ int, tr *goquery.Selection) {
		var row []string
		tr.Find("td").Each(func(_ int, td *goquery.Selection) { row = append(row, td.Text()) })
		rows = append(rows, row)
	})
	return rows
}

// TestPlanProblems: every problem is told with line and column, and what was typed is told as text.
func TestPlanProblems(t *testing.T) {
	_, problems := seating.Parse("A oo\nB o<b>o\nE LLL")
	d := drawn(t, admin.PlanProblems(problems))
	items := d.Find(".plan-problems li")
	if items.Length() != len(problems) || !strings.HasPrefix(items.First().Text(), "Line 2, column 4. ") ||
		d.Find("b").Length() > 0 {
		h, err := d.Html()
		t.Errorf("%s, %v", h, err)
	}
	if drawn(t, admin.PlanProblems(nil)).Find("ul").Length() > 0 {
		t.Error("a list of nothing")
	}
}

// TestLogSaysMoney: an amount in cents is read as money, to the cent.
func TestLogSaysMoney(t *testing.T) {
	d := drawn(t, admin.LogPage(admin.Log{Entries: []store.LogEntry{{
		Action: "payment.accept", Was: `{"state":"due"}`, Now: `{"state":"due","amount_cents":135050}`,
	}}}))
	if said := d.Find("tbody td").Last().Text(); said != "amount: "+wording.Cents(1350_50) {
		t.Errorf("the log says %q", said)
	}
}
