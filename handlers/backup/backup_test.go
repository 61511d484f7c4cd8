package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// fakeS3 is a bucket in this process.
func fakeS3(t *testing.T, change func(http.Handler) http.Handler) *Bucket {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("cinema"); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(backend).Server()
	if change != nil {
		handler = change(handler)
	}
	srv := httptest.NewTLSServer(handler)
	t.Cleanup(srv.Close)
	b, err := newBucket(S3{URL: srv.URL + "/cinema/evening/", Region: "us-east-1", Key: "key", Secret: "secret"},
		func(o *minio.Options) { o.Transport, o.MaxRetries = srv.Client().Transport, 1 })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// service makes backups of fresh books to these places.
func service(t *testing.T, clock func() time.Time, places ...Place) *Service {
	t.Helper()
	path := storetest.Path(t)
	st, err := store.Open(t.Context(), store.Options{Path: path, Environment: store.Simulator, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(Config{Store: st, Path: path, Places: places, Every: time.Hour, Process: "test"})
}

// clockFrom is a clock that a test sets.
func clockFrom(at string) (now *time.Time, clock func() time.Time) {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	return &t, func() time.Time { return t }
}

func names(t *testing.T, p Place) (all []string) {
	t.Helper()
	entries, err := p.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name)
	}
	return all
}

// TestMakeAndRestore: what is in the books when a backup is begun is in it, from a folder and from a bucket, encrypted
// or not, on both databases.
func TestMakeAndRestore(t *testing.T) { storetest.Each(t, testMakeAndRestore) }

func testMakeAndRestore(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, recipients := range map[string][]age.Recipient{"plain": nil, "encrypted": {key.Recipient()}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			places := []Place{Folder{Path: dir}, fakeS3(t, nil)}
			s := service(t, nil, places...)
			s.Recipients = recipients
			name := map[string]string{"cinema.name": "Nyota"}
			if err := s.Store.Catalogue().SetSettings(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			storetest.Screening(t, s.Store, 5, 8)
			made, err := s.Make(t.Context())
			if err != nil || len(made) != 2 {
				t.Fatalf("made %+v, %v", made, err)
			}
			for _, p := range places {
				file, plain := filepath.Join(t.TempDir(), "fetched"), filepath.Join(t.TempDir(), "plain")
				newest, err := Newest(t.Context(), p)
				if err != nil || newest.Name != made[0].Name || newest.Bytes != made[0].Bytes {
					t.Fatalf("%s: %+v, %v", p.Name(), newest, err)
				}
				if err := p.Get(t.Context(), newest.Name, file); err != nil {
					t.Fatal(err)
				}
				out, err := os.Create(plain)
				if err != nil {
					t.Fatal(err)
				}
				if recipients != nil {
					for _, wrong := range []Keys{nil, {other}} {
						if err := Unpack(file, out, wrong); !errors.Is(err, ErrNoKey) {
							t.Errorf("with %d keys: %v", len(wrong), err)
						}
					}
				}
				if err := errors.Join(Unpack(file, out, Keys{other, key}), out.Close()); err != nil {
					t.Fatal(err)
				}
				var cinema store.Cinema
				var films int
				_, err = store.Restore(t.Context(), store.Restoring{
					Options: store.Options{Path: s.Path}, File: plain, Name: newest.Name, Drill: true,
				}, func(st *store.Store) (err error) {
					storetest.Sound(t, st)
					films, err = st.Catalogue().CountMovies(t.Context())
					if err == nil {
						cinema, err = st.Catalogue().Cinema(t.Context())
					}
					return err
				})
				if err != nil || cinema.Name != "Nyota" || films != 1 {
					t.Errorf("%s: %q with %d films, %v", p.Name(), cinema.Name, films, err)
				}
			}
			info, err := os.Stat(filepath.Join(dir, made[0].Name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the file is %v, %v", info.Mode(), err)
			}
			states, err := s.Store.Jobs().Backups(t.Context())
			last, lastErr := s.Store.Jobs().LastBackup(t.Context())
			if err != nil || lastErr != nil || len(states) != 2 || last != made[0].Began {
				t.Errorf("the books say %+v, %v, %v, %v", states, last, err, lastErr)
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(s.Path), workName+"*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left: %q, %v", left, err)
			}
		})
	}
}

