package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cinemasphere/store"
)

// Add adds a person of the staff with a password, from the shell. The error may be an Invalid.
func (s *Service) Add(ctx context.Context, name string, role store.Role, password string) (store.Operator, error) {
	if err := checkPerson(name, password).orNil(); err != nil {
		return store.Operator{}, err
	}
	hash, err := s.hash.hash(ctx, password)
	if err != nil {
		return store.Operator{}, err
	}
	o, err := s.store.Staff().AddOperator(ctx, store.NewOperator{Name: name, Role: role, Password: hash})
	return o, taken(err)
}

// Reset gives a person a new password, from the shell: they are signed out everywhere, have no authenticator app any
// more, and may sign in again where they were disabled. The error may be an Invalid.
func (s *Service) Reset(ctx context.Context, o store.Operator, password string) error {
	if problem := PasswordProblem(password, o.Name); problem != "" {
		return Invalid{"password": problem}
	}
	hash, err := s.hash.hash(ctx, password)
	if err != nil {
		return err
	}
	no, none := false, ""
	_, err = s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: o.ID, Action: "operator.reset", Password: &hash, Disabled: &no, TOTPSecret: &none, Recovery: &[]string{},
		EndSessions: true,
	})
	return err
}

// Invite adds a person of the staff, and returns the token of the one-time address at which they choose a password. The
// error may be an Invalid.
func (s *Service) Invite(ctx context.Context, name string, role store.Role) (o store.Operator, token string,
	err error) {
	wrong := Invalid{}
	if problem := nameProblem(name); problem != "" {
		wrong["name"] = problem
	}
	if !slices.Contains(store.Roles(), role) {
		wrong["role"] = "Please choose a role."
	}
	if err := wrong.orNil(); err != nil {
		return o, "", err
	}
	token = newToken()
	o, err = s.store.Staff().AddOperator(ctx, store.NewOperator{Name: name, Role: role, Invite: s.invite(token)})
	return o, token, taken(err)
}

func (s *Service) invite(token string) store.Invite {
	return store.Invite{Token: hashed(token), Until: store.At(s.cfg.Now().Add(inviteTime))}
}

// taken is a name that another has, as an Invalid.
func taken(err error) error {
	if errors.Is(err, store.ErrNameTaken) {
		return Invalid{"name": "Somebody of the staff has this name already, or had it."}
	}
	return err
}

// Edit changes name, role and whether a person may sign in, from the version that they were read at. The error may be
// an Invalid, store.ErrChanged or store.ErrLastOwner.
func (s *Service) Edit(ctx context.Context, id store.OperatorID, version int64, name string, role store.Role,
	disabled bool) (store.Operator, error) {
	wrong := Invalid{}
	if problem := nameProblem(name); problem != "" {
		wrong["name"] = problem
	}
	if !slices.Contains(store.Roles(), role) {
		wrong["role"] = "Please choose a role."
	}
	if err := wrong.orNil(); err != nil {
		return store.Operator{}, err
	}
	o, err := s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: id, Version: version, Name: &name, Role: &role, Disabled: &disabled, EndSessions: disabled,
	})
	return o, taken(err)
}

// ResetByAddress takes a person's password and authenticator app away, signs them out everywhere, and returns the token
// of the one-time address at which they choose another password. They may sign in again where they were disabled.
func (s *Service) ResetByAddress(ctx context.Context, id store.OperatorID) (o store.Operator, token string, err error) {
	token = newToken()
	no, none, invite := false, "", s.invite(token)
	o, err = s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: id, Action: "operator.reset", Password: &none, Invite: &invite, Disabled: &no, TOTPSecret: &none,
		Recovery: &[]string{}, EndSessions: true,
	})
	return o, token, err
}

// Invited finds the person whose one-time address has the token; store.ErrNotFound where it is not good any more.
func (s *Service) Invited(ctx context.Context, token string) (store.Operator, error) {
	return s.store.Staff().Invited(ctx, hashed(token))
}

// Join lets an invited person choose a password, and signs them in. The error may be an Invalid, or store.ErrNotFound
// for an address that is not good any more.
func (s *Service) Join(ctx context.Context, token, password string, at Place) (SignedIn, error) {
	o, err := s.Invited(ctx, token)
	if err != nil {
		return SignedIn{}, err
	}
	if problem := PasswordProblem(password, o.Name); problem != "" {
		return SignedIn{}, Invalid{"password": problem}
	}
	hash, err := s.hash.hash(ctx, password)
	if err != nil {
		return SignedIn{}, err
	}
	ctx = store.WithBy(ctx, o.By(at.Source))
	_, err = s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: o.ID, Version: o.Version, Action: "operator.join", Password: &hash,
	})
	if errors.Is(err, store.ErrChanged) { // two of the same form: one has used the address
		return SignedIn{}, store.ErrNotFound
	}
	if err != nil {
		return SignedIn{}, err
	}
	n := s.newSession(at)
	n.session.Operator, n.session.Password = o.ID, hash
	n.signed.Operator, err = s.store.Staff().SignIn(ctx, n.session)
	return n.signed, err
}

