package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
)

func TestWhenBookingsAreClosed(t *testing.T) {
	now := store.At(time.Date(2026, 11, 27, 16, 59, 30, 0, time.UTC))
	responder := web.NewResponder(web.Config{Now: func() time.Time { return now.Time() }})
	for _, tt := range []struct {
		what  string
		sales store.Sales
		kind  store.RefusalKind // "" is open
		retry int
	}{
		{"open", store.Sales{}, "", 0},
		{"paused", store.Sales{Paused: "counting"}, store.SalesPaused, 60},
		{"paused and silent", store.Sales{Paused: "counting", Until: now.Add(time.Minute)}, store.SalesPaused, 60},
		{"silent", store.Sales{Until: now.Add(14500 * time.Millisecond)}, store.DarajaDown, 15},
		{"one may try", store.Sales{Until: now + 1}, "", 0},
	} {
		refusal := web.Closed(tt.sales, now)
		if (refusal == nil) != (tt.kind == "") || refusal != nil && refusal.Kind != tt.kind {
			t.Errorf("%s: %+v, want %q", tt.what, refusal, tt.kind)
		}
		if refusal == nil {
			continue
		}
		p := responder.Problem(fmt.Errorf("book: %w", refusal))
		if p.Status != http.StatusServiceUnavailable || p.RetryAfter != tt.retry || p.Closed == nil ||
			!web.ClosesSales(refusal) {
			t.Errorf("%s: %+v, want 503 after %d s", tt.what, p, tt.retry)
		}
	}
	if web.ClosesSales(&store.Refusal{Kind: store.SoldOut}) ||
		responder.Problem(&store.Refusal{Kind: store.SoldOut}).Status != http.StatusConflict {
		t.Error("a film that is sold out closes the box office")
	}
}
