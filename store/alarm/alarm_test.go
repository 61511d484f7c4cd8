package alarm_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cinemasphere/store/alarm"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// fine is a state in which everything is known and nothing is wrong.
func fine() alarm.State {
	soon, young, none := noon.AddDate(0, 0, 60), ago(24*time.Hour), 0
	return alarm.State{
		Now: noon, Prompts: &alarm.Prompts{Accepted: 3, First: ago(time.Hour), Callbacks: 3}, Daraja: &alarm.Daraja{},
		Refunds: &alarm.Refunds{}, Backup: &alarm.Backup{Last: ago(time.Hour), Every: time.Hour},
		Disk: &alarm.Disk{Free: 100, Needs: 100}, SiteEnds: &soon, Password: &young, LogIns: &none,
		Messages: &none,
	}
}

// TestDecide: each alarm at its bound, and not before it.
func TestDecide(t *testing.T) {
	at := func(d time.Duration) *time.Time { when := noon.Add(d); return &when }
	number := func(n int) *int { return &n }
	day := 24 * time.Hour
	for name, tt := range map[string]struct {
		is     alarm.Kind // "" for none
		change func(*alarm.State)
	}{
		"nothing": {"", func(*alarm.State) {}},
		"three prompts and no callback": {alarm.NoCallbacks, func(s *alarm.State) {
			s.Prompts = &alarm.Prompts{Accepted: 3, First: ago(time.Hour)}
		}},
		"two prompts and no callback": {"", func(s *alarm.State) {
			s.Prompts = &alarm.Prompts{Accepted: 2, First: ago(time.Hour)}
		}},
		"three prompts and one callback": {"", func(s *alarm.State) {
			s.Prompts = &alarm.Prompts{Accepted: 3, First: ago(time.Hour), Callbacks: 1}
		}},
		"the breaker is open": {alarm.DarajaDark, func(s *alarm.State) { s.Daraja = &alarm.Daraja{Open: true} }},
		"calls fail":          {"", func(s *alarm.State) { s.Daraja = &alarm.Daraja{Failures: 4} }},
		"two log-ins fail":    {"", func(s *alarm.State) { s.LogIns = number(2) }},
		"three log-ins fail":  {alarm.LogInFails, func(s *alarm.State) { s.LogIns = number(3) }},
		"due for an hour": {"", func(s *alarm.State) {
			s.Refunds = &alarm.Refunds{Count: 1, Cents: 100, Oldest: ago(time.Hour)}
		}},
		"due for longer": {alarm.RefundOverdue, func(s *alarm.State) {
			s.Refunds = &alarm.Refunds{Count: 1, Cents: 100, Oldest: ago(time.Hour + 1)}
		}},
		"a backup of two intervals ago": {"", func(s *alarm.State) {
			s.Backup = &alarm.Backup{Last: ago(2 * day), Every: day}
		}},
		"a backup of longer ago": {alarm.BackupOld, func(s *alarm.State) {
			s.Backup = &alarm.Backup{Last: ago(2*day + 1), Every: day}
		}},
		"no backup yet":      {alarm.BackupOld, func(s *alarm.State) { s.Backup = &alarm.Backup{Every: day} }},
		"four messages fail": {"", func(s *alarm.State) { s.Messages = number(4) }},
		"five messages fail": {alarm.MessagesFail, func(s *alarm.State) { s.Messages = number(5) }},
		"little room":        {alarm.DiskLow, func(s *alarm.State) { s.Disk = &alarm.Disk{Free: 99, Needs: 100} }},
		"no room":            {alarm.DiskLow, func(s *alarm.State) { s.Disk = &alarm.Disk{Needs: 1} }},
		"ten days are left":  {"", func(s *alarm.State) { s.SiteEnds = at(10 * day) }},
		"less than ten":      {alarm.CertificateEnding, func(s *alarm.State) { s.SiteEnds = at(10*day - 1) }},
		"it has ended":       {alarm.CertificateEnding, func(s *alarm.State) { s.SiteEnds = at(-day) }},
		"79 days old":        {"", func(s *alarm.State) { s.Password = at(-79 * day) }},
		"80 days old":        {alarm.PasswordEnding, func(s *alarm.State) { s.Password = at(-80 * day) }},
		"100 days old":       {alarm.PasswordEnding, func(s *alarm.State) { s.Password = at(-100 * day) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := fine()
			tt.change(&s)
			found, unknown := alarm.Decide(s)
			var is alarm.Kind
			if len(found) > 0 {
				is = found[0].Kind
			}
			if is != tt.is || len(found) > 1 || len(unknown) > 0 {
				t.Errorf("found %+v, unknown %v; want %q", found, unknown, tt.is)
			}
		})
	}
}

// TestNothingKnown: what is not known is no alarm, and named as unknown.
func TestNothingKnown(t *testing.T) {
	found, unknown := alarm.Decide(alarm.State{Now: noon})
	if len(found) > 0 || !slices.Equal(unknown, alarm.Kinds()) {
		t.Errorf("found %v, unknown %v", found, unknown)
	}
}

// told is what a run of looks tells, as one letter each: R raised, O over.
func told(looks string) string {
	var kept []alarm.Kept
	out, now := "", noon
	for _, look := range looks {
		var found []alarm.Alarm
		var unknown []alarm.Kind
		switch look {
		case '!':
			found = []alarm.Alarm{{Kind: alarm.DiskLow}}
		case '?':
			unknown = []alarm.Kind{alarm.DiskLow}
		}
		kept = alarm.Next(kept, found, unknown, now)
		for i := range kept {
			switch raised, over := kept[i].Tells(); {
			case look == '~' || look == ':': // nobody can be told
			case raised:
				out, kept[i].Told = out+"R", now
			case over:
				out, kept[i].EndTold = out+"O", now
			}
		}
		now = now.Add(alarm.Settle / 2)
	}
	return out
}

// TestNext: each alarm is told once, and its end once, where it has settled.
func TestNext(t *testing.T) {
	for looks, want := range map[string]string{
		"....":      "",
		"!":         "R",
		"!!!!!!":    "R",
		"!..":       "RO",
		"!.....":    "RO",
		"!.!.!.!":   "R",    // it comes and goes
		"!..!..":    "RORO", // it was over
		"!????":     "R",    // whether it is over is not known
		"!???.":     "R",
		"!???..":    "RO",
		"!~~!":      "R", // an end that nobody was told of
		"!~~.":      "RO",
		"?":         "",
		"~!":        "R",
		"!..?..!..": "RORO",
	} {
		if got := told(looks); got != want {
			t.Errorf("%s tells %q, want %q", looks, got, want)
		}
	}
}

// TestToldInTurn: whatever is seen, an alarm and its end are told in turn, and of each kind one is kept at most.
func TestToldInTurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		looks := rapid.StringOfN(rapid.SampledFrom([]rune("!.?~")), 0, 40, -1).Draw(t, "looks")
		last := 'O'
		for _, got := range told(looks) {
			if got == last {
				t.Fatalf("%s tells %q", looks, told(looks))
			}
			last = got
		}
	})
}
