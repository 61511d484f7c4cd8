package checkout

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"cinemasphere/store"
)

// qrPrefix begins each of our QR codes; the digit is the version of what follows.
const qrPrefix = "CS1:"

// QRPayload is the text of a ticket's QR code: its public code, and a signature that only this box office can make
// (HMAC-SHA256, cut to 128 bits). It is upper-case to keep the QR code small.
func (s *Service) QRPayload(t *store.Ticket) string {
	return qrPrefix + t.Code + ":" + s.sign(t.Code)
}

// VerifyQR checks the signature of a scanned QR code and returns the ticket's public code. Whether the ticket admits is
// in the books.
func (s *Service) VerifyQR(pass string) (code string, ok bool) {
	rest, ok := strings.CutPrefix(pass, qrPrefix)
	if !ok {
		return "", false
	}
	code, mac, ok := strings.Cut(rest, ":")
	return code, ok && hmac.Equal([]byte(mac), []byte(s.sign(code)))
}

func (s *Service) sign(code string) string {
	mac := hmac.New(sha256.New, []byte(s.cfg.Signing))
	mac.Write([]byte(qrPrefix + code))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:16])
}
