package watch

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"cinemasphere/handlers/internal/web"
)

// Check is one thing that the box office needs to sell.
type Check struct {
	Name string `json:"name"`           // database, schema, disk or daraja
	OK   bool   `json:"ok"`             // it is as it should be
	Says string `json:"says,omitempty"` // a word for everybody where it is not
}

const (
	// leastDisk is how many bytes must be free: the log of an evening's writes.
	leastDisk = 64 << 20
	// databaseTime is how long the books may take to answer before they count as broken.
	databaseTime = 2 * time.Second
)

// lookReady looks at what is asked for seldom, since it costs a write or a call. What a stranger asks for is answered
// from it.
func (w *Watch) lookReady(ctx context.Context) {
	checks := []Check{{Name: "database", OK: true}, {Name: "schema", OK: true}}
	if err := w.Store.Writable(ctx); ended(ctx) {
		return
	} else if err != nil {
		checks[0] = Check{Name: "database", Says: "not writable"}
		w.Log.Error("the books cannot be written", "error", err)
	}
	if found, known, err := w.Store.SchemaVersion(ctx); err != nil || found != known {
		checks[1] = Check{Name: "schema", Says: "of another version"}
	}
	if w.Disk != nil {
		checks = append(checks, w.lookDisk())
	}
	if w.LogIn != nil {
		check := w.lookDaraja(ctx)
		if ended(ctx) {
			return
		}
		checks = append(checks, check)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checks, w.looked = checks, w.Now()
}

// ended reports whether the program is closing, so that what was cut off says nothing.
func ended(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

func (w *Watch) lookDisk() Check {
	disk, err := w.Disk()
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.disk = nil
		w.Log.Warn("the disk of the books could not be looked at", "error", err)
		return Check{Name: "disk", Says: "not known"}
	}
	w.disk = &disk
	if disk.Free < leastDisk {
		return Check{Name: "disk", Says: "full"}
	}
	return Check{Name: "disk", OK: true}
}

func (w *Watch) lookDaraja(ctx context.Context) Check {
	err := w.LogIn(ctx)
	if ended(ctx) {
		return Check{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.logIns = 0
		return Check{Name: "daraja", OK: true}
	}
	if w.logIns++; w.logIns == 1 {
		w.Log.Warn("Daraja gives no access token", "error", err)
	}
	return Check{Name: "daraja", Says: "no access token"}
}

// Checks are those of the latest look, but for whether the books can be read: that is looked at now. No one is
// ok where nobody has looked lately.
func (w *Watch) Checks(ctx context.Context) []Check {
	w.mu.Lock()
	checks, looked := append([]Check{}, w.checks...), w.looked
	w.mu.Unlock()
	if len(checks) == 0 {
		checks = []Check{{Name: "database"}, {Name: "schema"}}
	}
	if age := w.Now().Sub(looked); age > 3*w.Every || age < -w.Every {
		for i := range checks {
			checks[i].OK, checks[i].Says = false, "not looked at lately"
		}
	}
	ctx, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	if ailment, _ := w.Store.Health(ctx); ailment != "" {
		checks[0] = Check{Name: "database", Says: ailment}
	}
	return checks
}

// Ready answers GET /readyz: whether tickets can be sold, as text, or as JSON for whoever accepts that. It asks nobody
// but the database, which costs one read.
func (w *Watch) Ready(rw http.ResponseWriter, r *http.Request) error {
	web.NoStore(rw)
	checks := w.Checks(r.Context())
	status, ready := http.StatusOK, true
	var text strings.Builder
	for _, c := range checks {
		word := "ok"
		if !c.OK {
			status, ready, word = http.StatusServiceUnavailable, false, c.Says
		}
		text.WriteString(c.Name + ": " + word + "\n")
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		return web.WriteJSON(rw, status, struct {
			Ready  bool    `json:"ready"`
			Checks []Check `json:"checks"`
		}{ready, checks})
	}
	return web.WriteText(rw, status, text.String())
}
