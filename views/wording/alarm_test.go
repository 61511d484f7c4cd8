package wording_test

import (
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/alarm"
	"cinemasphere/views/wording"
)

// TestAlarms: each alarm has words of its own for what is wrong, what to do and its end, and shows its figures.
func TestAlarms(t *testing.T) {
	seen := map[string]bool{}
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	figures := map[alarm.Kind]string{
		alarm.NoCallbacks: "3 prompts", alarm.RefundOverdue: "KSh 1,350", alarm.DiskLow: "3 KiB",
		alarm.BackupOld: "2026-11-30 12:00", alarm.CertificateEnding: "2026-11-30", alarm.PasswordEnding: "2026-11-30",
	}
	for _, kind := range alarm.Kinds() {
		a := store.Alarm{Alarm: alarm.Alarm{Kind: kind, Count: 3, Cents: 135_000, At: at}}
		if kind == alarm.DiskLow {
			a.Count = 3 << 10
		}
		what, do := wording.Alarm(a)
		over := wording.AlarmOver(a)
		for _, text := range []string{what, over} {
			if seen[text] || !strings.HasSuffix(text, ".") || strings.Contains(text, string(kind)) {
				t.Errorf("%s: %q", kind, text)
			}
			seen[text] = true
		}
		if do == "" || !strings.Contains(what, figures[kind]) {
			t.Errorf("%s: %q, %q", kind, what, do)
		}
	}
	what, _ := wording.Alarm(store.Alarm{Alarm: alarm.Alarm{Kind: alarm.BackupOld}})
	if strings.Contains(what, "1970") || strings.Contains(what, "0001") {
		t.Errorf("without any backup: %q", what)
	}
}

// TestBytes: sizes as people say them.
func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 KiB", 5 << 10: "5 KiB", 99 << 20: "99 MiB", 9 << 30: "9216 MiB", 10 << 30: "10 GiB", 3 << 40: "3072 GiB",
	} {
		if got := wording.Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