// TestRun: the schedule makes a backup where the last one is old, not before, and not again at once where it failed.
func TestRun(t *testing.T) {
	now, clock := clockFrom("2026-11-30T08:00:00Z")
	good, gone := Folder{Path: t.TempDir()}, Folder{Path: filepath.Join(t.TempDir(), "not", "there")}
	s := service(t, clock, good, gone)
	for i, step := range []struct {
		add   time.Duration
		wants int  // backups in the folder that is there
		fails bool // the other is tried
	}{
		{0, 1, true}, {time.Minute, 1, false}, {tryAgain, 1, true}, {54 * time.Minute, 2, true},
		{time.Second, 2, false}, {time.Hour, 3, true},
	} {
		*now = now.Add(step.add)
		if err := s.runDue(t.Context()); (err != nil) != step.fails || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("step %d: %v", i, err)
		}
		if have := names(t, good); len(have) != step.wants {
			t.Errorf("step %d: %q", i, have)
		}
	}
	trouble := func(oldest time.Duration, places ...Place) string {
		var of []string
		for _, p := range places {
			of = append(of, p.Name())
		}
		b, err := s.Store.Jobs().BackupTrouble(t.Context(), of, oldest)
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			return ""
		}
		return b.Place
	}
	if got := trouble(2*time.Hour, good, gone); got != gone.Path {
		t.Errorf("in trouble is %q", got)
	}
	if got := trouble(2*time.Hour, good); got != "" {
		t.Errorf("in trouble is %q", got)
	}
	if *now = now.Add(3 * time.Hour); trouble(2*time.Hour, good) != good.Path {
		t.Error("an old backup is no trouble")
	}
}

// TestNothingIsLeftOfAFailure: where a backup cannot be written whole, there is none by its name, the other place gets
// its own, and the books say what failed.
func TestNothingIsLeftOfAFailure(t *testing.T) {
	for name, broken := range map[string]func(http.Handler) http.Handler{
		"refused": func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusForbidden)
			})
		},
		"kept short": func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodHead {
					next.ServeHTTP(w, r)
					return
				}
				said := httptest.NewRecorder()
				next.ServeHTTP(said, r)
				maps.Copy(w.Header(), said.Header())
				w.Header().Set("Content-Length", "7")
				w.WriteHeader(said.Code)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			bucket, dir := fakeS3(t, broken), Folder{Path: t.TempDir()}
			s := service(t, nil, bucket, dir)
			made, err := s.Make(t.Context())
			if err == nil || len(made) != 1 || made[0].Place != dir.Path || len(names(t, dir)) != 1 {
				t.Errorf("made %+v, %v", made, err)
			}
			b, err := s.Store.Jobs().BackupTrouble(t.Context(), []string{bucket.Name(), dir.Path}, time.Hour)
			if err != nil || b == nil || b.Place != bucket.Name() || b.GoodAt != 0 || b.Failure == "" ||
				strings.Contains(b.Failure, "secret") {
				t.Errorf("the books say %+v, %v", b, err)
			}
		})
	}
}

// TestNoBackupIsReplaced: a second one of the same name is refused, by a folder and by a bucket.
func TestNoBackupIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	name := "cinemasphere-production-20261130T080000.000Z.db.zst"
	for _, p := range []Place{Folder{Path: t.TempDir()}, fakeS3(t, nil)} {
		for i, text := range []string{"first", "second"} {
			if err := os.WriteFile(file, []byte(text), private); err != nil {
				t.Fatal(err)
			}
			err := p.put(t.Context(), file, name, sum(sha256.Sum256([]byte(text))))
			if (err != nil) != (i == 1) {
				t.Errorf("%s, %s: %v", p.Name(), text, err)
			}
		}
		got := filepath.Join(t.TempDir(), "got")
		if err := p.Get(t.Context(), name, got); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(got); err != nil || string(text) != "first" {
			t.Errorf("%s: it is %q, %v", p.Name(), text, err)
		}
		if have := names(t, p); !slices.Equal(have, []string{name}) {
			t.Errorf("%s: %q", p.Name(), have)
		}
	}
}

// TestBroken: a backup that was cut or changed anywhere is not taken for whole.
func TestBroken(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, recipients := range map[string][]age.Recipient{"plain": nil, "encrypted": {key.Recipient()}} {
		dir := t.TempDir()
		plain, packed := filepath.Join(dir, "plain"), filepath.Join(dir, "packed")
		text := bytes.Repeat([]byte("a cinema's books, "), 20_000)
		if err := os.WriteFile(plain, text, private); err != nil {
			t.Fatal(err)
		}
		if _, _, err := pack(plain, packed, true, recipients); err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(packed)
		if err != nil {
			t.Fatal(err)
		}
		for at := range 40 {
			cut := len(whole) * at / 40
			changed := slices.Clone(whole)
			changed[cut] ^= 0x10
			for what, bad := range map[string][]byte{"cut": whole[:cut], "changed": changed} {
				if err := os.WriteFile(packed, bad, private); err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				// Without its first bytes it is not known for what it is, and is handed on: no database begins so.
				err := Unpack(packed, &out, Keys{key})
				if err == nil && strings.HasPrefix(out.String(), "a cinema") && !bytes.Equal(out.Bytes(), text) {
					t.Errorf("%s, %s at %d of %d: %d bytes, and no error", name, what, cut, len(whole), out.Len())
				}
			}
		}
	}
}

