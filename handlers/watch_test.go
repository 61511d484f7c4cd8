package handlers_test

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/watch"
	"cinemasphere/store"
	"cinemasphere/store/alarm"
	"cinemasphere/store/storetest"
)

// loudWords are what the log-in of the test below fails with, and what looks like a secret.
var loudWords = regexp.MustCompile(`[0-9]{9,}|secret|[A-Z2-7]{26}`)

// TestReady: 503 with a word for what is wrong, and nobody who asks makes the program call Daraja.
func TestReady(t *testing.T) {
	var asked atomic.Int64
	var refused error
	disk := alarm.Disk{Free: 1 << 30}
	st := books(t)
	w := watch.New(watch.Config{
		Store: st, LogIn: func(context.Context) error { asked.Add(1); return refused },
		Disk: func() (alarm.Disk, error) { return disk, nil },
	})
	o := openOn(t, st, func(d *handlers.Deps) { d.Watch = w })
	expect := func(when string, status int, wrong ...string) {
		t.Helper()
		before := asked.Load()
		text := o.get("/readyz")
		program := o.get("/readyz", "Accept", "application/json")
		var got struct {
			Ready  bool
			Checks []watch.Check
		}
		if err := json.Unmarshal(program.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		var bad []string
		for _, c := range got.Checks {
			if !c.OK {
				bad = append(bad, c.Name)
			}
			if !strings.Contains(text.Body.String(), c.Name+": ") {
				t.Errorf("%s: the text has no %s", when, c.Name)
			}
		}
		if text.Code != status || program.Code != status || got.Ready != (status == 200) ||
			strings.Join(bad, " ") != strings.Join(wrong, " ") {
			t.Errorf("%s: %d, %d, wrong %v; want %d, %v", when, text.Code, program.Code, bad, status, wrong)
		}
		if asked.Load() != before {
			t.Errorf("%s: whoever asks has Daraja asked", when)
		}
		if secret := loudWords.FindString(program.Body.String()); secret != "" {
			t.Errorf("%s: it tells %q", when, secret)
		}
	}
	expect("before the first look", 503, "database", "schema")
	w.Look(t.Context())
	expect("all is well", 200)
	refused = errors.New("consumer-secret 254712345678 is wrong")
	disk.Free = 1 << 20
	w.Look(t.Context())
	expect("Daraja refuses and the disk is full", 503, "disk", "daraja")
	refused, disk.Free = nil, 1<<30
	w.Look(t.Context())
	expect("all is well again", 200)
}

// TestReadyIsOfNow: what was found long ago counts no more.
func TestReadyIsOfNow(t *testing.T) {
	now := time.Now()
	st := books(t)
	w := watch.New(watch.Config{Store: st, Now: func() time.Time { return now }})
	w.Look(t.Context())
	if all := w.Checks(t.Context()); !all[0].OK || !all[1].OK {
		t.Errorf("now: %+v", all)
	}
	now = now.Add(5 * time.Minute)
	if all := w.Checks(t.Context()); all[0].OK || all[1].OK {
		t.Errorf("five minutes later: %+v", all)
	}
}

// TestProbe: a probe of the callback's address is answered with a proof, and nothing is stored of it.
func TestProbe(t *testing.T) {
	o := open(t)
	for _, path := range []string{"/cb", "/api/mpesa-callback"} {
		token := rand.Text()
		want, err := checkout.ProbeAnswer(t.Context(), o.store, token)
		if err != nil {
			t.Fatal(err)
		}
		w := o.send(request{method: "POST", path: path + checkout.ProbePath + token, body: `{"probe":true}`})
		var got struct {
			ResultCode int
			ResultDesc string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || got.ResultDesc != want {
			t.Errorf("%s: %d %s, %v", path, w.Code, w.Body, err)
		}
		if other, err := checkout.ProbeAnswer(t.Context(), o.store, rand.Text()); err != nil || other == want {
			t.Errorf("another token has the same proof, %v", err)
		}
	}
	all, err := o.store.Jobs().CallbacksAfter(t.Context(), 0, o.store.Now().Add(time.Hour), 10)
	if err != nil || len(all) > 0 {
		t.Errorf("stored: %+v, %v", all, err)
	}
}

// TestObserved: each answer is told by the pattern of its route, never by its path.
func TestObserved(t *testing.T) {
	seen := map[string]int{}
	o := open(t, func(d *handlers.Deps) {
		d.Observe = func(method, route string, status int, took time.Duration) {
			seen[method+" "+route] = status
			if took < 0 {
				t.Errorf("%s took %v", route, took)
			}
		}
	})
	o.get("/movies/7")
	o.get("/tickets/" + rand.Text())
	o.get("/nowhere/at/all")
	o.send(request{method: "POST", path: "/cb/" + rand.Text(), body: "{}"})
	o.send(request{method: "BREW", path: "/healthz"})
	for _, want := range []string{
		"GET /movies/{id} 404", "GET /tickets/{secret} 404", "POST /cb/{token} 200", "other - 405",
	} {
		fields := strings.Fields(want)
		if status, is := seen[fields[0]+" "+fields[1]]; !is || http.StatusText(status) == "" {
			t.Errorf("%s was not told of: %v", want, seen)
		}
	}
	for route := range seen {
		if strings.Contains(route, "nowhere") || strings.Contains(route, "/7") {
			t.Errorf("a path was told: %s", route)
		}
	}
}

// TestCheckUp: the owner has the box office examined, and sees what was found with what to do.
func TestCheckUp(t *testing.T) {
	looks := 0
	o := open(t, func(d *handlers.Deps) {
		d.Examine = func(context.Context) doctor.Examined {
			looks++
			return doctor.Examined{At: time.Now(), Findings: []doctor.Finding{
				{Name: "clock", Grade: doctor.Warning, Says: "It is 7s ahead.", Do: "Turn on the synchronisation."},
				{Name: "disk", Grade: doctor.OK, Says: "9 GiB are free."},
			}}
		}
	})
	owner := o.staffed(store.RoleOwner)
	if page := owner.get("/admin/check-up"); page.Code != 200 || looks != 0 {
		t.Errorf("the page: %d, looked %d times", page.Code, looks)
	}
	if w := owner.post("/admin/check-up", url.Values{}); w.Code != http.StatusSeeOther || looks != 1 {
		t.Errorf("look now: %d, looked %d times", w.Code, looks)
	}
	page := owner.get("/admin/check-up").Body.String()
	for _, want := range []string{
		"It is 7s ahead.", "Turn on the synchronisation.", "9 GiB are free.", "tag-warn", "tag-ok",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if w := o.staffed(store.RoleManager).get("/admin/check-up"); w.Code != http.StatusForbidden {
		t.Errorf("a manager: %d", w.Code)
	}
}

// TestAlarmsAreShown: what is on stands on the first page and over the list of money, for who may see money.
func TestAlarmsAreShown(t *testing.T) {
	o := open(t)
	note := func(found ...alarm.Alarm) {
		t.Helper()
		if _, err := o.store.Jobs().NoteAlarms(t.Context(), found, nil); err != nil {
			t.Fatal(err)
		}
	}
	const says = "Only 5 MiB are free"
	manager, usher := o.staffed(store.RoleManager), o.staffed(store.RoleUsher)
	shown := func(who *member, path string, want bool) {
		t.Helper()
		if page := who.get(path).Body.String(); strings.Contains(page, says) != want {
			t.Errorf("%s: shown %v", path, !want)
		}
	}
	shown(manager, "/admin", false)
	note(alarm.Alarm{Kind: alarm.DiskLow, Count: 5 << 20})
	shown(manager, "/admin", true)
	shown(manager, "/admin/to-do", true)
	shown(usher, "/admin", false)
}

// TestErrorsOfCustomers: what a customer meets while the disk is read-only comes to the error tracker, and nothing of
// the customer.
func TestErrorsOfCustomers(t *testing.T) {
	var mu sync.Mutex
	var sent strings.Builder
	tracker := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			packed, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Errorf("unpack what was sent: %v", err)
				return
			}
			body = packed
		}
		mu.Lock()
		defer mu.Unlock()
		if _, err := io.Copy(&sent, body); err != nil {
			t.Errorf("read what was sent: %v", err)
		}
	}))
	defer tracker.Close()
	reporter, err := watch.NewReporter(watch.ReportConfig{
		DSN: strings.Replace(tracker.URL, "://", "://trackerkey@", 1) + "/7", Environment: "sandbox",
	})
	if err != nil {
		t.Fatal(err)
	}
	var disk storetest.Disk
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "books.db"), Wrap: disk.Wrap})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	o := openOn(t, st, func(d *handlers.Deps) { d.Log = slog.New(reporter.Log(d.Log.Handler())) })
	defer o.stop()
	id := storetest.Screening(t, st, 4, 8)
	disk.Protect(true)
	status := o.post("/bookings", with(form(id, "0712345678", 2), "name", "Wanjiku Achieng")).Code
	token := rand.Text()
	o.send(request{method: "POST", path: "/cb/" + token, body: `{"PhoneNumber":254712345678}`})
	o.call("/api/make-payment", `{"name":"Wanjiku Achieng","phone":"0712345678","quantity":1,"screeningId":`+
		strconv.FormatInt(int64(id), 10)+"}")
	disk.Protect(false)
	reporter.Close()
	mu.Lock()
	defer mu.Unlock()
	got := sent.String()
	if status < 500 || !strings.Contains(got, `"exception"`) || !strings.Contains(got, `"/bookings"`) {
		t.Fatalf("%d, sent: %s", status, got)
	}
	for _, hidden := range []string{
		"712345678", "Wanjiku", "Achieng", token, "the-signing-key", "consumer-secret", "the-passkey",
	} {
		if strings.Contains(got, hidden) {
			t.Errorf("%s was sent: %s", hidden, got)
		}
	}
}
