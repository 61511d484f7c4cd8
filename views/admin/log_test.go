package admin_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/store"
	"cinemasphere/views/admin"
)

// TestLogSaysWhatChanged: prices, surcharges and rules stand in words, each that was changed by itself.
func TestLogSaysWhatChanged(t *testing.T) {
	const adult = `{"type":1,"name":"Adult","cents":90000},{"type":1,"name":"Adult","zone":"VIP","cents":`
	for name, c := range map[string]struct {
		was, now string
		want     []string
	}{
		"nothing":     {"", "", nil},
		"no object":   {`[1]`, `"x"`, nil},
		"a text":      {`{"town":"Nairobi"}`, `{"town":"Mombasa"}`, []string{"town: Nairobi → Mombasa"}},
		"an empty":    {`{"town":"Nairobi"}`, `{"town":""}`, []string{"town: Nairobi → nothing"}},
		"a new false": {"", `{"disabled":false,"name":"x"}`, []string{"name: x"}},
		"one price": {
			`{"name":"Normal","prices":[` + adult + `150000}]}`,
			`{"name":"Normal","prices":[` + adult + `160050}]}`,
			[]string{"prices, Adult VIP: KSh 1,500 → KSh 1,600.50"},
		},
		"another type": {`{"prices":[{"type":1,"name":"Adult","cents":90000}]}`,
			`{"prices":[{"type":1,"name":"Adult","cents":90000},{"type":2,"name":"Child","cents":50000}]}`,
			[]string{"prices, Child: KSh 500"}},
		"a type less": {`{"prices":[{"type":1,"name":"Adult","cents":90000},{"type":2,"name":"Child","cents":50000}]}`,
			`{"prices":[{"type":1,"name":"Adult","cents":90000}]}`, []string{"prices, Child: KSh 500 → gone"}},
		"surcharges": {`{"surcharges":[{"name":"3D glasses","cents":5000}]}`,
			`{"surcharges":[{"name":"3D glasses","cents":5000,"optional":true}]}`,
			[]string{"surcharges, 3D glasses: KSh 50 → KSh 50, may be left out"}},
		"rules": {"", `{"rules":[{"days":[1,2],"before":1020,"card":7},{"holidays":true,"card":8}]}`,
			[]string{"rules, 1: Mon Tue, before 17:00, card 7", "rules, 2: on holidays, card 8"}},
		"a list of words": {`{"seats":["A1"]}`, `{"seats":["A1","A2"]}`, []string{"seats: A1 → A1 A2"}},
		"a large number":  {"", `{"id":3479109863387071}`, []string{"id: 3479109863387071"}},
		"an object":       {"", `{"logo":{"kind":"head"}}`, []string{"logo, kind: head"}},
	} {
		entry := store.LogEntry{ID: 1, Who: "Njeri", Was: c.was, Now: c.now}
		d := drawn(t, admin.LogPage(admin.Log{Entries: []store.LogEntry{entry}}))
		got := d.Find("tbody td:last-child div").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if strings.ContainsAny(strings.Join(got, ""), "{}[]") {
			t.Errorf("%s: raw JSON: %q", name, got)
		}
	}
}