// confirm compares a person's own password, before they change how they sign in. Tries are counted as those of their
// browser are. The error is an Invalid or a Wait.
func (s *Service) confirm(ctx context.Context, me store.StaffSession, field, password string) error {
	about := fmt.Sprintf("session:%d", me.ID)
	wait, err := s.store.Staff().TrySignIn(ctx, []store.Throttle{{
		About: about, Free: freeTries, First: firstWait, Longest: longestWait,
	}})
	if err != nil {
		return err
	}
	if wait > 0 {
		return Wait{wait}
	}
	match, err := s.hash.compare(ctx, password, me.Password)
	if err != nil {
		return err
	}
	if !match {
		return Invalid{field: "This is not your password."}
	}
	return nil
}

// ChangePassword changes a person's own password, and signs them out everywhere else. The error may be an Invalid, with
// the fields current and password.
func (s *Service) ChangePassword(ctx context.Context, me store.StaffSession, current, password string) error {
	if problem := PasswordProblem(password, me.Name); problem != "" {
		return Invalid{"password": problem}
	}
	if err := s.confirm(ctx, me, "current", current); err != nil {
		return err
	}
	hash, err := s.hash.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: me.Operator.ID, Action: "operator.password", Password: &hash, EndSessions: true, Keep: me.ID,
	})
	return err
}

// SetCode gives a person an authenticator app with the secret, once its code and their password prove that they have
// both. It returns their recovery codes, which nobody sees again. The error may be an Invalid, with the fields code and
// current.
func (s *Service) SetCode(ctx context.Context, me store.StaffSession, current, secret, code string) ([]string, error) {
	typed, digits := readCode(code)
	step := int64(0)
	if digits && GoodSecret(secret) {
		step = stepOf(secret, typed, s.cfg.Now())
	}
	if step == 0 {
		return nil, Invalid{
			"code": "This is not the code that the app shows now. It changes every half minute: type the present " +
				"one. If it is never right, the clock of your phone is not.",
		}
	}
	if err := s.confirm(ctx, me, "current", current); err != nil {
		return nil, err
	}
	shown, kept := newRecoveryCodes()
	_, err := s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: me.Operator.ID, Action: "operator.code", TOTPSecret: &secret, TOTPStep: step, Recovery: &kept,
		EndSessions: true, Keep: me.ID,
	})
	return shown, err
}

// RemoveCode takes a person's own authenticator app away. Where owners must have one they cannot. The error may be an
// Invalid, with the field current.
func (s *Service) RemoveCode(ctx context.Context, me store.StaffSession, current string) error {
	without := me.Operator
	without.TOTPSecret = ""
	if s.NeedsCode(without) {
		return Invalid{"current": "An owner must have an authenticator app. Set up another in its place instead."}
	}
	if err := s.confirm(ctx, me, "current", current); err != nil {
		return err
	}
	none := ""
	_, err := s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: me.Operator.ID, Action: "operator.code", TOTPSecret: &none, Recovery: &[]string{},
	})
	return err
}

// NewRecoveryCodes gives a person new recovery codes in place of the old ones. The error may be an Invalid, with the
// field current.
func (s *Service) NewRecoveryCodes(ctx context.Context, me store.StaffSession, current string) ([]string, error) {
	if me.TOTPSecret == "" {
		return nil, store.ErrNotFound
	}
	if err := s.confirm(ctx, me, "current", current); err != nil {
		return nil, err
	}
	shown, kept := newRecoveryCodes()
	_, err := s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: me.Operator.ID, Action: "operator.recovery", Recovery: &kept,
	})
	return shown, err
}

// SignOutEverywhere ends all of a person's own sessions but this one, and forgets their browsers.
func (s *Service) SignOutEverywhere(ctx context.Context, me store.StaffSession) error {
	_, err := s.store.Staff().EditOperator(ctx, store.OperatorEdit{
		ID: me.Operator.ID, Action: "operator.sign-out", EndSessions: true, Keep: me.ID,
	})
	return err
}
