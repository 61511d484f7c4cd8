package admin

import (
	"context"
	"net/http"
	"sync"

	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// checkUps keeps what the latest examination by this process has found. One is made at a time.
type checkUps struct {
	making sync.Mutex
	mu     sync.Mutex
	latest doctor.Examined
}

// CheckUpPage answers GET /admin/check-up: what the latest examination has found.
func (a *Admin) CheckUpPage(w http.ResponseWriter, r *http.Request) error {
	a.checkUps.mu.Lock()
	found := a.checkUps.latest
	a.checkUps.mu.Unlock()
	var v pages.CheckUp
	if !found.At.IsZero() {
		v.At = store.At(found.At)
	}
	for _, f := range found.Findings {
		v.Lines = append(v.Lines, pages.CheckUpLine{Name: f.Name, Grade: string(f.Grade), Says: f.Says, Do: f.Do})
	}
	return a.render(w, r, http.StatusOK, pages.CheckUpPage(v))
}

// CheckUp answers POST /admin/check-up: it examines the box office.
func (a *Admin) CheckUp(w http.ResponseWriter, r *http.Request) error {
	if a.Examine == nil {
		return store.ErrNotFound
	}
	if !a.checkUps.making.TryLock() {
		return a.done(w, r, prefix+"/check-up",
			"Somebody else has just asked for it. Load this page again in some seconds.")
	}
	defer a.checkUps.making.Unlock()
	found := a.Examine(r.Context())
	if err := r.Context().Err(); err != nil {
		return err // what was cut off says nothing
	}
	a.checkUps.mu.Lock()
	a.checkUps.latest = found
	a.checkUps.mu.Unlock()
	return a.done(w, r, prefix+"/check-up", "Done.")
}

// alarms are those that are on. A page does not depend on them.
func (a *Admin) alarms(ctx context.Context, w http.ResponseWriter) (on []pages.AlarmNotice) {
	all, err := a.Store.Jobs().Alarms(ctx)
	if err != nil {
		web.LogError(w, err)
	}
	for _, k := range all {
		if k.On() {
			what, do := wording.Alarm(k)
			on = append(on, pages.AlarmNotice{What: what, Do: do})
		}
	}
	return on
}
