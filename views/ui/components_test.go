package ui_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"cinemasphere/views/ui"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"rsc.io/qr"
)

const evil = `<script>alert(1)</script>"`

func doc(t *testing.T, c templ.Component) *goquery.Document {
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

func attr(t *testing.T, d *goquery.Document, selector, name string) string {
	t.Helper()
	v, ok := d.Find(selector).Attr(name)
	if !ok {
		t.Errorf("%s has no %s", selector, name)
	}
	return v
}

func TestToastIsAddedOutOfBand(t *testing.T) {
	d := doc(t, ui.Toast("error", evil))
	if got := attr(t, d, "body > div", "hx-swap-oob"); got != "beforeend:#toasts" {
		t.Errorf("hx-swap-oob = %q", got)
	}
	if d.Find(".toast.toast-error p").Text() != evil || d.Find("script").Length() != 0 {
		t.Error("the text of the toast is not what was given")
	}
	if attr(t, d, "button[data-toast-close]", "aria-label") == "" {
		t.Error("the close button has no name")
	}
}

func TestInputTiesItsErrorAndHint(t *testing.T) {
	f := ui.Field{
		ID: "a", Name: "phone", Label: "Phone", Type: "tel", Value: evil, Hint: "A hint.", Error: "Wrong.",
		Autocomplete: "tel",
	}
	d := doc(t, ui.Input(f))
	if got := attr(t, d, "input", "aria-describedby"); got != "a-error a-hint" {
		t.Errorf("aria-describedby = %q", got)
	}
	if attr(t, d, "input", "aria-invalid") != "true" || attr(t, d, "input", "inputmode") != "tel" ||
		attr(t, d, "input", "value") != evil || attr(t, d, "label", "for") != "a" {
		t.Error("the input lost something")
	}
	attr(t, d, "input", "required")
	if d.Find("#a-error").Text() != "Wrong." || d.Find("#a-hint").Text() != "A hint." {
		t.Error("the error or the hint is not there")
	}
	f.Error, f.Hint, f.ReadOnly = "", "", true
	d = doc(t, ui.Input(f))
	if d.Find("[aria-describedby], [aria-invalid], [required], p").Length() != 0 {
		t.Error("a good field is marked")
	}
	attr(t, d, "input", "readonly")
}

// TestQRSaysTheText reads the drawn path back into modules and compares them with the code's own.
func TestQRSaysTheText(t *testing.T) {
	const pass = "CS1:0KRWMTX7P:MFRGGZDFMZTWQ2LKNNWG23TPOA"
	want, err := qr.Encode(pass, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	d := doc(t, ui.QR(pass, "QR code"))
	size := want.Size + 8
	if got := d.Find("svg").AttrOr("viewbox", d.Find("svg").AttrOr("viewBox", "")); got != fmt.Sprintf("0 0 %d %d",
		size, size) {
		t.Errorf("viewBox = %q", got)
	}
	black := map[[2]int]bool{}
	runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(d.Find("path").Last().AttrOr("d",
		""), -1)
	for _, m := range runs {
		x, y, n := number(t, m[1]), number(t, m[2]), number(t, m[3])
		if m[3] != m[4] {
			t.Errorf("a run that is not closed: %s", m[0])
		}
		for i := range n {
			black[[2]int{x + i, y}] = true
		}
	}
	for y := range size {
		for x := range size {
			if got, is := black[[2]int{x, y}], want.Black(x-4, y-4); got != is {
				t.Fatalf("module %d,%d is black: %v, want %v", x, y, got, is)
			}
		}
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestQRThatCannotBeDrawnFails(t *testing.T) {
	var b strings.Builder
	if err := ui.QR(strings.Repeat("x", 5000), "").Render(t.Context(), &b); err == nil {
		t.Error("5,000 characters were drawn")
	}
}

func TestEveryIconIsDrawnAndSilent(t *testing.T) {
	for _, name := range []string{
		"menu", "pin", "mail", "phone", "facebook", "instagram", "x", "calendar", "seat", "ticket", "handset", "alert",
		"check", "cross", "clock", "print",
	} {
		d := doc(t, ui.Icon(name))
		if d.Find("svg > *").Length() == 0 || attr(t, d, "svg", "aria-hidden") != "true" {
			t.Errorf("icon %s", name)
		}
	}
}

func TestColours(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{
		{"#ffffff", "#000000", 21}, {"#000000", "#ffffff", 21}, {"#e50914", "#e50914", 1}, {"#ffffff", "#767676", 4.54},
		{"#e50914", "#ffffff", 4.80},
	} {
		if got := ui.Contrast(tt.a, tt.b); got < tt.want-0.01 || got > tt.want+0.01 {
			t.Errorf("%s on %s: %.2f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
	for _, tt := range []struct {
		a, b  string
		share float64
		want  string
	}{
		{"#000000", "#ffffff", 0.5, "#808080"}, {"#e50914", "#ffffff", 0, "#e50914"},
		{"#e50914", "#123456", 1, "#123456"},
	} {
		if got := ui.Mix(tt.a, tt.b, tt.share); got != tt.want {
			t.Errorf("%s and %s: %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
}
