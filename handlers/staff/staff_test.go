package staff_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const password = "three films and popcorn"

// desk is a staff service with a clock that the test moves.
type desk struct {
	*testing.T
	*staff.Service
	store *store.Store
	mu    sync.Mutex
	now   time.Time
}

func open(t *testing.T, cfg staff.Config) *desk {
	t.Helper()
	d := &desk{T: t, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.now
	}
	d.store = storetest.New(t, func(o *store.Options) { o.Now = clock })
	cfg.Now = clock
	d.Service = staff.New(d.store, cfg)
	return d
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

func (d *desk) add(name string, role store.Role) store.Operator {
	d.Helper()
	o, err := d.Add(d.Context(), name, role, password)
	if err != nil {
		d.Fatal(err)
	}
	return o
}

// try signs in, and says what came of it: in, wrong or wait.
func (d *desk) try(name, password, code string, at staff.Place) (string, staff.SignedIn) {
	d.Helper()
	signed, err := d.SignIn(d.Context(), staff.Try{Name: name, Password: password, Code: code}, at)
	wait, tooMany := errors.AsType[staff.Wait](err)
	switch {
	case err == nil:
		return "in", signed
	case errors.Is(err, staff.ErrWrong):
		return "wrong", signed
	case tooMany && wait.For > 0 && wait.For <= time.Minute:
		return "wait", signed
	}
	d.Fatal(err)
	return "", signed
}

func TestPasswords(t *testing.T) {
	for _, tt := range []struct {
		password string
		good     bool
	}{
		{"", false}, {"seven77", false}, {"eight888", true}, {"        ", false}, {"aaaaaaaaaaaaaaaa", false},
		{"password", false}, {"PASSWORD", false}, {"password123", false}, {"Password1!", false}, {"qwertyuiop", false},
		{"12345678", false}, {"1234567890", false}, {"iloveyou", false}, {"baseball1", false}, {"mpesa1234", false},
		{"safaricom", false}, {"Safaricom2026", false}, {"cinemasphere", false}, {"jesuschrist", false},
		{"Achieng Otieno", false}, {"achieng  otieno", false}, {"achieng otieno sells films", true},
		{"three films and popcorn", true}, {"correct horse battery staple", true}, {"Ŝafarï ya sinema", true},
		{"密码密码密码密码", true}, {strings.Repeat("ab", 64), true}, {strings.Repeat("ab", 64) + "c", false},
		{"pass word with spaces", true}, {"🎬🍿🎟🎬🍿🎟🎬🍿", true}, {"x7!Kq93_", true},
	} {
		if got := staff.PasswordProblem(tt.password, "Achieng Otieno"); (got == "") != tt.good {
			t.Errorf("%q: %q", tt.password, got)
		}
	}
}

func TestHashesAreArgon2id(t *testing.T) {
	d := open(t, staff.Config{})
	o := d.add("Achieng", store.RoleOwner)
	kept, err := d.store.Staff().Operator(t.Context(), o.ID)
	var version, memory, times, threads int
	if err == nil {
		_, err = fmt.Sscanf(kept.Password, "$argon2id$v=%d$m=%d,t=%d,p=%d$", &version, &memory, &times, &threads)
	}
	if err != nil || version != 19 || memory < 19456 || times < 2 {
		t.Errorf("%q, %v", kept.Password, err)
	}
}

func TestSignIn(t *testing.T) {
	d := open(t, staff.Config{})
	d.add("Achieng Otieno", store.RoleOwner)
	at := staff.Place{Source: "192.0.2.1", Agent: strings.Repeat("Firefox ", 100)}
	for _, tt := range []struct{ name, password, want string }{
		{"Achieng Otieno", password, "in"}, {"achieng  OTIENO ", password, "in"},
		{"Achieng Otieno", password + " ", "wrong"},
		{"Achieng Otieno", "", "wrong"}, {"Achieng", password, "wrong"}, {"", "", "wrong"}, {"", password, "wrong"},
		{"Achieng Otieno", strings.Repeat("x", 60_000), "wrong"}, {"' OR 1=1 --", "x", "wrong"},
	} {
		if got, _ := d.try(tt.name, tt.password, "", at); got != tt.want {
			t.Errorf("%q, %.40q: %s, want %s", tt.name, tt.password, got, tt.want)
		}
	}
	_, signed := d.try("Achieng Otieno", password, "", at)
	s, err := d.Session(t.Context(), signed.Token)
	if err != nil || s.Name != "Achieng Otieno" || len(signed.Token) < 26 || s.Source != "192.0.2.1" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, again := d.try("Achieng Otieno", password, "", at); again.Token == signed.Token {
		t.Error("two sessions have one token")
	}
	log, err := d.store.Staff().Log(t.Context(), store.LogFilter{})
	refused := 0
	for _, e := range log {
		if e.Action == "session.refused" {
			refused++
		}
		if whole := fmt.Sprint(e); strings.Contains(whole, "popcorn") || strings.Contains(whole, signed.Token) {
			t.Errorf("the log has a secret: %s", whole)
		}
	}
	if err != nil || refused != 7 {
		t.Errorf("%d refusals in the log, %v", refused, err)
	}
}

// TestNamesCannotBeFoundOut: a name that nobody has takes as long as one that somebody has.
func TestNamesCannotBeFoundOut(t *testing.T) {
	d := open(t, staff.Config{})
	d.add("Achieng", store.RoleOwner)
	d.try("Nobody", "x", "", staff.Place{Source: "192.0.2.9"}) // makes the hash that names of nobody are compared with
	took := map[string][]time.Duration{}
	for i := range 7 {
		for _, name := range []string{"Achieng", "Nobody"} {
			began := time.Now()
			at := staff.Place{Source: fmt.Sprintf("192.0.2.%d", 10+i)}
			if got, _ := d.try(name, "not it at all", "", at); got != "wrong" {
				t.Fatal(got)
			}
			took[name] = append(took[name], time.Since(began))
		}
	}
	somebody, nobody := slices.Min(took["Achieng"]), slices.Min(took["Nobody"])
	if nobody < somebody/2 || somebody < nobody/2 {
		t.Errorf("somebody takes %v, nobody %v", somebody, nobody)
	}
}

// TestNobodyIsLockedOut: after a thousand guesses from everywhere the right password still works: from a browser that
// was used before, and from a new phone. From where it is guessed the guesses wait.
func TestNobodyIsLockedOut(t *testing.T) {
	d := open(t, staff.Config{})
	d.add("Achieng", store.RoleOwner)
	_, before := d.try("Achieng", password, "", staff.Place{Source: "192.0.2.1"})
	looked := 0
	for i := range 1000 {
		at := staff.Place{Source: fmt.Sprintf("198.51.100.%d", i%20), Browser: "made up"}
		if got, _ := d.try("Achieng", "guess", "", at); got == "wrong" {
			looked++
		} else if got == "in" {
			t.Fatal("a guess signs in")
		}
	}
	if looked > 20*3+10 {
		t.Errorf("%d guesses of 1,000 at once were looked at", looked)
	}
	if got, _ := d.try("Achieng", password, "", staff.Place{Source: "198.51.100.1"}); got != "wait" {
		t.Errorf("where it is guessed: %s", got)
	}
	home := staff.Place{Source: "198.51.100.1", Browser: before.Browser}
	if got, _ := d.try("Achieng", password, "", home); got != "in" {
		t.Errorf("the owner's own browser, at the same address: %s", got)
	}
	if got, _ := d.try("Achieng", password, "", staff.Place{Source: "203.0.113.7"}); got != "in" {
		t.Errorf("the owner's new phone: %s", got)
	}
	d.pass(time.Minute)
	if got, _ := d.try("Achieng", password, "", staff.Place{Source: "198.51.100.1"}); got != "in" {
		t.Errorf("a minute later, where it is guessed: %s", got)
	}
	for i := range 50 { // a whole cinema signs in from one address
		if got, _ := d.try("Achieng", password, "", staff.Place{Source: "203.0.113.8"}); got != "in" {
			t.Fatalf("sign-in %d: %s", i, got)
		}
	}
}

func TestGuessesOfUnknownNamesWaitToo(t *testing.T) {
	d := open(t, staff.Config{})
	d.add("Achieng", store.RoleOwner)
	for _, name := range []string{"Achieng", "Nobody"} {
		var got []string
		for i := range 30 {
			one, _ := d.try(name, "guess", "", staff.Place{Source: fmt.Sprintf("198.51.%d.%d", len(name), i%3)})
			got = append(got, one)
		}
		if text := strings.Join(got, " "); strings.Count(text, "wrong") != 10 || strings.Count(text, "wait") != 20 {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestCodes(t *testing.T) {
	d := open(t, staff.Config{Production: true})
	owner := d.add("Achieng", store.RoleOwner)
	at := staff.Place{Source: "192.0.2.1"}
	_, signed := d.try("Achieng", password, "", at)
	me, err := d.Session(t.Context(), signed.Token)
	if err != nil || !d.NeedsCode(me.Operator) {
		t.Fatalf("an owner in production needs a code: %v", err)
	}
	if d.NeedsCode(store.Operator{Role: store.RoleManager}) || open(t, staff.Config{}).NeedsCode(owner) {
		t.Error("a manager, or an owner elsewhere, needs a code")
	}
	secret := staff.NewTOTPSecret()
	code := func(offset time.Duration) string {
		c, err := totp.GenerateCode(secret, d.now.Add(offset))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for what, f := range map[string][3]string{
		"another password": {"not it", secret, code(0)}, "an old code": {password, secret, code(-10 * time.Minute)},
		"no code": {password, secret, ""}, "a short secret": {password, "MFRGG===", code(0)},
	} {
		if _, err := d.SetCode(t.Context(), me, f[0], f[1], f[2]); err == nil {
			t.Errorf("%s sets up the app", what)
		}
	}
	recovery, err := d.SetCode(t.Context(), me, password, secret, code(0)[:3]+" "+code(0)[3:])
	if err != nil || len(recovery) != 10 {
		t.Fatalf("%v, %v", recovery, err)
	}
	for _, tt := range []struct{ what, code, want string }{
		{"none", "", "wrong"}, {"the one it was set up with", code(0), "wrong"},
		{"the next", code(30 * time.Second), "in"},
		{"the same again", code(30 * time.Second), "wrong"}, {"far ahead", code(5 * time.Minute), "wrong"},
		{"letters", "abcdef", "wrong"}, {"a recovery code", strings.ToLower(recovery[3]), "in"},
		{"the same recovery code", recovery[3], "wrong"},
		{"another, without hyphens", strings.ReplaceAll(recovery[4], "-", ""), "in"},
	} {
		if got, _ := d.try("Achieng", password, tt.code, at); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.what, got, tt.want)
		}
	}
	d.pass(10 * time.Minute)
	if got, _ := d.try("Achieng", "not it", code(0), at); got != "wrong" {
		t.Errorf("a code alone: %s", got)
	}
	_, signed = d.try("Achieng", password, code(0), at)
	if me, err = d.Session(t.Context(), signed.Token); err != nil {
		t.Fatal(err)
	}
	if err := d.RemoveCode(t.Context(), me, password); err == nil {
		t.Error("an owner in production goes without")
	}
	again, err := d.NewRecoveryCodes(t.Context(), me, password)
	if err != nil || len(again) != 10 || again[0] == recovery[0] {
		t.Errorf("%v, %v", again, err)
	}
	if got, _ := d.try("Achieng", password, recovery[5], at); got != "wrong" {
		t.Errorf("an older recovery code: %s", got)
	}
}

func TestTOTPAddress(t *testing.T) {
	secret := staff.NewTOTPSecret()
	u, err := url.Parse(staff.TOTPAddress("Nyota: the cinema", "Achieng Otieno", secret))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Nyota  the cinema:Achieng Otieno" ||
		u.Query().Get("secret") != secret || u.Query().Get("issuer") != "Nyota  the cinema" ||
		strings.Contains(u.RawQuery, "+") {
		t.Errorf("%v, %v", u, err)
	}
}

func TestSetUpAddressWorksOnce(t *testing.T) {
	called := 0
	d := open(t, staff.Config{OnSetUp: func() { called++ }})
	old, err := d.NewSetUpToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := d.NewSetUpToken(t.Context()) // of the next start
	if err != nil || token == old || token == "" {
		t.Fatalf("%q, %v", token, err)
	}
	first := staff.FirstOwner{Name: "Achieng", Password: password, Cinema: store.Cinema{Name: "Nyota"}}
	at := staff.Place{Source: "192.0.2.1"}
	for _, wrong := range []string{"", old, "x", strings.ToLower(token)} {
		if _, err := d.SetUp(t.Context(), wrong, first, at); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("token %q: %v", wrong, err)
		}
	}
	bad := first
	bad.Password = "password"
	if _, err := d.SetUp(t.Context(), token, bad, at); !hasField(err, "password") {
		t.Errorf("a common password: %v", err)
	}
	signed, err := d.SetUp(t.Context(), token, first, at)
	if err != nil || called != 1 {
		t.Fatalf("%v, called %d times", err, called)
	}
	if s, err := d.Session(t.Context(), signed.Token); err != nil || s.Role != store.RoleOwner {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := d.SetUp(t.Context(), token, first, at); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if token, err := d.NewSetUpToken(t.Context()); err != nil || token != "" {
		t.Errorf("the next start gives out %q, %v", token, err)
	}
}

func hasField(err error, name string) bool {
	invalid, is := errors.AsType[staff.Invalid](err)
	return is && invalid[name] != ""
}

func TestOneTimeAddresses(t *testing.T) {
	d := open(t, staff.Config{})
	d.add("Owner", store.RoleOwner)
	at := staff.Place{Source: "192.0.2.1"}
	if _, _, err := d.Invite(t.Context(), " owner", store.RoleUsher); !hasField(err, "name") {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, _, err := d.Invite(t.Context(), "Baraka", "root"); !hasField(err, "role") {
		t.Errorf("a role that there is not: %v", err)
	}
	o, token, err := d.Invite(t.Context(), "Baraka", store.RoleCashier)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := d.try("Baraka", "", "", at); got != "wrong" {
		t.Errorf("an invited person without a password: %s", got)
	}
	if _, err := d.Join(t.Context(), token, "short", at); !hasField(err, "password") {
		t.Errorf("a short password: %v", err)
	}
	signed, err := d.Join(t.Context(), token, "a bucket of popcorn", at)
	if s, err2 := d.Session(t.Context(), signed.Token); err != nil || err2 != nil || s.Operator.ID != o.ID {
		t.Errorf("joined: %v, %v", err, err2)
	}
	if _, err := d.Join(t.Context(), token, "a bucket of popcorn", at); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("joined twice: %v", err)
	}
	if got, _ := d.try("Baraka", "a bucket of popcorn", "", at); got != "in" {
		t.Errorf("with the password: %s", got)
	}
	_, again, err := d.ResetByAddress(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := d.try("Baraka", "a bucket of popcorn", "", at); got != "wrong" {
		t.Errorf("with the password from before the reset: %s", got)
	}
	if _, err := d.Session(t.Context(), signed.Token); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the session from before the reset: %v", err)
	}
	d.pass(73 * time.Hour)
	if _, err := d.Join(t.Context(), again, "a bucket of popcorn", at); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after three days: %v", err)
	}
}

func TestDemoOwnerIsOfADemoAlone(t *testing.T) {
	if _, err := open(t, staff.Config{}).SignInDemo(t.Context(), staff.Place{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("where there is no demo: %v", err)
	}
	d := open(t, staff.Config{Demo: true})
	for range 2 {
		signed, err := d.SignInDemo(t.Context(), staff.Place{})
		if err != nil || signed.Operator.Role != store.RoleOwner {
			t.Errorf("%+v, %v", signed, err)
		}
	}
	if all, err := d.store.Staff().Operators(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if got, _ := d.try("Demo owner", "", "", staff.Place{Source: "192.0.2.1"}); got != "wrong" {
		t.Errorf("the demo's owner by a password: %s", got)
	}
	live := storetest.New(t, func(o *store.Options) { o.Environment = store.Production })
	_, err := staff.New(live, staff.Config{Demo: true}).SignInDemo(context.Background(), staff.Place{})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("on books of real money: %v", err)
	}
}
