package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cinemasphere/store/poster"
	"cinemasphere/store/storetest"
)

// TestPosters: a film shows the poster that was uploaded, at an address that changes with it and is kept for ever; a
// film without one shows one drawn of its title.
func TestPosters(t *testing.T) {
	o := open(t)
	_, m, err := o.store.Catalogue().Screening(t.Context(), storetest.Screening(t, o.store, 5, 5))
	if err != nil {
		t.Fatal(err)
	}
	film := fmt.Sprintf("/movies/%d", m.ID)
	image := func(path string) string {
		t.Helper()
		src, _ := page(t, o.get(path)).Find(".film-poster img").Attr("src")
		return src
	}
	drawn := image(film)
	w := o.get(drawn)
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" ||
		!strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.Contains(w.Body.String(), m.Title) {
		t.Fatalf("%s: %d %v", drawn, w.Code, w.Header())
	}
	again := o.get(drawn, "If-None-Match", w.Header().Get("Etag"))
	if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("again: %d", again.Code)
	}
	old := o.get(fmt.Sprintf("/posters/drawn/%d/0123456789ab.svg", m.ID))
	if old.Code != 200 || old.Header().Get("Cache-Control") != "public, no-cache" {
		t.Errorf("of a former title: %d %v", old.Code, old.Header())
	}

	images := []poster.Image{
		{Kind: poster.Card, Bytes: []byte("card")}, {Kind: poster.Page, Bytes: []byte("page")},
		{Kind: poster.Share, Bytes: []byte("share")},
	}
	if _, _, err := o.store.Catalogue().SetPoster(t.Context(), m.ID, images); err != nil {
		t.Fatal(err)
	}
	at := "/posters/" + poster.Hash(images)
	if got := image(film); got != at+"/page.jpg" {
		t.Errorf("the film's page shows %s", got)
	}
	if og, _ := page(t, o.get(film)).Find("meta[property='og:image']").Attr("content"); og != baseURL+at+"/share.jpg" {
		t.Errorf("shared links show %s", og)
	}
	set, _ := page(t, o.get("/")).Find(".card img").Attr("srcset")
	if set != at+"/card.jpg 300w, "+at+"/page.jpg 600w" {
		t.Errorf("a list offers %s", set)
	}
	if body := o.get("/api/movies").Body.String(); !strings.Contains(body, `"imageUrl":"`+baseURL+at+`/page.jpg"`) {
		t.Errorf("the API: %s", body)
	}
	for _, kind := range []string{"card", "page", "share"} {
		for range 2 { // from the books, and kept
			w := o.get(at + "/" + kind + ".jpg")
			if w.Code != 200 || w.Body.String() != kind || w.Header().Get("Content-Type") != "image/jpeg" ||
				w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" ||
				w.Header().Get("Content-Length") != fmt.Sprint(len(kind)) {
				t.Errorf("%s: %d %v", kind, w.Code, w.Header())
			}
			w = o.get(at+"/"+kind+".jpg", "If-None-Match", w.Header().Get("Etag"))
			if w.Code != http.StatusNotModified || w.Body.Len() > 0 {
				t.Errorf("%s again: %d", kind, w.Code)
			}
		}
	}
	for _, path := range []string{
		at + "/huge.jpg", at + "/card.png", at + "/", "/posters/none/card.jpg", "/posters/drawn/1/x.svg",
		"/posters/drawn/x/x.svg", fmt.Sprintf("/posters/drawn/%d/x.png", m.ID),
		"/posters/" + strings.Repeat("x", 5000) + "/card.jpg", "/posters/%00/card.jpg",
	} {
		if w := o.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%.60s: %d", path, w.Code)
		}
	}
	if _, _, err := o.store.Catalogue().RemovePoster(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	if got := image(film); got != drawn {
		t.Errorf("without it the page shows %s", got)
	}
}
