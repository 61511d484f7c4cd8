package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	// codeSeconds is how long a code of an authenticator app is shown.
	codeSeconds = 30
	// recoveryCodes is how many codes one gets that sign in once each.
	recoveryCodes = 10
)

// newToken makes an unguessable token of 26 symbols (130 bits).
func newToken() string { return rand.Text() }

// hashed is the SHA-256 of a token or recovery code, which nobody can guess: no slower hash is needed.
func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewTOTPSecret makes a secret for an authenticator app: 160 bits as base32.
func NewTOTPSecret() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // documented never to fail
	return base32.StdEncoding.EncodeToString(b[:])
}

// GoodSecret reports whether a secret may be one of NewTOTPSecret.
func GoodSecret(secret string) bool {
	b, err := base32.StdEncoding.DecodeString(secret)
	return err == nil && len(b) == 20
}

// TOTPAddress is what the QR code says that an authenticator app reads.
func TOTPAddress(cinema, name, secret string) string {
	cinema = strings.ReplaceAll(cinema, ":", " ")
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + cinema + ":" + name}
	u.RawQuery = strings.ReplaceAll(url.Values{"secret": {secret}, "issuer": {cinema}}.Encode(), "+", "%20")
	return u.String()
}

// stepOf is the half minute whose code this is: the present one or its neighbours, since clocks differ. 0 is none.
func stepOf(secret, code string, now time.Time) int64 {
	present := now.Unix() / codeSeconds
	found := int64(0)
	for step := present - 1; step <= present+1; step++ {
		ok, err := hotp.ValidateCustom(code, uint64(max(step, 0)), secret,
			hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if ok && err == nil {
			found = step
		}
	}
	return found
}

// newRecoveryCodes makes codes, as they are shown and as the books keep them.
func newRecoveryCodes() (shown, kept []string) {
	for range recoveryCodes {
		code := rand.Text()[:16]
		shown = append(shown, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
		kept = append(kept, hashed(code))
	}
	return shown, kept
}

// readCode takes from a typed code what shows nothing. Digits is whether it is of an authenticator app.
func readCode(typed string) (code string, digits bool) {
	code = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	return code, len(code) == 6 && strings.Trim(code, "0123456789") == ""
}
