package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// TestAccessToken: an app's last token is there for every process on the books, and for no other app.
func TestAccessToken(t *testing.T) { storetest.Each(t, testAccessToken) }

func testAccessToken(t *testing.T) {
	path, clock := storetest.Path(t), newClock()
	open := func() *store.Store {
		t.Helper()
		o := store.Options{Path: path}
		clock.option(&o)
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	defer func() { _ = s.Close() }()
	is := func(app string, want store.AccessToken) {
		t.Helper()
		if got, err := s.Jobs().AccessToken(t.Context(), app); err != nil || got.Value != want.Value ||
			got.Until != want.Until {
			t.Errorf("%s: %q until %v, %v; want %q until %v", app, got.Value, got.Until, err, want.Value, want.Until)
		}
	}
	is("cinema", store.AccessToken{})
	first := store.AccessToken{Value: "c9SQxWWhmdVRlyh0zh8gZDTkubVF", Until: s.Now().Add(59 * time.Minute)}
	// a shorter life is no reason to keep the other
	second := store.AccessToken{Value: "kVJyhgkQ0nZB1mVAcKk1qTAYkGtq", Until: s.Now().Add(time.Minute)}
	for _, a := range []store.AccessToken{first, second} {
		if err := s.Jobs().KeepAccessToken(t.Context(), "cinema", a); err != nil {
			t.Fatal(err)
		}
		is("cinema", a)
	}
	is("another", store.AccessToken{})
	clock.add(time.Hour)
	is("cinema", second) // whether it is good is for the one to say who uses it
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	is("cinema", second)
	if text := fmt.Sprintf("%v %+v", first, &first); strings.Contains(text, first.Value) {
		t.Errorf("it is printed: %s", text)
	}
}
