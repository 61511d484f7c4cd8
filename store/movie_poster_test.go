package store_test

import (
	"errors"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/store/storetest"
)

// TestPosters: an upload replaces the one before, a copy of the film keeps its own, and no row is left over.
func TestPosters(t *testing.T) { storetest.Each(t, testPosters) }

func testPosters(t *testing.T) {
	s := storetest.New(t).Catalogue()
	id, err := s.AddMovie(t.Context(), store.Movie{Title: "A", Runtime: 90, AgeRating: "GE"})
	if err != nil {
		t.Fatal(err)
	}
	set := func(text string) ([]poster.Image, string) {
		images := []poster.Image{
			{Kind: poster.Card, Width: 1, Height: 2, Bytes: []byte(text)},
			{Kind: poster.Page, Bytes: []byte{0, 255, 1}},
		}
		return images, poster.Hash(images)
	}
	first, hash := set("one")
	for range 2 { // the second changes nothing
		before, after, err := s.SetPoster(t.Context(), id, first)
		if err != nil || after.PosterHash != hash || after.Version != 2 || before.Title != "A" {
			t.Fatalf("set: %+v, %v", after, err)
		}
	}
	for kind, want := range map[poster.Kind]string{poster.Card: "one", poster.Page: "\x00\xff\x01"} {
		if b, err := s.Poster(t.Context(), hash, kind); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", kind, b, err)
		}
	}
	copied, err := s.DuplicateMovie(t.Context(), id, "")
	if err != nil || copied.PosterHash != hash {
		t.Fatalf("a copy: %+v, %v", copied, err)
	}
	second, other := set("two")
	if _, after, err := s.SetPoster(t.Context(), id, second); err != nil || after.PosterHash != other {
		t.Errorf("another: %+v, %v", after, err)
	}
	if b, err := s.Poster(t.Context(), hash, poster.Card); err != nil || string(b) != "one" {
		t.Errorf("the copy's: %q, %v", b, err)
	}
	if _, after, err := s.RemovePoster(t.Context(), copied.ID); err != nil || after.PosterHash != "" {
		t.Errorf("removed: %+v, %v", after, err)
	}
	for _, gone := range []string{hash, "", "nothing"} {
		if _, err := s.Poster(t.Context(), gone, poster.Card); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v", gone, err)
		}
	}
	earlier := copied
	earlier.Version, earlier.Title = 1, "B"
	if _, after, err := s.EditMovie(t.Context(), earlier); err != nil || after.Title != "B" {
		t.Errorf("an edit from before overwrites no poster: %+v, %v", after, err)
	}
	earlier.Title = "C"
	var stale *store.StaleMovie
	if _, _, err := s.EditMovie(t.Context(), earlier); !errors.As(err, &stale) || len(stale.Changed) != 2 {
		t.Errorf("an edit from before another one: %v", err)
	}
	if _, _, err := s.SetPoster(t.Context(), 5, first); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such film: %v", err)
	}
}
