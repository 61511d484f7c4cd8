package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
)

// Operator is a person of the staff who may sign in.
type Operator struct {
	ID         OperatorID `db:"id"`
	Name       string     `db:"name"`
	Role       Role       `db:"role"`
	Password   string     `db:"password"`    // its argon2id hash; "" where no password signs in
	TOTPSecret string     `db:"totp_secret"` // base32; "" where there is no authenticator app
	TOTPStep   int64      `db:"totp_step"`   // the half minute of the last code used
	// InviteUntil is how long a one-time address may be used at which the operator chooses a password; 0 where there is
	// none.
	InviteUntil Instant `db:"invite_until"`
	DisabledAt  Instant `db:"disabled_at"`  // 0 where the operator may sign in
	SignedInAt  Instant `db:"signed_in_at"` // 0 where they never have
	Version     int64   `db:"version"`      // for an edit: see [ErrChanged]
	CreatedAt   Instant `db:"created_at"`
	Recovery    int     `db:"recovery"` // how many recovery codes are left
	Sessions    int     `db:"sessions"` // on how many browsers they are signed in
}

// By is the operator as the audit log names them, at an address.
func (o Operator) By(source string) By {
	return By{ID: o.ID, Name: o.Name, Role: o.Role, Source: source}
}

const operatorSelect = `SELECT o.id, o.name, o.role, o.password, o.totp_secret, o.totp_step, o.invite_until,
	COALESCE(o.disabled_at, 0) AS disabled_at,
	COALESCE(o.signed_in_at, 0) AS signed_in_at, o.version, o.created_at,
	(SELECT count(*) FROM recovery_code c WHERE c.operator_id = o.id AND c.used_at IS NULL) AS recovery,
	(SELECT count(*) FROM staff_session s WHERE s.operator_id = o.id) AS sessions FROM operator o`

