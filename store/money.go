package store

import (
	"time"

	"cinemasphere/store/money"
)

// Cents is money in hundredths of a Kenyan shilling. Prices are in cents.
type Cents = money.Cents

// Shillings is money in whole Kenyan shillings, the only unit M-PESA charges: 1 to 250,000 in one payment.
type Shillings int64

// MaxCharge is the most that M-PESA takes in one payment (documented by Safaricom).
const MaxCharge = Shillings(money.MaxPayment / 100)

// Total is the price of n tickets, rounded up once to whole shillings.
func Total(price Cents, n int) Shillings {
	return Shillings((int64(price)*int64(n) + 99) / 100)
}

// Instant is a point in time in UTC unix milliseconds; zero means none.
type Instant = money.Instant

// At converts a time to an Instant, truncated to milliseconds.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }
