package store_test

import (
	"fmt"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

func benchOptions(o *store.Options) { storetest.FairUse(o) }

func benchClient(b *store.NewBooking, i int) {
	b.Client.Address = fmt.Sprintf("192.0.%d.%d", i/250%250, i%250)
}
