package sim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"cinemasphere/mpesa"
)

// chance makes ids of a seed and of what they are for, and not of one stream of random bytes: so two histories of one
// seed have the same ids, even where things happen at the same instant and in another order.
type chance struct {
	seed  [32]byte
	loose atomic.Uint64 // ids that are for nothing in particular
}

// newChance draws the seed, from crypto/rand where the source has come to its end.
func newChance(source io.Reader) *chance {
	c := &chance{}
	if _, err := io.ReadFull(source, c.seed[:]); err != nil {
		_, _ = rand.Read(c.seed[:])
	}
	return c
}

// id is the raw material of the nth id of a kind for somebody or something.
type id [sha256.Size]byte

func (c *chance) id(kind, whose string, nth uint64) id {
	b := append(make([]byte, 0, 128), c.seed[:]...)
	b = append(append(append(b, kind...), 0), whose...)
	return sha256.Sum256(strconv.AppendUint(append(b, 0), nth, 10))
}

// next is the raw material of an id that only has to be a new one.
func (c *chance) next() id { return c.id("loose", "", c.loose.Add(1)) }

// text is up to 32 characters of an alphabet.
func (x id) text(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[int(x[i])%len(alphabet)]
	}
	return string(b)
}

// token is an access token: 28 characters, as observed.
func (x id) token() string {
	return x.text(28, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
}

// uuid is four groups of hexadecimal digits and a number, the shape of MerchantRequestID and requestId since 2024
// (observed).
func (x id) uuid() string {
	n := (int(x[12])<<16 | int(x[13])<<8 | int(x[14])) % 99_000
	text := make([]byte, 0, 40)
	for _, group := range [...][]byte{x[:2], x[2:4], x[4:6]} {
		text = append(hex.AppendEncode(text, group), '-')
	}
	return string(strconv.AppendInt(hex.AppendEncode(text, x[6:12]), int64(n+1000), 10))
}

// conversation is AG_, the day in Nairobi and twenty digits, as observed.
func (x id) conversation(now time.Time) string {
	return "AG_" + mpesa.InNairobi(now).Format("20060102") + "_2010" + hex.EncodeToString(x[16:24])
}

// receipt is ten characters: those of the day and seven more.
func (x id) receipt(now time.Time) string {
	return receiptDay(now) + x.text(7, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

// receiptDay is how a receipt begins: year (L is 2017), month (A to L) and day (1 to 9, then A to V), all of Nairobi.
// Observed on dated receipts of 2017 to 2026.
func receiptDay(now time.Time) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const days = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	t := mpesa.InNairobi(now)
	year := ((t.Year()-2006)%26 + 26) % 26
	return string([]byte{letters[year], letters[t.Month()-1], days[t.Day()]})
}

// noReceipt takes the place of a receipt in a result that has none of its own (observed).
func noReceipt(now time.Time) string { return receiptDay(now) + placeholder }

const placeholder = "0000000"

// checkoutRequestID has the shape of 2022 and later: Nairobi date and time, milliseconds, the payer's local number.
// s.mu must be held.
func (s *Sim) checkoutRequestID(now time.Time, phone string) string {
	for t := mpesa.InNairobi(now); ; t = t.Add(time.Millisecond) {
		b := t.AppendFormat(append(make([]byte, 0, 40), "ws_CO_"...), "02012006150405.000")
		b = append(b[:len(b)-4], b[len(b)-3:]...) // without the point
		id := string(append(b, phone[3:]...))
		if _, used := s.pushes[id]; !used {
			return id
		}
	}
}
