package store_test

import (
	"fmt"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// BenchmarkBook is a booking by a new browser from an address of its own, as most are.
func BenchmarkBook(b *testing.B) {
	s := storetest.New(b, benchOptions)
	var screenings []store.ScreeningID
	for range 1 + b.N/150 {
		screenings = append(screenings, storetest.Screening(b, s, 10, 20))
	}
	b.ResetTimer()
	for i := range b.N {
		booking := storetest.Booking(screenings[i%len(screenings)], storetest.Phone(i), 1)
		booking.Browser = fmt.Sprint("browser", i)
		benchClient(&booking, i)
		if _, _, err := s.Tickets().Book(b.Context(), booking); err != nil {
			b.Fatal(err)
		}
	}
}
