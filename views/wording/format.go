package wording

import (
	"strconv"
	"strings"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Cents writes an amount: KSh 1,350, or KSh 12.75 where it is not whole.
func Cents(c store.Cents) string { return mpesa.KSh(int64(c)) }

// Decimal writes an amount for programs, in shillings: 1350, or 12.75 where it is not whole.
func Decimal(c store.Cents) string { return mpesa.Decimal(int64(c)) }

// Shillings writes an amount in whole shillings: KSh 2,700.
func Shillings(s store.Shillings) string { return mpesa.KSh(int64(s) * 100) }

// Line is a line of a booking, such as 2 × Adult VIP KSh 1,500.
func Line(l store.Line) string {
	return strings.Join(strings.Fields(strconv.Itoa(l.N)+" × "+l.Name+" "+l.Zone), " ") + " " + Cents(l.Cents)
}

// Types says of which price types tickets are, such as 1 Adult, 2 Child; "" where there is one price.
func Types(lines store.Lines) string {
	var parts []string
	for _, t := range lines.Types() {
		parts = append(parts, strconv.Itoa(t.N)+" "+t.Name)
	}
	return strings.Join(parts, ", ")
}

// Phone is an MSISDN as people in Kenya read it: 0712 345 678.
func Phone(msisdn string) string {
	if store.IsMasked(msisdn) {
		return erased
	}
	return mpesa.MSISDN(msisdn).Local()
}

// erased is what is read in place of a phone number that is gone.
const erased = "erased"

// MaskedPhone is an MSISDN for who may not read it: 2547*****678.
func MaskedPhone(msisdn string) string {
	if store.IsMasked(msisdn) {
		return erased
	}
	return mpesa.MSISDN(msisdn).Masked()
}

// Nairobi is the instant as the clocks of Kenya show it.
func Nairobi(i store.Instant) time.Time { return mpesa.InNairobi(i.Time()) }

// When is a screening's date and time in Nairobi: Fri 27 Nov, 20:00.
func When(i store.Instant) string { return Nairobi(i).Format("Mon 2 Jan, 15:04") }

// Day is a date in Nairobi: Friday 27 November.
func Day(i store.Instant) string { return Nairobi(i).Format("Monday 2 January") }

// Date is a date in Nairobi with its year: Fri 27 Nov 2026.
func Date(i store.Instant) string { return Nairobi(i).Format("Mon 2 Jan 2006") }

// Clock is a time of day in Nairobi: 20:00.
func Clock(i store.Instant) string { return Nairobi(i).Format("15:04") }

// ClockSeconds is a time of day in Nairobi, to the second: 20:00:00.
func ClockSeconds(i store.Instant) string { return Nairobi(i).Format("15:04:05") }

// Moment is an instant in lists for the operator, in Nairobi time: 2026-11-27 20:00:00.
func Moment(i store.Instant) string { return Nairobi(i).Format(time.DateTime) }

// Machine is an instant for programs and datetime attributes, in Nairobi time: 2026-11-27T20:00:00+03:00.
func Machine(i store.Instant) string { return Nairobi(i).Format(time.RFC3339) }
