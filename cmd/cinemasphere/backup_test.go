package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
	"cinemasphere/store/storetest/needs"
)

// acknowledged counts the callbacks that the program has answered with 200, by token.
func acknowledged(daraja *sim.Sim) map[string]int {
	tokens := map[string]int{}
	for _, p := range daraja.Pushes("") {
		for _, d := range p.Deliveries {
			if d.Status == http.StatusOK {
				tokens[path.Base(p.CallbackURL)]++
			}
		}
	}
	return tokens
}

// bookedNow books by the API and returns the ticket's secret, once the program has confirmed it.
func bookedNow(t *testing.T, base string, id store.ScreeningID, phone string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"screeningId": id, "customerName": "Wanjiru", "phoneNumber": phone, "quantity": 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	var secret string
	eventually(t, time.Minute, "a ticket is booked", func() bool {
		resp, err := http.Post(base+"/api/make-payment", "application/json", bytes.NewReader(body))
		if err != nil {
			return false
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		m := regexp.MustCompile(`"ticketSecret":"(\w+)"`).FindSubmatch(answer)
		if err == nil && m != nil {
			secret = string(m[1])
		}
		return secret != ""
	})
	return secret
}

// TestRestoredFromUnderLoad makes a backup of the running program under load, kills it, and restores the backup on
// another database. Whatever was confirmed before the backup began is there, the books are sound, sales are paused, and
// money of a prompt that the books have lost is on the list. Then an owner resumes, and it sells.
func TestRestoredFromUnderLoad(t *testing.T) {
	storetest.Each(t, func(t *testing.T) {
		daraja, safaricom := payingDaraja(t)
		dir, database, backups := t.TempDir(), storetest.Path(t), t.TempDir()
		screenings := stockForKills(t, database)
		settings := func(database string) []string {
			return []string{"MPESA_ENV=simulator", "MPESA_BASE_URL=" + safaricom, "DATABASE_URL=" + database,
				"BACKUP_DIR=" + backups, "BACKUP_EVERY=24h", "PATH=" + os.Getenv("PATH")}
		}
		env := append(settings(database), "ADDR="+freeAddr(t), "LOG_LEVEL=warn", "HOLD=30s", "RETRY_HOLD=2s",
			"QUERY_SCHEDULE=1s,2s,3s,4s,6s,8s,12s,18s,25s,40s", "QUERY_RATE=100")
		p := start(t, dir, env...)
		p.checked = true // it is killed under load
		crowd := &crowdOfBuyers{base: p.base, daraja: daraja, screenings: screenings, stop: make(chan struct{})}
		crowd.come(4)
		var secrets []string
		for n := range 8 {
			secrets = append(secrets, bookedNow(t, p.base, screenings[n], storetest.Phone(90_000+n)))
		}
		eventually(t, time.Minute, "callbacks are acknowledged", func() bool { return len(acknowledged(daraja)) > 8 })
		before := acknowledged(daraja)
		if out, err := subcommandWith(t, dir, settings(database), "backup"); err != nil ||
			!strings.Contains(out, "written and read back") {
			t.Fatalf("backup: %v\n%s", err, out)
		}
		lost := storetest.Phone(95_000)
		daraja.SetScript(lost, sim.Script{Result: "0", ResultAfter: 50 * time.Millisecond, Callbacks: sim.NoCallback,
			Query: sim.AnswerInFlight, QueryTimes: 100})
		inGap := bookedNow(t, p.base, screenings[0], lost)
		eventually(t, time.Minute, "M-PESA took it", func() bool {
			return slices.ContainsFunc(daraja.Ledger(), func(e sim.Entry) bool { return e.Phone == lost })
		})
		_ = p.end(syscall.SIGKILL)
		crowd.leave()

		fresh := filepath.Join(dir, "restored.db")
		if storetest.Postgres(t) {
			fresh = storetest.EmptyDatabase(t)
		}
		newest := newestBackup(t, backups)
		if out, err := subcommandWith(t, dir, settings(fresh), "restore", newest); err != nil ||
			!strings.Contains(out, "The books are sound.") || !strings.Contains(out, "sales resume") {
			t.Fatalf("restore: %v\n%s", err, out)
		}
		hasAll(t, fresh, secrets, inGap, before)

		env[2] = "DATABASE_URL=" + fresh
		p = start(t, dir, env...)
		deliver(t, daraja, lost)
		eventually(t, 30*time.Second, "the lost prompt's money is on the list", func() bool {
			out, err := subcommandWith(t, dir, settings(fresh), "payments", "--state=unmatched")
			return err == nil && strings.Contains(out, receiptOf(daraja, lost))
		})
		status, err := subcommandWith(t, dir, settings(fresh), "sales", "status")
		if err != nil || !strings.Contains(status, "restored from a backup") {
			t.Errorf("status: %v\n%s", err, status)
		}
		if out, err := subcommandWith(t, dir, settings(fresh), "sales", "resume"); err != nil {
			t.Errorf("resume: %v\n%s", err, out)
		}
		bookedNow(t, p.base, screenings[1], storetest.Phone(96_000))
		eventually(t, 2*time.Minute, "no hold is overdue, and the books are sound", func() bool {
			out, err := subcommandWith(t, dir, settings(fresh), "fsck")
			return err == nil && strings.Contains(out, "The books are sound.")
		})
	})
}

func newestBackup(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "cinemasphere-*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("backups: %q, %v", found, err)
	}
	return slices.Max(found)
}

// hasAll looks whether restored books have these tickets and callbacks, and not the one of after the backup.
func hasAll(t *testing.T, database string, secrets []string, later string, callbacks map[string]int) {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: database, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	for _, secret := range secrets {
		if _, err := st.Tickets().TicketBySecret(t.Context(), secret); err != nil {
			t.Errorf("a ticket that was confirmed before the backup: %v", err)
		}
	}
	if _, err := st.Tickets().TicketBySecret(t.Context(), later); err == nil {
		t.Error("a ticket of after the backup is in it: the test tests nothing")
	}
	kept := map[string]int{}
	open, err := st.Money().OpenCallbacks(t.Context(), st.Now().Add(time.Hour), 1<<20)
	for _, cb := range open { // those that the copy has before they were applied
		kept[cb.Token]++
	}
	if err == nil {
		_, err = st.Money().Reread(context.Background(), func(_ *store.Reread, cb store.Callback) { kept[cb.Token]++ })
	}
	if err != nil {
		t.Fatal(err)
	}
	for token, n := range callbacks {
		if kept[token] < n {
			t.Errorf("%d callbacks of a push were acknowledged before the backup, and %d are in it", n, kept[token])
		}
	}
}

func receiptOf(daraja *sim.Sim, phone string) string {
	for _, e := range daraja.Ledger() {
		if e.Phone == phone {
			return e.Receipt
		}
	}
	return "none"
}

// deliver is M-PESA's callback of a paid prompt.
func deliver(t *testing.T, daraja *sim.Sim, phone string) {
	t.Helper()
	for _, e := range daraja.Ledger() {
		if e.Phone != phone {
			continue
		}
		body := fmt.Sprintf(`{"Body":{"stkCallback":{"MerchantRequestID":"m","CheckoutRequestID":"ws_CO_1",`+
			`"ResultCode":0,"ResultDesc":"ok","CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d},`+
			`{"Name":"MpesaReceiptNumber","Value":%q},{"Name":"PhoneNumber","Value":%s}]}}}}`,
			e.Amount, e.Receipt, phone)
		resp, err := http.Post(e.CallbackURL, "application/json", strings.NewReader(body))
		if err != nil || resp.StatusCode != http.StatusOK || resp.Body.Close() != nil {
			t.Fatalf("callback: %v, %v", resp, err)
		}
		return
	}
	t.Fatal("M-PESA has no payment of it")
}

// TestRestoreRefuses: what is not restored, in a sentence, and nothing is changed or left.
func TestRestoreRefuses(t *testing.T) {
	dir := t.TempDir()
	demo := []string{"MPESA_ENV=simulator", "DATABASE_URL=demo.db"}
	run := func(env []string, args ...string) (string, error) { return subcommandWith(t, dir, env, args...) }
	must := func(args ...string) {
		t.Helper()
		if out, err := run(demo, args...); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	must("seed")
	must("backup", "--to=.")
	good := filepath.Base(newestBackup(t, dir))
	whole, err := os.ReadFile(filepath.Join(dir, good))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	newer := filepath.Join(dir, "newer.db")
	db, err := os.ReadFile(filepath.Join(dir, "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	write("newer.db", db)
	conn, err := sql.Open("sqlite", newer)
	if err == nil {
		_, err = conn.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	}
	if err != nil || conn.Close() != nil {
		t.Fatal(err)
	}
	changed := slices.Clone(db)
	for i := 3 * 4096; i < 5*4096; i++ {
		changed[i] ^= 0x55
	}
	write("changed.db", changed)
	elsewhere := func(env string) []string { return []string{"MPESA_ENV=" + env, "DATABASE_URL=fresh.db"} }
	cut, empty := write("cut", whole[:len(whole)/2]), write("empty", nil)
	film, dump := write("film.txt", []byte("popcorn")), write("x.dump", []byte("PGDMP and more of it"))
	before := listing(t, dir)
	for name, c := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"books that are there":   {demo, []string{good}, "--replace"},
		"of another environment": {elsewhere("production"), []string{good}, "another M-PESA environment"},
		"of the sandbox":         {elsewhere("sandbox"), []string{good}, "another M-PESA environment"},
		"of a newer version":     {elsewhere("simulator"), []string{"newer.db"}, "newer version"},
		"damaged within":         {elsewhere("simulator"), []string{"changed.db"}, "damaged"},
		"cut short":              {elsewhere("simulator"), []string{cut}, "not whole"},
		"empty":                  {elsewhere("simulator"), []string{empty}, "damaged"},
		"another file":           {elsewhere("simulator"), []string{film}, "damaged"},
		"a dump of PostgreSQL":   {elsewhere("simulator"), []string{dump}, "PostgreSQL"},
		"no such backup":         {elsewhere("simulator"), []string{"nothing"}, "no file nothing"},
		"nothing named":          {elsewhere("simulator"), nil, "name the backup"},
		"nothing named to drill": {elsewhere("simulator"), []string{"--drill"}, "BACKUP_DIR"},
		"a drill of damage":      {elsewhere("simulator"), []string{"--drill", "changed.db"}, "damaged"},
		"no folder for the books": {[]string{"MPESA_ENV=simulator", "DATABASE_URL=a/b.db"}, []string{good},
			"no such file"},
	} {
		out, err := run(c.env, append([]string{"restore"}, c.args...)...)
		if err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if now := listing(t, dir); !sameNames(now, before) {
		t.Errorf("there are %q, and were %q", now, before)
	}
	p := start(t, dir, demo...)
	out, err := run(demo, "restore", "--replace", good)
	if err == nil || !strings.Contains(out, "stop the program first") {
		t.Errorf("while it is served: %v\n%s", err, out)
	}
	if p.customer().get("/").status != http.StatusOK {
		t.Error("the program no longer answers")
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	must("restore", "--replace", good)
	kept, err := filepath.Glob(filepath.Join(dir, "demo.db.before-restore-*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %q, %v", kept, err)
	}
	if out, err := run([]string{"DATABASE_URL=" + kept[0]}, "fsck"); err != nil {
		t.Errorf("what was kept: %v\n%s", err, out)
	}
}

// TestRestoreBesideAStaleLog: the log of a database that is gone is not taken for that of the restored one.
func TestRestoreBesideAStaleLog(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	p.checked = true // its database is taken away
	if out, err := subcommand(t, dir, "backup", "--to=."); err != nil {
		t.Fatal(err, out)
	}
	p.customer().book("0712345501", 1)
	_ = p.end(syscall.SIGKILL)
	log := filepath.Join(dir, "demo.db-wal")
	if info, err := os.Stat(log); err != nil || info.Size() == 0 {
		t.Fatalf("no log: %v, %v", info, err)
	}
	if err := os.Remove(filepath.Join(dir, "demo.db")); err != nil {
		t.Fatal(err)
	}
	env := []string{"MPESA_ENV=simulator", "DATABASE_URL=demo.db"}
	if out, err := subcommandWith(t, dir, env, "restore", newestBackup(t, dir)); err != nil {
		t.Fatal(err, out)
	}
	if _, err := os.Stat(log); err == nil {
		t.Error("the old log is still beside the restored database")
	}
	if found, err := filepath.Glob(filepath.Join(dir, "demo.db.before-restore-*-wal")); err != nil || len(found) != 1 {
		t.Errorf("the old log is not kept: %q, %v", found, err)
	}
	if out, err := subcommandWith(t, dir, env, "fsck"); err != nil {
		t.Errorf("fsck: %v\n%s", err, out)
	}
	if out, err := subcommandWith(t, dir, env, "payments", "--all"); err != nil || strings.Contains(out, "501") {
		t.Errorf("what came after the backup is there: %v\n%s", err, out)
	}
}

// listing is the names of the files in a folder.
func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".serve") && !strings.HasSuffix(f.Name(), "-shm") {
			names = append(names, f.Name())
		}
	}
	return names
}

func sameNames(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, slices.Compact(b))
}

