package store_test

import (
	"errors"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/store/storetest"
)

// TestLogo: a logo replaces the one before, is read by its hash alone, and leaves nothing when it is taken away.
func TestLogo(t *testing.T) { storetest.Each(t, testLogo) }

func testLogo(t *testing.T) {
	s := storetest.New(t)
	c := s.Catalogue()
	by := store.WithBy(t.Context(), store.By{Name: "Achieng", Role: store.RoleOwner, Source: "192.0.2.1"})
	logo := func(text string) ([]poster.Image, string) {
		images := []poster.Image{
			{Kind: poster.Head, Width: 200, Height: 88, Bytes: []byte(text), Type: "image/png"},
			{Kind: poster.Share, Width: 1200, Height: 630, Bytes: []byte{0, 255}, Type: "image/jpeg"},
		}
		return images, poster.Hash(images)
	}
	if cinema, err := c.Cinema(t.Context()); err != nil || cinema.Own() {
		t.Fatalf("%+v, %v", cinema, err)
	}
	one, first := logo("one")
	two, second := logo("two")
	for i, tt := range []struct {
		images  []poster.Image
		hash    string
		entries int // of the log
	}{{nil, "", 0}, {one, first, 1}, {one, first, 1}, {two, second, 2}, {nil, "", 3}, {nil, "", 3}, {one, first, 4}} {
		if err := c.SetLogo(by, tt.images); err != nil {
			t.Fatal(err)
		}
		cinema, err := c.Cinema(t.Context())
		if err != nil || cinema.Logo != tt.hash || cinema.Own() != (tt.hash != "") ||
			(cinema.LogoWidth == 200) != cinema.Own() {
			t.Errorf("%d: %+v, %v", i, cinema, err)
		}
		for _, hash := range []string{first, second, "", "x"} {
			body, kind, err := c.LogoImage(t.Context(), hash, poster.Head)
			is := hash != "" && hash == tt.hash
			if is && (err != nil || kind != "image/png" || len(body) != 3) ||
				!is && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%d: %q is %q %s, %v", i, hash, body, kind, err)
			}
		}
		log, err := s.Staff().Log(t.Context(), store.LogFilter{Text: "cinema.logo"})
		if err != nil || len(log) != tt.entries {
			t.Errorf("%d: %d entries, %v", i, len(log), err)
		}
	}
	// The form of the other settings knows nothing of the logo, and leaves it.
	cinema, err := c.Cinema(t.Context())
	cinema.Name, cinema.Logo = "Nyota", ""
	if err := errors.Join(err, c.SetCinema(by, cinema)); err != nil {
		t.Fatal(err)
	}
	if cinema, err = c.Cinema(t.Context()); err != nil || cinema.Logo != first || cinema.Name != "Nyota" {
		t.Errorf("%+v, %v", cinema, err)
	}
}
