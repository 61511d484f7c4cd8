package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

func addOperator(t *testing.T, s *store.Store, name string, role store.Role) store.Operator {
	t.Helper()
	o, err := s.Staff().AddOperator(t.Context(), store.NewOperator{Name: name, Role: role, Password: "hash of " + name})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func begin(t *testing.T, s *store.Store, o store.Operator, token string, change ...func(*store.NewSession)) error {
	t.Helper()
	n := store.NewSession{
		Operator: o.ID, Password: o.Password, Token: token, FormToken: "form", Source: "192.0.2.1", Agent: "Firefox",
		Lifetime: 16 * time.Hour,
	}
	for _, f := range change {
		f(&n)
	}
	_, err := s.Staff().SignIn(t.Context(), n)
	return err
}

func TestRolesIncludeOthers(t *testing.T) {
	all := store.Roles()
	for i, a := range all {
		for j, b := range all {
			if a.Includes(b) != (i <= j) {
				t.Errorf("%s includes %s: %v", a, b, a.Includes(b))
			}
		}
		if store.Role("").Includes(a) || store.Role("admin").Includes(a) {
			t.Errorf("no role includes %s", a)
		}
	}
}

func TestOperators(t *testing.T) { storetest.Each(t, testOperators) }

func testOperators(t *testing.T) {
	s := storetest.New(t)
	ctx := store.WithBy(t.Context(), store.By{Name: "Box office", Source: store.CommandLine})
	owner, err := s.Staff().AddOperator(ctx, store.NewOperator{Name: " Achieng  Otieno ", Role: store.RoleOwner})
	if err != nil || owner.Name != "Achieng Otieno" {
		t.Fatalf("%+v, %v", owner, err)
	}
	for _, name := range []string{"achieng otieno", "ACHIENG OTIENO", "\tAchieng\nOtieno"} {
		_, err := s.Staff().AddOperator(ctx, store.NewOperator{Name: name, Role: store.RoleUsher})
		if !errors.Is(err, store.ErrNameTaken) {
			t.Errorf("%q: %v", name, err)
		}
		if o, err := s.Staff().OperatorByName(ctx, name); err != nil || o.ID != owner.ID {
			t.Errorf("%q is %+v, %v", name, o, err)
		}
	}
	usher, yes := store.RoleUsher, true
	for what, e := range map[string]store.OperatorEdit{
		"another role": {ID: owner.ID, Role: &usher}, "disabled": {ID: owner.ID, Disabled: &yes},
	} {
		if _, err := s.Staff().EditOperator(ctx, e); !errors.Is(err, store.ErrLastOwner) {
			t.Errorf("the last owner, %s: %v", what, err)
		}
	}
	second := addOperator(t, s, "Baraka", store.RoleOwner)
	stale := store.OperatorEdit{ID: second.ID, Version: 7, Role: &usher}
	if _, err := s.Staff().EditOperator(ctx, stale); !errors.Is(err, store.ErrChanged) {
		t.Errorf("an edit of another version: %v", err)
	}
	edited, err := s.Staff().EditOperator(ctx, store.OperatorEdit{ID: owner.ID, Version: 1, Role: &usher})
	if err != nil || edited.Version != 2 || edited.Role != usher {
		t.Errorf("%+v, %v", edited, err)
	}
	last := store.OperatorEdit{ID: second.ID, Disabled: &yes}
	if _, err := s.Staff().EditOperator(ctx, last); !errors.Is(err, store.ErrLastOwner) {
		t.Errorf("the only other one is an usher: %v", err)
	}
	log, err := s.Staff().Log(ctx, store.LogFilter{Kind: "operator", SubjectID: int64(owner.ID)})
	if err != nil || len(log) != 2 {
		t.Fatalf("%+v, %v", log, err)
	}
	if e := log[0]; e.Action != "operator.edit" || e.Who != "Box office" || e.Source != store.CommandLine ||
		!strings.Contains(e.Was, `"owner"`) || !strings.Contains(e.Now, `"usher"`) || e.Subject != "Achieng Otieno" {
		t.Errorf("%+v", e)
	}
	if log[1].Action != "operator.add" || log[1].Was != "" {
		t.Errorf("%+v", log[1])
	}
	all, err := s.Staff().Log(ctx, store.LogFilter{})
	if err != nil || len(all) != 2 {
		t.Errorf("what nobody asked for, and what was refused, is in the log: %+v, %v", all, err)
	}
}

// TestTwoOwnersDemoteEachOther: of two changes at once one must fail, or nobody would be left.
func TestTwoOwnersDemoteEachOther(t *testing.T) { storetest.Each(t, testDemotions) }

func testDemotions(t *testing.T) {
	s := storetest.New(t)
	a, b := addOperator(t, s, "A", store.RoleOwner), addOperator(t, s, "B", store.RoleOwner)
	usher := store.RoleUsher
	var failed atomic.Int64
	var g sync.WaitGroup
	for _, id := range []store.OperatorID{a.ID, b.ID} {
		g.Go(func() {
			_, err := s.Staff().EditOperator(t.Context(), store.OperatorEdit{ID: id, Role: &usher})
			if errors.Is(err, store.ErrLastOwner) {
				failed.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	if failed.Load() != 1 {
		t.Errorf("%d failed", failed.Load())
	}
}

func TestLogIsSearched(t *testing.T) { storetest.Each(t, testLog) }

func testLog(t *testing.T) {
	s := storetest.New(t)
	for i := range 7 {
		by := store.By{ID: 1, Name: fmt.Sprintf("Person %d", i), Role: store.RoleManager, Source: "192.0.2.1"}
		c := store.Cinema{Name: fmt.Sprintf("100%% Nyota_%d", i), Version: int64(i)}
		if err := s.Catalogue().SetCinema(store.WithBy(t.Context(), by), c); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]int{
		"": 7, "person": 7, "PERSON 3": 2, "manager nyota_3": 2, // which one entry has as what it was
		"100%": 7, "200%": 0, "0_": 0, "ota_": 7, "%": 7, `\`: 0,
		"192.0.2.1": 7, "nyota nobody": 0, "' OR 1=1 --": 0,
	} {
		got, err := s.Staff().Log(t.Context(), store.LogFilter{Text: text})
		if err != nil || len(got) != want {
			t.Errorf("%q: %d, want %d, %v", text, len(got), want, err)
		}
	}
	var seen []string
	before := int64(0)
	for {
		got, err := s.Staff().Log(t.Context(), store.LogFilter{Before: before, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		for _, e := range got {
			seen, before = append(seen, e.Who), e.ID
		}
	}
	if got := strings.Join(seen, " "); got != "Person 6 Person 5 Person 4 Person 3 Person 2 Person 1 Person 0" {
		t.Errorf("pages: %s", got)
	}
}

func TestSessionsEnd(t *testing.T) { storetest.Each(t, testSessionsEnd) }

func testSessionsEnd(t *testing.T) {
	clock := newClock()
	s, pass := storetest.New(t, clock.option), clock.add
	idle := 3 * time.Hour
	o := addOperator(t, s, "Achieng", store.RoleOwner)
	is := func(token string) bool {
		t.Helper()
		found, err := s.Staff().Session(t.Context(), token, idle)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil && found.Operator.ID == o.ID && found.Name == "Achieng" && found.FormToken == "form"
	}
	if err := errors.Join(begin(t, s, o, "one"), begin(t, s, o, "two")); err != nil {
		t.Fatal(err)
	}
	if !is("one") || is("three") || is("") {
		t.Error("sessions by their tokens")
	}
	for range 7 { // one is used, two is not
		pass(2 * time.Hour)
		found, err := s.Staff().Session(t.Context(), "one", idle)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Staff().TouchSession(t.Context(), found.ID); err != nil {
			t.Fatal(err)
		}
	}
	if !is("one") || is("two") {
		t.Error("a session that is not used ends, one that is used does not")
	}
	pass(2*time.Hour + time.Second)
	if is("one") {
		t.Error("a session lasts for ever")
	}
	if err := s.Jobs().Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if all, err := s.Staff().SessionsOf(t.Context(), o.ID, 1000*time.Hour); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestSignInRefuses(t *testing.T) { storetest.Each(t, testSignInRefuses) }

func testSignInRefuses(t *testing.T) {
	s := storetest.New(t)
	addOperator(t, s, "Owner", store.RoleOwner)
	o := addOperator(t, s, "Achieng", store.RoleManager)
	codes, yes, no := []string{"code-1", "code-2"}, true, false
	if _, err := s.Staff().EditOperator(t.Context(), store.OperatorEdit{ID: o.ID, Recovery: &codes}); err != nil {
		t.Fatal(err)
	}
	n := 0
	try := func(what string, good bool, f func(*store.NewSession)) {
		t.Helper()
		n++
		err := begin(t, s, o, fmt.Sprint("token", n), f)
		if good && err != nil || !good && !errors.Is(err, store.ErrSignIn) {
			t.Errorf("%s: %v", what, err)
		}
	}
	step := func(n int64) func(*store.NewSession) { return func(s *store.NewSession) { s.TOTPStep = n } }
	recovery := func(c string) func(*store.NewSession) { return func(s *store.NewSession) { s.Recovery = c } }
	try("a code", true, step(100))
	try("the same code again", false, step(100))
	try("an older code", false, step(99))
	try("the next code", true, step(101))
	try("a recovery code", true, recovery("code-1"))
	try("the same recovery code", false, recovery("code-1"))
	try("a made-up recovery code", false, recovery("code-3"))
	try("a password from before", false, func(s *store.NewSession) { s.Password = "old hash" })
	if _, err := s.Staff().EditOperator(t.Context(), store.OperatorEdit{ID: o.ID, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	try("disabled", false, func(*store.NewSession) {})
	if _, err := s.Staff().EditOperator(t.Context(), store.OperatorEdit{ID: o.ID, Disabled: &no}); err != nil {
		t.Fatal(err)
	}
	try("no longer disabled", true, func(*store.NewSession) {})
	var good atomic.Int64
	var g sync.WaitGroup
	for i := range 8 {
		g.Go(func() {
			if err := begin(t, s, o, fmt.Sprint("race", i), recovery("code-2")); err == nil {
				good.Add(1)
			}
		})
	}
	g.Wait()
	if good.Load() != 1 {
		t.Errorf("one recovery code has signed in %d times", good.Load())
	}
}

func TestTriesWait(t *testing.T) { storetest.Each(t, testTriesWait) }

func testTriesWait(t *testing.T) {
	clock := newClock()
	s, pass := storetest.New(t, clock.option), clock.add
	one := []store.Throttle{{About: "name:a", Free: 3, First: time.Second, Longest: 5 * time.Second}}
	var waits []time.Duration
	for range 12 {
		wait, err := s.Staff().TrySignIn(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, wait.Round(time.Second))
		pass(wait)
	}
	if got := fmt.Sprint(waits); got != "[0s 0s 0s 1s 0s 2s 0s 4s 0s 5s 0s 5s]" {
		t.Errorf("waits %s", got)
	}
	for i, free := range []bool{true, false, false} { // who does not wait makes nobody wait longer
		wait, err := s.Staff().TrySignIn(t.Context(), one)
		if err != nil || (wait == 0) != free || wait > 5*time.Second {
			t.Errorf("try %d: %v, %v", i, wait, err)
		}
	}
	fresh := []store.Throttle{
		{About: "address:b", Free: 3, First: time.Second, Longest: time.Minute},
		{About: "name:a", Free: 3, First: time.Second, Longest: time.Minute, Unless: "address:b", UnlessBelow: 2},
	}
	for i, free := range []bool{true, true, false} {
		wait, err := s.Staff().TrySignIn(t.Context(), fresh)
		if err != nil || (wait == 0) != free {
			t.Errorf("try %d from a fresh address: %v, %v", i+1, wait, err)
		}
	}
	pass(25 * time.Hour)
	if err := s.Jobs().Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if wait, err := s.Staff().TrySignIn(t.Context(), one); err != nil || wait != 0 {
		t.Errorf("a day later: %v, %v", wait, err)
	}
}

func TestSetUpOwnerOnce(t *testing.T) { storetest.Each(t, testSetUpOwner) }

func testSetUpOwner(t *testing.T) {
	s := storetest.New(t)
	var good atomic.Int64
	var g sync.WaitGroup
	for i := range 5 {
		g.Go(func() {
			_, err := s.Staff().SetUpOwner(t.Context(), store.SetUp{
				Owner:   store.NewOperator{Name: fmt.Sprint("Owner ", i), Password: "hash"},
				Cinema:  store.Cinema{Name: fmt.Sprint("Cinema ", i)},
				Session: store.NewSession{Token: fmt.Sprint(i), FormToken: "form", Lifetime: time.Hour},
				Source:  "192.0.2.1",
			})
			if err == nil {
				good.Add(1)
			} else if !errors.Is(err, store.ErrHasOwner) {
				t.Error(err)
			}
		})
	}
	g.Wait()
	all, err := s.Staff().Operators(t.Context())
	if err != nil || good.Load() != 1 || len(all) != 1 || all[0].Role != store.RoleOwner || all[0].Sessions != 1 {
		t.Errorf("%d set up: %+v, %v", good.Load(), all, err)
	}
	c, err := s.Catalogue().Cinema(t.Context())
	if err != nil || c.Name[len("Cinema "):] != all[0].Name[len("Owner "):] {
		t.Errorf("%s has %s, %v", all[0].Name, c.Name, err)
	}
}

// TestFormOwner: whom a form was given to is known after its session has ended, for a month, and of no other form.
func TestFormOwner(t *testing.T) { storetest.Each(t, testFormOwner) }

func testFormOwner(t *testing.T) {
	clock := newClock()
	s := storetest.New(t, clock.option)
	owners := map[string]store.Operator{}
	for _, name := range []string{"Achieng", "Baraka"} {
		o := addOperator(t, s, name, store.RoleOwner)
		owners["form of "+name] = o
		err := begin(t, s, o, "cookie of "+name, func(n *store.NewSession) { n.FormToken = "form of " + name })
		if err != nil {
			t.Fatal(err)
		}
	}
	session, err := s.Staff().Session(t.Context(), "cookie of Achieng", time.Hour)
	if err == nil {
		err = s.Staff().SignOut(t.Context(), session.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []int{0, 1, 28, 3} {
		clock.add(time.Duration(day) * 24 * time.Hour)
		if err := s.Jobs().Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for token, want := range owners {
			got, err := s.Staff().FormOwner(t.Context(), token)
			if day == 3 { // the 32nd
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s after a month: %+v, %v", token, got, err)
				}
			} else if err != nil || got.ID != want.ID {
				t.Errorf("%s after %d days more: %+v, %v", token, day, got, err)
			}
		}
		for _, token := range []string{"", "form", "FORM OF ACHIENG", "cookie of Achieng"} {
			if got, err := s.Staff().FormOwner(t.Context(), token); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q: %+v, %v", token, got, err)
			}
		}
	}
}
