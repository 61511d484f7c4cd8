package wording_test

import (
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

func TestMoney(t *testing.T) {
	for cents, want := range map[store.Cents][2]string{
		0: {"KSh 0", "0"}, 5: {"KSh 0.05", "0.05"}, 1275: {"KSh 12.75", "12.75"}, 135000: {"KSh 1,350", "1350"},
		135050: {"KSh 1,350.50", "1350.50"}, 123456789: {"KSh 1,234,567.89", "1234567.89"},
	} {
		if got := [2]string{wording.Cents(cents), wording.Decimal(cents)}; got != want {
			t.Errorf("%d: %q, want %q", cents, got, want)
		}
	}
	for shillings, want := range map[store.Shillings]string{
		0: "KSh 0", 1: "KSh 1", 999: "KSh 999", 1000: "KSh 1,000", 2700: "KSh 2,700", 250000: "KSh 250,000",
		1234567: "KSh 1,234,567",
	} {
		if got := wording.Shillings(shillings); got != want {
			t.Errorf("Shillings(%d) = %q, want %q", shillings, got, want)
		}
	}
}

func TestTimesAreNairobis(t *testing.T) {
	at := store.At(time.Date(2026, 12, 31, 22, 5, 7, 0, time.UTC)) // already the new year in Nairobi
	for got, want := range map[string]string{
		wording.When(at): "Fri 1 Jan, 01:05", wording.Day(at): "Friday 1 January", wording.Date(at): "Fri 1 Jan 2027",
		wording.Clock(at): "01:05", wording.ClockSeconds(at): "01:05:07", wording.Moment(at): "2027-01-01 01:05:07",
		wording.Machine(at): "2027-01-01T01:05:07+03:00",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for in, want := range map[string]string{
		"254712345678": "0712 345 678", "254110000001": "0110 000 001", "": "", "12": "12",
		"2547*****678": "2547*****678",
	} {
		if got := wording.Phone(in); got != want {
			t.Errorf("Phone(%q) = %q, want %q", in, got, want)
		}
	}
}
