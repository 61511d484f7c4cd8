package sim

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"strconv"
	"sync"
	"time"
)

// chance draws ids from the configured source.
type chance struct {
	mu     sync.Mutex
	source io.Reader
}

// bytes fills b, from crypto/rand where the source has come to its end.
func (c *chance) bytes(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.ReadFull(c.source, b); err != nil {
		_, _ = rand.Read(b)
	}
}

// text is n characters of an alphabet.
func (c *chance) text(n int, alphabet string) string {
	b := make([]byte, n)
	c.bytes(b)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

// token is an access token: 28 characters, as observed.
func (c *chance) token() string {
	return c.text(28, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
}

// uuid is four groups of hexadecimal digits and a number, the shape of MerchantRequestID and requestId since 2024
// (observed).
func (c *chance) uuid() string {
	var b [15]byte
	c.bytes(b[:])
	n := (int(b[12])<<16 | int(b[13])<<8 | int(b[14])) % 99_000
	id := make([]byte, 0, 40)
	for _, group := range [...][]byte{b[:2], b[2:4], b[4:6]} {
		id = append(hex.AppendEncode(id, group), '-')
	}
	return string(strconv.AppendInt(hex.AppendEncode(id, b[6:12]), int64(n+1000), 10))
}

// receipt is ten characters: year (L is 2017), month (A to L), day (1 to 9, then A to V), all of Nairobi, and seven
// more. Observed on dated receipts of 2017 to 2026.
func (c *chance) receipt(now time.Time) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const days = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	t := inNairobi(now)
	year := ((t.Year()-2006)%26 + 26) % 26
	return string([]byte{letters[year], letters[t.Month()-1], days[t.Day()]}) + c.text(7, letters+"0123456789")
}

// checkoutRequestID has the shape of 2022 and later: Nairobi date and time, milliseconds, the payer's local number.
// s.mu must be held.
func (s *Sim) checkoutRequestID(now time.Time, phone string) string {
	for t := inNairobi(now); ; t = t.Add(time.Millisecond) {
		b := t.AppendFormat(append(make([]byte, 0, 40), "ws_CO_"...), "02012006150405.000")
		b = append(b[:len(b)-4], b[len(b)-3:]...) // without the point
		id := string(append(b, phone[3:]...))
		if _, used := s.pushes[id]; !used {
			return id
		}
	}
}

// inNairobi is the instant in M-PESA's own time zone, whatever the host's is.
func inNairobi(t time.Time) time.Time { return t.In(time.FixedZone("EAT", 3*60*60)) }

// stamp is an instant as Daraja writes it: YYYYMMDDHHmmss of Nairobi.
func stamp(t time.Time) string { return inNairobi(t).Format("20060102150405") }