// TestSurplus: which backups are kept.
func TestSurplus(t *testing.T) {
	at := func(text string) Entry {
		when, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return Entry{Name: text, At: when}
	}
	for _, c := range []struct {
		keep, now string
		all, gone []string
	}{
		{"2h", "2026-11-30 12:00", []string{"2026-11-30 09:59", "2026-11-30 10:01", "2026-11-30 11:00"},
			[]string{"2026-11-30 09:59"}},
		{"1h", "2026-11-30 12:00", []string{"2026-11-29 10:00", "2026-11-29 09:00"}, []string{"2026-11-29 09:00"}},
		{"1h,2d", "2026-11-30 12:00", []string{
			"2026-11-30 09:00", "2026-11-30 08:00", "2026-11-29 23:59", "2026-11-29 01:00", "2026-11-28 23:59",
		}, []string{"2026-11-30 08:00", "2026-11-29 01:00", "2026-11-28 23:59"}},
		// 2026-11-30 is a Monday.
		{"1w", "2026-11-30 12:00", []string{"2026-11-30 00:00", "2026-11-29 23:00"}, []string{"2026-11-29 23:00"}},
		{"2w", "2026-11-30 12:00", []string{"2026-11-30 00:00", "2026-11-29 23:00", "2026-11-23 00:01",
			"2026-11-22 23:59"}, []string{"2026-11-23 00:01", "2026-11-22 23:59"}},
		{"2m", "2027-01-15 12:00", []string{"2027-01-01 00:00", "2026-12-31 23:00", "2026-12-01 00:00",
			"2026-11-30 23:00"}, []string{"2026-12-01 00:00", "2026-11-30 23:00"}},
		{"1h,1d,1w,1m", "2026-11-30 12:00", []string{"2020-01-01 00:00"}, nil},            // the newest of all
		{"1h", "2026-11-30 12:00", []string{"2026-12-24 00:00", "2026-11-30 11:30"}, nil}, // the clock was set back
		{"1d", "2026-11-30 12:00", nil, nil},
	} {
		keep, err := ParseKeep(c.keep)
		if err != nil {
			t.Fatal(err)
		}
		var all []Entry
		for _, text := range c.all {
			all = append(all, at(text))
		}
		var gone []string
		for _, e := range keep.surplus(all, at(c.now).At) {
			gone = append(gone, e.Name)
		}
		if !slices.Equal(gone, c.gone) {
			t.Errorf("%s on %s of %q: gone are %q, want %q", c.keep, c.now, c.all, gone, c.gone)
		}
	}
	for text, want := range map[string]Keep{
		"24h,14d,8w,12m": {24, 14, 8, 12}, " 1d , 2w": {Days: 1, Weeks: 2}, "": {}, ",": {}, "d": {},
		"0d": {}, "-1d": {},
		"3y": {}, "1d,2d": {}, "1.5d": {}, "99999999h": {}, "7": {}, "é": {},
	} {
		if got, err := ParseKeep(text); got != want || (err == nil) != (want != Keep{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// TestThinned: what is not kept goes, from a folder and from a bucket, and nothing that is no backup.
func TestThinned(t *testing.T) {
	now, clock := clockFrom("2026-11-30T08:00:00Z")
	dir := Folder{Path: t.TempDir()}
	places := []Place{dir, fakeS3(t, nil)}
	s := service(t, clock, places...)
	s.Keep = Keep{Hours: 3}
	others := []string{"cinemasphere.db", "cinemasphere-production-20200101T000000.000Z.db.zst.txt", "2020.dump",
		"cinemasphere-production-20209999T000000.000Z.dump"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir.Path, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 6 {
		if err := s.runDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(time.Hour)
	}
	for _, p := range places {
		if have := names(t, p); len(have) != 3 || have[0] != "cinemasphere-simulator-20261130T130000.000Z.db.zst" {
			t.Errorf("%s: %q", p.Name(), have)
		}
	}
	for _, name := range others {
		if _, err := os.Stat(filepath.Join(dir.Path, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBucketAddresses: what names a bucket, and what does not.
func TestBucketAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"https://s3.example.com/cinema":                   "https://s3.example.com/cinema",
		"https://s3.example.com/cinema/":                  "https://s3.example.com/cinema",
		"https://s3.example.com:9000/cinema/a/b/":         "https://s3.example.com:9000/cinema/a/b",
		"http://127.0.0.1:9000/cinema":                    "http://127.0.0.1:9000/cinema",
		"https://s3.example.com":                          "",
		"https://s3.example.com/":                         "",
		"s3://cinema/a":                                   "",
		"https://key:secret@s3.example.com/cinema":        "",
		"https://s3.example.com/cinema?X-Amz-Signature=1": "",
		"cinema":   "",
		"":         "",
		"https://": "",
	} {
		b, err := NewBucket(S3{URL: address, Region: "us-east-1", Key: "key", Secret: "secret"})
		if (err == nil) != (want != "") || err == nil && b.Name() != want || err != nil &&
			strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: %v, %v", address, b, err)
		}
	}
}

// TestEnd: a backup under way is given up when the program ends, and is no failure.
func TestEnd(t *testing.T) {
	s := service(t, nil, Folder{Path: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
	if states, err := s.Store.Jobs().Backups(t.Context()); err != nil || len(states) != 0 {
		t.Errorf("the books say %+v, %v", states, err)
	}
}
