package wording

import (
	"strconv"
	"strings"

	"cinemasphere/store"
)

// Reasons that the books have without a name of their own.
const (
	namesNoTicket   = "names no ticket"
	toBeConfirmed   = "to be confirmed"
	receiptTwice    = "receipt of another payment"
	reversedAtMpesa = "reversed at M-PESA"
)

// doubtOf is the doubt about a payment, and the amount in shillings or the other entry that goes with it.
func doubtOf(r reason) (doubt, about string) {
	doubt, about, _ = strings.Cut(r, " ")
	return doubt, about
}

// amountAbout is the amount that goes with a doubt, as people read it.
func amountAbout(about string) string {
	cents, err := strconv.ParseInt(strings.ReplaceAll(about, ".", ""), 10, 64)
	if err != nil {
		return about
	}
	return Cents(store.Cents(cents))
}
