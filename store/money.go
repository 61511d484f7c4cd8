package store

import "time"

// Cents is money in hundredths of a Kenyan shilling. Prices are kept in cents.
type Cents int64

// Shillings is money in whole Kenyan shillings, the only unit M-PESA charges: 1 to 250,000 in one payment.
type Shillings int64

// MaxCharge is the most M-PESA takes in one payment (documented by Safaricom).
const MaxCharge Shillings = 250_000

// Total is what n tickets at the price cost, rounded up once to whole shillings.
func Total(price Cents, n int) Shillings {
	return Shillings((int64(price)*int64(n) + 99) / 100)
}

// Instant is a point in time as UTC unix milliseconds; zero means none.
type Instant int64

// At converts a time to an Instant, dropping what is finer than a millisecond.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time is the instant in UTC. It is the zero time for a zero instant.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// Add returns the instant d later, in whole milliseconds.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Milliseconds()) }
