package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestStamp: a database belongs to the environment that it was made for.
func TestStamp(t *testing.T) { storetest.Each(t, testStamp) }

func testStamp(t *testing.T) {
	path := storetest.Path(t)
	storetest.Unstamped(t, path)
	for _, c := range []struct {
		env  store.Environment
		want error
	}{
		{store.Sandbox, nil}, {store.Sandbox, nil}, {"", nil}, {store.Production, store.ErrStamp},
		{store.Simulator, store.ErrStamp},
	} {
		s, err := store.Open(t.Context(), store.Options{Path: path, Environment: c.env})
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Fatalf("opened as %q: %v", c.env, err)
		}
		if err != nil {
			continue
		}
		if s.Environment() != store.Sandbox {
			t.Errorf("opened as %q it is %q", c.env, s.Environment())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestServeLock: one serving process a file; others may read and write beside it.
func TestServeLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	first, err := store.Open(t.Context(), store.Options{Path: path, Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), store.Options{Path: path, Serve: true}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second serve: %v", err)
	}
	link := filepath.Join(filepath.Dir(path), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), store.Options{Path: link, Serve: true}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second serve by another name: %v", err)
	}
	beside, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := beside.Catalogue().SetSettings(t.Context(), map[string]string{"a": "1"}); err != nil {
		t.Error(err)
	}
	if v, err := first.Catalogue().Setting(t.Context(), "a"); err != nil || v != "1" {
		t.Errorf("%q, %v", v, err)
	}
	if err := errors.Join(beside.Close(), first.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := store.Open(t.Context(), store.Options{Path: path, Serve: true})
	if err != nil {
		t.Fatalf("after the first has closed: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCodes: a code is short, unambiguous, and begins with 0 where the money is not real.
func TestCodes(t *testing.T) { storetest.Each(t, testCodes) }

func testCodes(t *testing.T) {
	for _, env := range []store.Environment{store.Simulator, store.Sandbox, store.Production} {
		s := storetest.New(t, func(o *store.Options) { o.Environment = env })
		id := storetest.Screening(t, s, 2, 10)
		for n := range 10 {
			sent, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(n), 1))
			if err != nil {
				t.Fatal(err)
			}
			if zero := strings.HasPrefix(sent.Code, "0"); zero == (env == store.Production) || len(sent.Code) > 12 ||
				strings.ContainsAny(sent.Code, "IO124568") {
				t.Errorf("a code in %s: %s", env, sent.Code)
			}
		}
	}
}

// TestBodies: a callback is kept as it came, whatever it is.
func TestBodies(t *testing.T) { storetest.Each(t, testBodies) }

func testBodies(t *testing.T) {
	s := storetest.New(t)
	id := storetest.Screening(t, s, 2, 10)
	sent, _, err := s.Tickets().Book(t.Context(), storetest.Booking(id, storetest.Phone(1), 1))
	if err != nil {
		t.Fatal(err)
	}
	bodies := [][]byte{{}, []byte(`{"a":1}`), []byte("é\n"), {0xff, 0xfe}, []byte("a\x00b"),
		bytes.Repeat([]byte("x"), 64<<10)}
	for _, body := range bodies {
		if _, known, err := s.Money().StoreCallback(t.Context(), store.NewCallback{
			Kind: "stk", Token: sent.CallbackToken, Body: body, Size: int64(len(body)),
		}); err != nil || !known {
			t.Fatalf("%.20q: known %v, %v", body, known, err)
		}
	}
	kept, err := s.Money().OpenCallbacks(t.Context(), s.Now()+1000, 100)
	if err != nil || len(kept) != len(bodies) {
		t.Fatalf("%d kept, %v", len(kept), err)
	}
	for i, cb := range kept {
		if !bytes.Equal(cb.Body, bodies[i]) || cb.Token != sent.CallbackToken {
			t.Errorf("kept %.20q of %.20q", cb.Body, bodies[i])
		}
	}
}

// TestStrangersAreBounded: beyond 10,000 callbacks with a token that is not ours are counted, not kept.
func TestStrangersAreBounded(t *testing.T) { storetest.Each(t, testStrangersAreBounded) }

func testStrangersAreBounded(t *testing.T) {
	s := storetest.New(t)
	s.PretendStrangers(9_999)
	for i, kept := range []bool{true, false, false} {
		id, known, err := s.Money().StoreCallback(t.Context(), store.NewCallback{
			Kind: "stk", Token: "stranger", Body: bytes.Repeat([]byte("x"), 8<<10), Size: 8 << 10,
		})
		if known || err != nil || (id.ID != 0) != kept {
			t.Errorf("callback %d: id %d, known %v, %v", i, id.ID, known, err)
		}
	}
	if n := s.Money().UnknownTokens(); n != 10_002 {
		t.Errorf("%d counted", n)
	}
}

func TestSessions(t *testing.T) { storetest.Each(t, testSessions) }

func testSessions(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	ss := s.Staff().Sessions()
	now := s.Now().Time()
	if err := ss.CommitCtx(t.Context(), "token", []byte{1, 0, 255}, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if b, found, err := ss.FindCtx(t.Context(), "token"); err != nil || !found || !bytes.Equal(b, []byte{1, 0, 255}) {
		t.Errorf("%v %v %v", b, found, err)
	}
	if err := ss.CommitCtx(t.Context(), "token", []byte{2}, now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	clock.add(90 * time.Minute)
	if b, found, err := ss.FindCtx(t.Context(), "token"); err != nil || !found || !bytes.Equal(b, []byte{2}) {
		t.Errorf("%v %v %v", b, found, err)
	}
	clock.add(time.Hour)
	if _, found, err := ss.FindCtx(t.Context(), "token"); err != nil || found {
		t.Errorf("expired, yet found %v, %v", found, err)
	}
	if err := s.Jobs().Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.add(-3 * time.Hour)
	if _, found, _ := ss.FindCtx(t.Context(), "token"); found {
		t.Error("swept, yet found")
	}
	if err := ss.CommitCtx(t.Context(), "other", nil, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := ss.DeleteCtx(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := ss.FindCtx(t.Context(), "other"); found {
		t.Error("deleted, yet found")
	}
}

// TestSessionWithBooking: a session that begins with a booking is there once the booking is, and not without it.
func TestSessionWithBooking(t *testing.T) { storetest.Each(t, testSessionWithBooking) }

func testSessionWithBooking(t *testing.T) {
	s := storetest.New(t)
	ss := s.Staff().Sessions()
	id := storetest.Screening(t, s, 1, 2)
	for i, c := range []struct {
		tickets int
		found   bool
	}{{3, false}, {2, true}} {
		token, b := fmt.Sprint("token ", i), storetest.Booking(id, storetest.Phone(i), c.tickets)
		b.Session, b.Browser = &store.SessionRow{}, fmt.Sprint("browser ", i)
		if err := ss.CommitCtx(ss.Later(t.Context(), b.Session), token, []byte{7},
			s.Now().Time().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, found, err := ss.FindCtx(t.Context(), token); found || err != nil {
			t.Errorf("there before its booking: %v, %v", found, err)
		}
		if _, _, err := s.Tickets().Book(t.Context(), b); (err == nil) != c.found {
			t.Fatal(err)
		}
		data, found, err := ss.FindCtx(t.Context(), token)
		if err != nil || found != c.found || found && !bytes.Equal(data, []byte{7}) {
			t.Errorf("%d tickets: %v, %v, %v", c.tickets, data, found, err)
		}
	}
}

func TestSettings(t *testing.T) { storetest.Each(t, testSettings) }

func testSettings(t *testing.T) {
	s := storetest.New(t)
	if c, err := s.Catalogue().Cinema(t.Context()); err != nil || c.Name != "CinemaSphere" {
		t.Errorf("%+v, %v", c, err)
	}
	mine := store.Cinema{Name: "Nyali Pictures", AddressLine1: "Links Road", Phone: "+254 700 000 000"}
	if err := s.Catalogue().SetCinema(t.Context(), mine); err != nil {
		t.Fatal(err)
	}
	mine.Version = 1
	if c, err := s.Catalogue().Cinema(t.Context()); err != nil || c != mine {
		t.Errorf("%+v, %v", c, err)
	}
	stale := mine
	stale.Name, stale.Version = "Nyali Cinemax", 0
	if err := s.Catalogue().SetCinema(t.Context(), stale); !errors.Is(err, store.ErrChanged) {
		t.Errorf("an edit of an older version: %v", err)
	}
	if c, err := s.Catalogue().Cinema(t.Context()); err != nil || c != mine {
		t.Errorf("%+v, %v", c, err)
	}
	for range 2 {
		if v, err := s.Catalogue().SettingOr(t.Context(), "key", func() string { return "made once" }); err != nil ||
			v != "made once" {
			t.Errorf("%q, %v", v, err)
		}
	}
	if v, err := s.Catalogue().SettingOr(t.Context(), "key", func() string { return "made twice" }); err != nil ||
		v != "made once" {
		t.Errorf("%q, %v", v, err)
	}
}

// TestCheckFinds breaks each rule of the books by hand and sees it found.
func TestCheckFinds(t *testing.T) { storetest.Each(t, testCheckFinds) }

func testCheckFinds(t *testing.T) {
	broken := map[string]bool{}
	for i, b := range storetest.Breaks() {
		broken[b.Rule] = true
		t.Run(fmt.Sprint(i, " ", b.Rule), func(t *testing.T) {
			t.Parallel()
			s := storetest.New(t)
			storetest.Sell(t, s, storetest.Screening(t, s, 5, 10))
			storetest.Sound(t, s)
			for _, query := range b.Queries {
				if err := s.Exec(query); err != nil {
					t.Fatal(err)
				}
			}
			found, err := s.Money().Audit(t.Context())
			if err != nil ||
				!slices.ContainsFunc(found, func(line string) bool {
					return strings.HasPrefix(line, b.Rule+": ") && strings.Contains(line, b.Says)
				}) {
				t.Errorf("found %q, %v", found, err)
			}
		})
	}
	if len(broken) != store.RuleCount() {
		t.Errorf("%d rules, %d broken", store.RuleCount(), len(broken))
	}
}
