package checkout

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"cinemasphere/store"
)

// passPrefix begins every QR code of ours; the digit is the version of what follows.
const passPrefix = "CS1:"

// Pass is what a ticket's QR code says: its public code, and a signature that only this box office can make
// (HMAC-SHA256, cut to 128 bits). It is upper-case, so that the QR code stays small.
func (s *Service) Pass(t *store.Ticket) string {
	return passPrefix + t.Code + ":" + s.sign(t.Code)
}

// ReadPass checks what was read from a QR code and returns the public code in it. Whether that ticket admits is for the
// books to say.
func (s *Service) ReadPass(pass string) (code string, ok bool) {
	rest, ok := strings.CutPrefix(pass, passPrefix)
	if !ok {
		return "", false
	}
	code, mac, ok := strings.Cut(rest, ":")
	return code, ok && hmac.Equal([]byte(mac), []byte(s.sign(code)))
}

func (s *Service) sign(code string) string {
	mac := hmac.New(sha256.New, []byte(s.cfg.Signing))
	mac.Write([]byte(passPrefix + code))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:16])
}
