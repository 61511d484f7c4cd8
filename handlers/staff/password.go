package staff

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"cinemasphere/store"
)

// A password has so many characters.
const (
	ShortestPassword = 8
	LongestPassword  = 128
)

// commonText has a password a line: the 6,000 commonest of 8 characters and more in the lists that zxcvbn is made of
// (Dropbox and Trustelem, MIT licence), and what people in Kenya and at a box office would try first.
//
//go:embed common.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(commonText) {
		all[strings.TrimSuffix(line, "\n")] = true
	}
	return all
})

// PasswordProblem says what is wrong with a new password of somebody by that name; "" where it is good. Any characters
// may be in it, in any mix: length is what makes it hard to guess.
func PasswordProblem(password, name string) string {
	small := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case password == "":
		return "Please choose a password."
	case n < ShortestPassword:
		return fmt.Sprintf("A password has at least %d characters. A few words are easy to remember.", ShortestPassword)
	case n > LongestPassword:
		return fmt.Sprintf("A password has at most %d characters.", LongestPassword)
	case common()[small], common()[strings.TrimRight(small, "0123456789!.?*")] && n < 2*ShortestPassword,
		len(strings.Trim(small, small[:1])) == 0:
		return "Many people use this password, so it is guessed first. Please choose another, such as a few words."
	case store.NameKey(password) == store.NameKey(name):
		return "The password must not be the name."
	}
	return ""
}

// The cost of a hash: OWASP's least times some, and little enough for a small machine. Two are made at a time.
const (
	hashMemory = 32 << 10 // KiB
	hashTimes  = 2
	hashing    = 2
)

// hasher hashes passwords by argon2id, a few at a time: each takes 32 MiB.
type hasher struct {
	slots chan struct{}
	// nobody is the hash of a password that nobody has: comparing with it takes as long as with an operator's.
	nobody func() string
}

func newHasher() *hasher {
	h := &hasher{slots: make(chan struct{}, hashing)}
	h.nobody = sync.OnceValue(func() string {
		made, err := argon2id.CreateHash(newToken(), hashParams())
		if err != nil {
			return "" // the system has no randomness: then no password can be compared either
		}
		return made
	})
	return h
}

func hashParams() *argon2id.Params {
	return &argon2id.Params{Memory: hashMemory, Iterations: hashTimes, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// take waits for a turn.
func (h *hasher) take(ctx context.Context) (done func(), err error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn to hash: %w", ctx.Err())
	}
}

// hash makes the hash of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.take(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	made, err := argon2id.CreateHash(password, hashParams())
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return made, nil
}

// compare reports whether a password has the hash. A hash that is "" is compared with all the same, and has none.
func (h *hasher) compare(ctx context.Context, password, hash string) (bool, error) {
	nobody := hash == ""
	if nobody {
		hash = h.nobody()
	}
	done, err := h.take(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return match && !nobody, nil
}
