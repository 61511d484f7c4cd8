package store_test

import (
	"strings"
	"testing"

	"cinemasphere/store"
)

func TestReadTimes(t *testing.T) {
	for typed, want := range map[string]string{
		"14:00 16:45 19:30":         "14:00 16:45 19:30",
		"14:00,16:45;19:30":         "14:00 16:45 19:30",
		"14:00, 16:45 and 19:30":    "14:00 16:45 19:30",
		"19:30\r\n14:00":            "14:00 19:30",
		"9:05":                      "09:05",
		"14.30 1645 19h 20h15":      "14:30 16:45 19:00 20:15",
		"14:00 14:00 14.00":         "14:00",
		"00:30 22:00":               "22:00 00:30", // after midnight is the end of the evening
		"04:00 03:59":               "04:00 03:59",
		"":                          "",
		" \t\n ":                    "",
		"23:59":                     "23:59",
		"00:00":                     "00:00",
		"24:00":                     "24:00 midnight",
		"2400":                      "2400 midnight",
		"25:00":                     "25:00 range",
		"14:60":                     "14:60 range",
		"99:99":                     "99:99 range",
		"7pm":                       "7pm twelve_hour",
		"7:30PM":                    "7:30PM twelve_hour",
		"11am":                      "11am twelve_hour",
		"7 pm":                      "7 unreadable pm twelve_hour",
		"7:30 p.m.":                 "07:30 p.m. twelve_hour",
		"14":                        "14 unreadable",
		"930":                       "930 unreadable",
		"14:0":                      "14:0 unreadable",
		"14:000":                    "14:000 unreadable",
		":30":                       ":30 unreadable",
		"14:":                       "14: unreadable",
		"-1:30":                     "-1:30 unreadable",
		"+1:30":                     "+1:30 unreadable",
		"1e3":                       "1e3 unreadable",
		"١٤:٠٠":                     "١٤:٠٠ unreadable",
		"14:00-16:00":               "14:00-16:00 unreadable",
		"noon 14:00":                "14:00 noon unreadable",
		"=HYPERLINK(1)":             "=HYPERLINK(1) unreadable",
		"\xff\xfe":                  "? unreadable",
		strings.Repeat("é", 30):     strings.Repeat("é", 10) + "… unreadable",
		"14:00 24:00 16:00 x 18:00": "14:00 16:00 18:00 24:00 midnight x unreadable",
	} {
		times, bad := store.ReadTimes(typed)
		got := store.WriteTimes(times)
		for _, b := range bad {
			got += " " + b.Text + " " + string(b.Fault)
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%q: got %q, want %q", typed, strings.TrimSpace(got), want)
		}
	}
	if times, bad := store.ReadTimes(strings.Repeat("14:00 x ", 5000)); len(times) > store.TimesMost ||
		len(bad) > store.TimesMost+1 {
		t.Errorf("of 10,000 words: %d times, %d faults", len(times), len(bad))
	}
}

func TestBusinessDay(t *testing.T) {
	for _, c := range []struct{ day, clock, utc, week string }{
		{"2026-11-30", "14:00", "2026-11-30T11:00:00Z", "2026-11-30"},
		{"2026-11-30", "04:00", "2026-11-30T01:00:00Z", "2026-11-30"},
		{"2026-11-30", "23:59", "2026-11-30T20:59:00Z", "2026-11-30"},
		{"2026-11-30", "00:30", "2026-11-30T21:30:00Z", "2026-11-30"}, // 00:30 on the clock of 1 December
		{"2026-11-30", "03:59", "2026-12-01T00:59:00Z", "2026-11-30"},
		{"2026-12-06", "20:00", "2026-12-06T17:00:00Z", "2026-11-30"}, // a Sunday
		{"2027-01-01", "10:00", "2027-01-01T07:00:00Z", "2026-12-28"},
		{"2028-02-29", "10:00", "2028-02-29T07:00:00Z", "2028-02-28"},
	} {
		day, ok := store.ParseBusinessDay(c.day)
		times, _ := store.ReadTimes(c.clock)
		if !ok || len(times) != 1 {
			t.Fatalf("%s %s is not read", c.day, c.clock)
		}
		at := day.At(times[0])
		if got := at.Time().Format("2006-01-02T15:04:05Z"); got != c.utc {
			t.Errorf("%s at %s: %s, want %s", c.day, c.clock, got, c.utc)
		}
		if back := store.BusinessDayOf(at); back != day || back.String() != c.day || store.ClockOf(at) != times[0] {
			t.Errorf("%s at %s is read back as %s %s", c.day, c.clock, back, store.ClockOf(at))
		}
		if got := day.Monday().String(); got != c.week {
			t.Errorf("the week of %s begins on %s, want %s", c.day, got, c.week)
		}
	}
	for _, text := range []string{
		"", "30/11/2026", "2026-11-31", "2026-02-29", "1999-12-31", "9999-01-01", "2026-1-1", "x",
	} {
		if day, ok := store.ParseBusinessDay(text); ok {
			t.Errorf("%q is read as %s", text, day)
		}
	}
}
