package store

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"

	"cinemasphere/store/money"
)

type (
	// MovieID identifies a film.
	MovieID int64
	// HallID identifies a hall.
	HallID int64
	// PlanID identifies one version of a hall's seat plan.
	PlanID int64
	// ScreeningID identifies a screening.
	ScreeningID int64
	// TicketID identifies a ticket. It is guessable, so it opens nothing by itself.
	TicketID = money.TicketID
	// PushID identifies an STK Push.
	PushID = money.PushID
	// CallbackID identifies a stored callback.
	CallbackID int64
	// PaymentID identifies a payment.
	PaymentID int64
	// OperatorID identifies a person of the staff.
	OperatorID int64
)

// idEpoch is 2000-01-01 UTC in unix milliseconds: 41 bits of milliseconds last until 2069.
const idEpoch = 946_684_800_000

// idBits are those of an id below its millisecond.
const idBits = 12

// firstID is the smallest id that is made at the instant: rows from then on have no smaller one.
func firstID(at Instant) int64 { return max((int64(at)-idEpoch)<<idBits, 0) }

// idMaker makes ids that grow with time and stay below 2^53, which JSON and JavaScript carry exactly. Last is the
// largest id in the books when opened: a clock that was set back must not repeat an id. The twelve bits below the
// millisecond begin at random, so that two processes seldom collide.
type idMaker struct {
	mu   sync.Mutex
	last int64
}

func (m *idMaker) next(now time.Time) int64 {
	var low [2]byte
	_, _ = rand.Read(low[:]) // documented never to fail
	id := max((now.UnixMilli()-idEpoch)<<idBits, 0) + int64(low[0])<<4 + int64(low[1])>>4
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = max(id, m.last+1)
	return m.last
}

// codeAlphabet leaves out symbols that are confused when read aloud or written by hand.
const codeAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ379"

// newCode makes a ticket's public code: 8 symbols, with a leading 0 outside production.
func newCode(production bool) string {
	prefix := "0"
	if production {
		prefix = ""
	}
	code := []byte(prefix)
	var b [1]byte
	for len(code) < len(prefix)+8 {
		_, _ = rand.Read(b[:]) // documented never to fail
		// 243 is the largest multiple of 27 in a byte; using more values would favour some symbols.
		if b[0] < 243 {
			code = append(code, codeAlphabet[int(b[0])%len(codeAlphabet)])
		}
	}
	return string(code)
}

// readCode is the code in a text that somebody typed after reading or hearing it. It accepts groups, and symbols that
// look like one of the alphabet.
func readCode(typed string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '1', 'I':
			return 'L'
		case '2':
			return 'Z'
		case '5':
			return 'S'
		case '6':
			return 'G'
		case '8':
			return 'B'
		case 'O':
			return '0'
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
}

// A push's mark has between minMark and maxMark symbols.
const minMark, maxMark = 2, 3

// firstMark is where the marks of pushes begin, so that each has at least a letter and a digit: A0 in base 36.
const firstMark = 360

// pushReference is the account number of a ticket's push after before others: the ticket's code and two symbols, three
// after 936 pushes. It is longer than a code, so that neither is mistaken for the other, and fits M-PESA's 12
// characters.
func pushReference(code string, before int) string {
	return code + strings.ToUpper(strconv.FormatInt(int64(firstMark+before), 36))
}

// newSecret makes an unguessable token of 26 symbols (125 bits) for ticket pages and callback addresses. Without M, Q
// and X it contains none of the words that Safaricom refuses in addresses, such as EXE, CMD and SQL.
func newSecret() string { return speakable(rand.Text()) }

// speakable replaces in base32 the letters of words that Safaricom refuses.
func speakable(text string) string {
	return strings.NewReplacer("M", "2", "Q", "3", "X", "4").Replace(text)
}
