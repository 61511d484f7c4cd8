package staff

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"cinemasphere/store"
)

// setUpSetting keeps the hash of the token in the one-time address that makes the first owner.
const setUpSetting = "staff.setup"

// NewSetUpToken makes the token of the one-time address that makes the first owner, in place of an earlier one. It is
// "" where the cinema has an operator, and in a demo, which has an owner of its own.
func (s *Service) NewSetUpToken(ctx context.Context) (string, error) {
	n, err := s.store.Staff().CountOperators(ctx)
	if err != nil || n > 0 || s.Demo() {
		return "", err
	}
	token := newToken()
	if err := s.store.Catalogue().SetSettings(ctx, map[string]string{setUpSetting: hashed(token)}); err != nil {
		return "", err
	}
	return token, nil
}

// CheckSetUpToken returns store.ErrNotFound for an address that never made the first owner, or does so no longer.
func (s *Service) CheckSetUpToken(ctx context.Context, token string) error {
	made, n, err := s.setUpToken(ctx, token)
	if err == nil && (!made || n > 0) {
		return store.ErrNotFound
	}
	return err
}

// UsedSetUpToken reports whether the cinema has an operator, and this was the last address made for the first one.
func (s *Service) UsedSetUpToken(ctx context.Context, token string) (bool, error) {
	made, n, err := s.setUpToken(ctx, token)
	return made && n > 0, err
}

// setUpToken reports whether the token is the last one that was made, and how many operators there are.
func (s *Service) setUpToken(ctx context.Context, token string) (made bool, operators int, err error) {
	want, err := s.store.Catalogue().Setting(ctx, setUpSetting)
	if errors.Is(err, store.ErrNotFound) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	operators, err = s.store.Staff().CountOperators(ctx)
	return subtle.ConstantTimeCompare([]byte(want), []byte(hashed(token))) == 1, operators, err
}

// FirstOwner is who sets up the cinema, and the cinema.
type FirstOwner struct {
	Name, Password string
	Cinema         store.Cinema
	Opening        *store.Opening // what the cinema opens with; nil is nothing yet
}

// SetUp makes the first owner with the token of the one-time address, writes the cinema's identity and signs the owner
// in. The error may be an Invalid, or store.ErrNotFound for a token that is not good.
func (s *Service) SetUp(ctx context.Context, token string, f FirstOwner, at Place) (SignedIn, error) {
	if err := s.CheckSetUpToken(ctx, token); err != nil {
		return SignedIn{}, err
	}
	if err := checkPerson(f.Name, f.Password).orNil(); err != nil {
		return SignedIn{}, err
	}
	hash, err := s.hash.hash(ctx, f.Password)
	if err != nil {
		return SignedIn{}, err
	}
	n := s.newSession(at)
	n.signed.Operator, err = s.store.Staff().SetUpOwner(ctx, store.SetUp{
		Owner: store.NewOperator{Name: f.Name, Password: hash}, Cinema: f.Cinema, Session: n.session, Source: at.Source,
		Opening: f.Opening,
	})
	switch {
	case errors.Is(err, store.ErrHasOwner):
		return SignedIn{}, store.ErrNotFound
	case err != nil:
		return SignedIn{}, err
	}
	if s.cfg.OnSetUp != nil {
		s.cfg.OnSetUp()
	}
	return n.signed, nil
}

// checkPerson says what is wrong with a name and a new password.
func checkPerson(name, password string) Invalid {
	wrong := Invalid{}
	if problem := nameProblem(name); problem != "" {
		wrong["name"] = problem
	}
	if problem := PasswordProblem(password, name); problem != "" {
		wrong["password"] = problem
	}
	return wrong
}

// longestName is how many characters a name may have.
const longestName = 60

func nameProblem(name string) string {
	switch trimmed := strings.TrimSpace(name); {
	case trimmed == "":
		return "Please type a name."
	case utf8.RuneCountInString(trimmed) > longestName:
		return fmt.Sprintf("A name has at most %d characters.", longestName)
	case !utf8.ValidString(trimmed) || strings.ContainsFunc(trimmed, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "The name has a character in it that cannot be shown."
	}
	return ""
}