// TestRestoreOnPostgresKeepsTheOld: with --replace what is there goes into a schema of its own, a restore that fails
// puts it back, and a program that is connected keeps it from being touched.
func TestRestoreOnPostgresKeepsTheOld(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T) {
		dir, database := t.TempDir(), storetest.EmptyDatabase(t)
		env := []string{"MPESA_ENV=simulator", "DATABASE_URL=" + database, "PATH=" + os.Getenv("PATH")}
		for _, args := range [][]string{{"seed"}, {"backup", "--to=."}} {
			if out, err := subcommandWith(t, dir, env, args...); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
		good := newestBackup(t, dir)
		if !strings.HasSuffix(good, ".dump") {
			t.Errorf("the backup is %s", good)
		}
		for name, c := range map[string]struct {
			env  string
			args []string
			want string
		}{
			"books that are there": {"simulator", []string{good}, "--replace"},
			"of another environment": {"production", []string{"--replace", good},
				"another M-PESA environment"},
		} {
			out, err := subcommandWith(t, dir, append([]string{"MPESA_ENV=" + c.env}, env[1:]...),
				append([]string{"restore"}, c.args...)...)
			if err == nil || !strings.Contains(out, c.want) {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
			if out, err := subcommandWith(t, dir, env, "fsck"); err != nil {
				t.Errorf("%s: fsck: %v\n%s", name, err, out)
			}
		}
		p := start(t, dir, env...)
		if out, err := subcommandWith(t, dir, env, "restore", "--replace", good); err == nil ||
			!strings.Contains(out, "stop the program first") {
			t.Errorf("while it is served: %v\n%s", err, out)
		}
		if err := p.end(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if out, err := subcommandWith(t, dir, env, "restore", "--drill", good); err != nil {
			t.Errorf("drill: %v\n%s", err, out)
		}
		out, err := subcommandWith(t, dir, env, "restore", "--replace", good)
		if err != nil || !strings.Contains(out, "before_restore_") {
			t.Errorf("restore: %v\n%s", err, out)
		}
		if out, err := subcommandWith(t, dir, env, "backup", "--to=."); err != nil { // without what was kept
			t.Errorf("a backup after that: %v\n%s", err, out)
		}
		if again := newestBackup(t, dir); again == good || !withoutKept(t, again) {
			t.Error("the backup after that has what was kept in it")
		}
		without := append(env[:2:2], "PATH="+t.TempDir())
		if out, err := subcommandWith(t, dir, without, "backup", "--to=."); err == nil ||
			!strings.Contains(out, "apt install postgresql-client") {
			t.Errorf("without pg_dump: %v\n%s", err, out)
		}
	})
}

// withoutKept reports whether a dump leaves out the schemas that old books are kept in.
func withoutKept(t *testing.T, dump string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pg_restore", "--list", dump).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bytes.Contains(out, []byte("ticket")) && !bytes.Contains(out, []byte("before_restore_"))
}

// TestBackupsBesideServing: the running program makes backups by itself, says so, and the books know. Nothing is made
// in the demo unless a setting says so.
func TestBackupsBesideServing(t *testing.T) {
	t.Parallel()
	backups := t.TempDir()
	p := start(t, "", "MPESA_ENV=simulator", "BACKUP_DIR="+backups)
	eventually(t, 20*time.Second, "there is one", func() bool {
		return strings.Contains(p.log.String(), "backup made")
	})
	info, err := os.Stat(newestBackup(t, backups))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(p.dir, "demo.db"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, st)
	if at, err := st.Jobs().LastBackup(t.Context()); err != nil || at < st.Now().Add(-time.Minute) {
		t.Errorf("the last one is of %v, %v", at, err)
	}
	demo := start(t, "")
	if err := demo.end(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if found, err := filepath.Glob(filepath.Join(demo.dir, "*")); err != nil || len(found) != 2 {
		t.Errorf("beside the demo are %q, %v", found, err)
	}
}

// TestDocsOfBackups types what the page of backups says into a shell: the settings, then each command.
func TestDocsOfBackups(t *testing.T) {
	_, missing := exec.LookPath("zstd")
	needs.Program(t, "zstd", missing)
	cinema, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	tools, dir := t.TempDir(), t.TempDir()
	command(t, "go", "build", "-o", tools, "filippo.io/age/cmd/age", "filippo.io/age/cmd/age-keygen")
	for _, name := range []string{"bin", "usb", "home"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(cinema, filepath.Join(dir, "bin", "cinemasphere")); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + tools + ":" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"),
		"MPESA_ENV=simulator", "DATABASE_URL=" + filepath.Join(dir, "books.db"),
		"BACKUP_DIR=" + filepath.Join(dir, "home")}
	ran := 0
	shell := func(line string) string {
		t.Helper()
		ran++
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	shell("bin/cinemasphere seed")
	page := pages(t)["assets/docs/backup.md"]
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			if regexp.MustCompile(`^[A-Z_]+=`).MatchString(line) {
				name, _, _ := strings.Cut(line, "=")
				if !slices.ContainsFunc(knownSettings(), func(k known) bool { return k.name == name }) {
					t.Errorf("%s is no setting", name)
				}
				continue
			}
			line = strings.ReplaceAll(line, "/mnt/usb", filepath.Join(dir, "usb"))
			if strings.HasPrefix(line, "bin/cinemasphere restore cinemasphere-") {
				if err := os.Remove(filepath.Join(dir, "books.db")); err != nil { // the machine is another one
					t.Fatal(err)
				}
				newest := filepath.Base(newestBackup(t, filepath.Join(dir, "home")))
				line = "bin/cinemasphere restore --key=cinema-key.txt " + newest
			}
			out := shell(line)
			if m := regexp.MustCompile(`age1[0-9a-z]+`).FindString(out); strings.HasPrefix(line, "age-keygen") {
				env = append(env, "BACKUP_RECIPIENTS="+m)
			}
		}
	}
	inline := regexp.MustCompile("`(age -d [^`]*)`").FindStringSubmatch(page)
	if inline == nil {
		t.Fatal("the page does not say how to open a backup without the program")
	}
	packed := newestBackup(t, filepath.Join(dir, "home"))
	shell(strings.Replace(inline[1], "FILE", packed, 1) + " > opened.db")
	if out := shell("DATABASE_URL=opened.db bin/cinemasphere fsck"); !strings.Contains(out, "sound") || ran < 12 {
		t.Errorf("%d commands; opened by hand: %s", ran, out)
	}
}