// NameKey is a name as two of them are compared: in small letters, with single spaces.
func NameKey(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// Operators lists the staff: those who may sign in first, each by name.
func (s Staff) Operators(ctx context.Context) ([]Operator, error) {
	var all []Operator
	err := s.list(ctx, &all, operatorSelect+` ORDER BY CASE WHEN o.disabled_at IS NULL THEN 0 ELSE 1 END, o.name_key`)
	if err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	return all, nil
}

// Operator reads one by id; ErrNotFound where there is none.
func (s Staff) Operator(ctx context.Context, id OperatorID) (Operator, error) {
	var o Operator
	err := s.read(ctx, &o, operatorSelect+` WHERE o.id = $1`, id)
	return o, err
}

// OperatorByName reads one by name, in any case; ErrNotFound where there is none.
func (s Staff) OperatorByName(ctx context.Context, name string) (Operator, error) {
	var o Operator
	err := s.read(ctx, &o, operatorSelect+` WHERE o.name_key = $1`, NameKey(name))
	return o, err
}

// Invited finds the operator whose one-time address has the token, by its SHA-256; ErrNotFound where there is none, or
// its time is over.
func (s Staff) Invited(ctx context.Context, token string) (Operator, error) {
	var o Operator
	err := s.read(ctx, &o, operatorSelect+` WHERE o.invite = $1 AND o.invite <> '' AND o.invite_until > $2
		AND o.disabled_at IS NULL`, token, s.Now())
	return o, err
}

// CountOperators counts all operators, also disabled ones.
func (s Staff) CountOperators(ctx context.Context) (int, error) {
	var n int
	if err := s.read(ctx, &n, `SELECT count(*) FROM operator`); err != nil {
		return 0, fmt.Errorf("count operators: %w", err)
	}
	return n, nil
}

// NewOperator is an operator to be added.
type NewOperator struct {
	Name     string
	Role     Role
	Password string // its argon2id hash; "" where no password signs in
	Invite   Invite
}

// Invite is a one-time address at which an operator chooses a password. The zero Invite is none.
type Invite struct {
	Token string // SHA-256 of the token in the address
	Until Instant
}

// AddOperator adds an operator. ErrNameTaken where another has the name.
func (s Staff) AddOperator(ctx context.Context, n NewOperator) (Operator, error) {
	var out Operator
	err := s.write(ctx, urgent, func(t *tx) (err error) {
		out, err = t.addOperator(n)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("add operator: %w", err)
	}
	return out, nil
}

func (t *tx) addOperator(n NewOperator) (o Operator, err error) {
	name := strings.Join(strings.Fields(n.Name), " ")
	var taken int
	if err := t.scan([]any{&taken}, `SELECT count(*) FROM operator WHERE name_key = $1`, NameKey(name)); err != nil {
		return o, err
	}
	if taken > 0 {
		return o, ErrNameTaken
	}
	o = Operator{
		ID: OperatorID(t.s.ids.next(t.s.now())), Name: name, Role: n.Role, Password: n.Password, Version: 1,
		InviteUntil: n.Invite.Until, CreatedAt: t.now,
	}
	err = t.run(`INSERT INTO operator (id, name, name_key, role, password, totp_secret, totp_step, invite, invite_until, version, created_at, updated_at)
		VALUES ($1,$2,$3,$4,$5,'',0,$6,$7,1,$8,$8)`,
		o.ID, o.Name, NameKey(o.Name), o.Role, o.Password, n.Invite.Token, n.Invite.Until, t.now)
	if err != nil {
		return o, err
	}
	return o, t.audit(o.change("operator.add", nil, o.logged()))
}

// logged is what the audit log says of an operator. It holds no secret.
func (o Operator) logged() any {
	return struct {
		Name     string `json:"name"`
		Role     Role   `json:"role"`
		Password bool   `json:"password"`
		TOTP     bool   `json:"authenticator"`
		Disabled bool   `json:"disabled"`
	}{o.Name, o.Role, o.Password != "", o.TOTPSecret != "", o.DisabledAt != 0}
}

func (o Operator) change(action string, was, now any) change {
	return change{action: action, kind: "operator", id: int64(o.ID), subject: o.Name, was: was, now: now}
}

// OperatorEdit is a change of an operator. What is nil stays.
type OperatorEdit struct {
	ID         OperatorID
	Version    int64 // that the change was made from; 0 is any
	Action     string
	Name       *string
	Role       *Role
	Disabled   *bool
	Password   *string // its hash
	Invite     *Invite
	TOTPSecret *string   // "" takes the authenticator app away
	TOTPStep   int64     // of the code that proved a new secret
	Recovery   *[]string // hashes of new recovery codes, in place of the old ones
	// EndSessions signs the operator out, and forgets their browsers. Keep is the id of a session that stays, 0 for
	// none.
	EndSessions bool
	Keep        int64
}

// EditOperator changes an operator and returns them as they are then. It refuses with ErrChanged, ErrNameTaken and
// ErrLastOwner.
func (s Staff) EditOperator(ctx context.Context, e OperatorEdit) (Operator, error) {
	var out Operator
	err := s.write(ctx, urgent, func(t *tx) (err error) {
		out, err = t.editOperator(e)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("change operator: %w", err)
	}
	return out, nil
}

func (t *tx) editOperator(e OperatorEdit) (o Operator, err error) {
	if err := t.lockOwners(); err != nil {
		return o, err
	}
	if err := t.get(&o, operatorSelect+` WHERE o.id = $1`, e.ID); err != nil {
		return o, err
	}
	if e.Version != 0 && e.Version != o.Version {
		return o, ErrChanged
	}
	was, old := o.logged(), o
	o.apply(e, t.now)
	if err := t.checkOperator(o, old); err != nil {
		return o, err
	}
	if e.Password != nil && e.Invite == nil { // the old address must not choose another
		e.Invite = &Invite{}
	}
	if e.Invite != nil {
		o.InviteUntil = e.Invite.Until
		if err := t.run(`UPDATE operator SET invite = $2, invite_until = $3 WHERE id = $1`, o.ID, e.Invite.Token, e.Invite.Until); err != nil {
			return o, err
		}
	}
	err = t.run(`UPDATE operator SET name = $2, name_key = $3, role = $4, password = $5, totp_secret = $6, totp_step = $7, disabled_at = NULLIF(CAST($8 AS BIGINT),0),
		version = $9, updated_at = $10 WHERE id = $1`,
		o.ID, o.Name, NameKey(o.Name), o.Role, o.Password, o.TOTPSecret, o.TOTPStep, o.DisabledAt, o.Version, t.now)
	if err != nil {
		return o, err
	}
	if e.Recovery != nil {
		if err := t.setRecoveryCodes(o.ID, *e.Recovery); err != nil {
			return o, err
		}
		o.Recovery = len(*e.Recovery)
	}
	if e.EndSessions {
		if err := t.endSessions(o.ID, e.Keep); err != nil {
			return o, err
		}
	}
	return o, t.audit(o.change(cmp.Or(e.Action, "operator.edit"), was, o.logged()))
}

// apply makes the changes of an edit.
func (o *Operator) apply(e OperatorEdit, now Instant) {
	if e.Name != nil {
		o.Name = strings.Join(strings.Fields(*e.Name), " ")
	}
	if e.Role != nil {
		o.Role = *e.Role
	}
	if e.Password != nil {
		o.Password = *e.Password
	}
	if e.TOTPSecret != nil {
		o.TOTPSecret = *e.TOTPSecret
		o.TOTPStep = max(o.TOTPStep, e.TOTPStep)
	}
	switch {
	case e.Disabled == nil:
	case !*e.Disabled:
		o.DisabledAt = 0
	case o.DisabledAt == 0:
		o.DisabledAt = now
	}
	o.Version++
}

// checkOperator refuses a name that another has, and a change after which nobody is owner.
func (t *tx) checkOperator(o, old Operator) error {
	var taken, owners int
	err := t.scan([]any{&taken, &owners}, `SELECT (SELECT count(*) FROM operator WHERE name_key = $1 AND id <> $2),
		(SELECT count(*) FROM operator WHERE role = 'owner' AND disabled_at IS NULL AND id <> $2)`, NameKey(o.Name), o.ID)
	switch {
	case err != nil:
		return err
	case taken > 0:
		return ErrNameTaken
	case owners == 0 && old.isOwner() && !o.isOwner():
		return ErrLastOwner
	}
	return nil
}

func (o Operator) isOwner() bool { return o.Role == RoleOwner && o.DisabledAt == 0 }

// lockOwners lets one change of operators at a time decide whether it leaves an owner.
func (t *tx) lockOwners() error {
	if !t.locks() {
		return nil
	}
	return t.lockName("operators")
}

func (t *tx) setRecoveryCodes(id OperatorID, hashes []string) error {
	if err := t.run(`DELETE FROM recovery_code WHERE operator_id = $1`, id); err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := t.run(`INSERT INTO recovery_code (operator_id, hash) VALUES ($1,$2)`, id, hash); err != nil {
			return err
		}
	}
	return nil
}

// SetUp is the first owner and their cinema.
type SetUp struct {
	Owner   NewOperator
	Cinema  Cinema
	Session NewSession // the owner is signed in with it
	Source  string     // the address that the owner is at
	Opening *Opening   // what the cinema opens with; nil is nothing yet
}

// Opening is what a cinema opens with: a hall, a price card, a film, and its first screening, which is on sale at once.
// A hall or card without a name is not there yet, nor is a film without a title, and its screening; with a film all is.
type Opening struct {
	Hall   Hall
	Card   PriceCard
	Movie  Movie
	Starts Instant
}

// open writes the hall, the price card, the film and the screening that a cinema opens with.
func (t *tx) open(o Opening) error {
	if o.Movie.Title == "" {
		return t.openRoom(o)
	}
	o.Hall.ID, o.Movie.ID = HallID(t.s.ids.next(t.s.now())), MovieID(t.s.ids.next(t.s.now()))
	if err := t.addHall(o.Hall); err != nil {
		return err
	}
	if err := t.addMovie(o.Movie, ""); err != nil {
		return err
	}
	id, err := t.savePriceCard(o.Card)
	if err != nil {
		return err
	}
	card, err := t.priceCard(id)
	if err != nil {
		return err
	}
	sc := Screening{
		ID: ScreeningID(t.s.ids.next(t.s.now())), MovieID: o.Movie.ID, HallID: o.Hall.ID, StartsAt: o.Starts,
		SalesCloseAt: o.Starts, Prices: card.Prices, Surcharges: card.Surcharges, Trailers: o.Movie.TrailerMinutes,
		CardID: id,
	}
	if err := t.addScreening(sc); err != nil {
		return err
	}
	for _, c := range []change{
		{action: "hall.add", kind: "hall", id: int64(o.Hall.ID), subject: o.Hall.Name},
		{action: "film.add", kind: "movie", id: int64(o.Movie.ID), subject: o.Movie.Title, now: o.Movie.given()},
		{action: "screening.add", kind: "screening", id: int64(sc.ID), subject: o.Movie.Title, now: sc.StartsAt},
	} {
		if err := t.audit(c); err != nil {
			return err
		}
	}
	return nil
}

// openRoom writes the hall and the price card of a cinema that has no film yet.
func (t *tx) openRoom(o Opening) error {
	if o.Card.Name != "" {
		if _, err := t.savePriceCard(o.Card); err != nil {
			return err
		}
	}
	if o.Hall.Name == "" {
		return nil
	}
	o.Hall.ID = HallID(t.s.ids.next(t.s.now()))
	if err := t.addHall(o.Hall); err != nil {
		return err
	}
	return t.audit(change{action: "hall.add", kind: "hall", id: int64(o.Hall.ID), subject: o.Hall.Name})
}

// SetUpOwner makes the first owner, writes the cinema's identity and what it opens with, and signs the owner in, all or
// nothing. ErrHasOwner where there is an operator; a [*BadHall], [Faults] or ErrPrice for an opening that cannot be.
func (s Staff) SetUpOwner(ctx context.Context, f SetUp) (Operator, error) {
	var out Operator
	if f.Opening != nil && (f.Opening.Hall.Name != "" || f.Opening.Movie.Title != "") {
		if err := f.Opening.Hall.check(); err != nil {
			return out, err
		}
	}
	err := s.write(ctx, urgent, func(t *tx) (err error) {
		if err := t.lockOwners(); err != nil {
			return err
		}
		var n int
		if err := t.scan([]any{&n}, `SELECT count(*) FROM operator`); err != nil {
			return err
		}
		if n > 0 {
			return ErrHasOwner
		}
		t.by = By{Name: strings.Join(strings.Fields(f.Owner.Name), " "), Role: RoleOwner, Source: f.Source}
		f.Owner.Role = RoleOwner
		if out, err = t.addOperator(f.Owner); err != nil {
			return err
		}
		t.by.ID = out.ID
		if err := t.setCinema(f.Cinema, Cinema{}); err != nil {
			return err
		}
		if f.Opening != nil {
			if err := t.open(*f.Opening); err != nil {
				return err
			}
		}
		f.Session.Operator = out.ID
		return t.beginSession(out, f.Session)
	})
	if err != nil {
		return out, fmt.Errorf("set up the owner: %w", err)
	}
	s.catalogue.Add(1)
	return out, nil
}

// DemoOwner returns the owner of a demo, in which no money moves, and makes one where there is none. No password
// signs them in.
func (s Staff) DemoOwner(ctx context.Context) (Operator, error) {
	if s.Environment() != Simulator {
		return Operator{}, ErrNotFound
	}
	const name = "Demo owner"
	for range 2 {
		o, err := s.OperatorByName(ctx, name)
		if err == nil || !errors.Is(err, ErrNotFound) {
			return o, err
		}
		if _, err = s.AddOperator(ctx, NewOperator{Name: name, Role: RoleOwner}); err != nil &&
			!errors.Is(err, ErrNameTaken) {
			return o, err
		}
	}
	return s.OperatorByName(ctx, name)
}
