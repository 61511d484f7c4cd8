package watch

import (
	"context"
	"log/slog"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// Teller tells the owner of an alarm, or that it is over: see [store.Alarm].On. An error has it told again with the
// next look, so that it is told once at least.
type Teller interface {
	Tell(ctx context.Context, a store.Alarm) error
}

// LogTeller tells in the log.
type LogTeller struct{ Log *slog.Logger }

// Tell writes one line.
func (t LogTeller) Tell(ctx context.Context, a store.Alarm) error {
	what, do := wording.Alarm(a)
	if !a.On() {
		t.Log.InfoContext(ctx, "alarm is over", "alarm", string(a.Kind), "what", wording.AlarmOver(a))
		return nil
	}
	t.Log.WarnContext(ctx, "alarm", "alarm", string(a.Kind), "what", what, "do", do)
	return nil
}
