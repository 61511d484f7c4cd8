package handlers_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/handlers"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// logoOf is a logo of so many pixels.
func logoOf(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Bounds().Inset(4), image.NewUniform(color.NRGBA{0xff, 0xd1, 0x66, 0xff}), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLogo: an uploaded logo is on top of each page, on tickets, in tabs and with shared links, until it is removed. A
// wide one is taken to say the cinema's name.
func TestLogo(t *testing.T) {
	o := open(t)
	o.pays()
	id := storetest.Screening(t, o.store, 5, 5)
	ticket := o.book(id, storetest.Phone(1), 1)
	o.until(ticket, "paid", paid)
	m := o.staffed(store.RoleOwner)
	images := map[string]string{} // the addresses of those that were shown
	for _, tt := range []struct {
		upload []byte
		status int
		logo   bool
		alt    string
	}{
		{[]byte("<svg></svg>"), 422, false, ""},
		{nil, 422, false, ""},
		{logoOf(t, 400, 100), 303, true, "CinemaSphere"},
		{[]byte("GIF89a"), 422, true, "CinemaSphere"},
		{logoOf(t, 100, 100), 303, true, ""},
	} {
		w := m.upload("/admin/cinema/logo", "file", "logo.png", tt.upload, nil)
		if w.Code != tt.status {
			t.Fatalf("%.8q: %d %s", tt.upload, w.Code, w.Body)
		}
		if wrong := page(t, w).Find("#logo .field-error").Length(); (tt.status == 422) != (wrong == 1) {
			t.Errorf("%.8q: %d sentences at the field", tt.upload, wrong)
		}
		home := page(t, o.get("/"))
		for where, d := range map[string]*goquery.Selection{
			"header": home.Find("header.top"), "footer": home.Find("footer"),
			"ticket":      page(t, o.get("/tickets/"+ticket)).Find(".stub-cinema"),
			"back office": page(t, m.get("/admin")).Find("header"),
		} {
			img := d.Find("img.logo")
			if (img.Length() == 1) != tt.logo || img.AttrOr("alt", "") != tt.alt {
				t.Errorf("%s: %d logos, alt %q", where, img.Length(), img.AttrOr("alt", ""))
			}
			if !strings.Contains(d.Text()+img.AttrOr("alt", ""), "CinemaSphere") {
				t.Errorf("%s: nobody says whose cinema it is", where)
			}
		}
		if !tt.logo {
			continue
		}
		for what, at := range map[string]string{
			"image/png":  home.Find("header img.logo").AttrOr("src", ""),
			"icon":       home.Find("link[rel=icon]").AttrOr("href", ""),
			"image/jpeg": strings.TrimPrefix(home.Find("meta[property='og:image']").AttrOr("content", ""), baseURL),
		} {
			w := o.get(at)
			if w.Code != 200 || what != "icon" && w.Header().Get("Content-Type") != what ||
				!strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s %s: %d %v", what, at, w.Code, w.Header())
			}
			if again := o.get(at, "If-None-Match", w.Header().Get("Etag")); again.Code != http.StatusNotModified {
				t.Errorf("%s again: %d", at, again.Code)
			}
			images[at] = what
		}
		if w := o.get("/favicon.ico"); w.Code != http.StatusFound || images[w.Header().Get("Location")] != "icon" {
			t.Errorf("favicon.ico: %d to %s", w.Code, w.Header().Get("Location"))
		}
	}
	if len(images) != 6 {
		t.Errorf("the addresses do not change with the logo: %q", slices.Collect(maps.Keys(images)))
	}
	for range 2 {
		if w := m.post("/admin/cinema/logo/remove", url.Values{}); w.Code != http.StatusSeeOther {
			t.Fatalf("remove: %d", w.Code)
		}
	}
	if page(t, o.get("/")).Find("img.logo").Length() != 0 || o.logged("cinema.logo") != 3 {
		t.Errorf("it is still there, or the log has %d entries", o.logged("cinema.logo"))
	}
	for _, path := range []string{"/logo/x/head.png", "/logo/x/page.jpg", "/logo/x/", "/logo/"} {
		if w := o.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestNothingOfTheSample: once a cinema has said who it is, no page, icon, address or answer to programs has anything
// of the program's own name or picture.
func TestNothingOfTheSample(t *testing.T) {
	for _, logo := range []bool{false, true} {
		o := open(t, func(d *handlers.Deps) { d.Sandbox = true })
		m := o.staffed(store.RoleOwner)
		cinema, err := o.store.Catalogue().Cinema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cinema = store.Cinema{
			Name: "Nyota", Email: "info@nyota.co.ke", Accent: "#0b6b3a", Version: cinema.Version,
		}
		if err := o.store.Catalogue().SetCinema(t.Context(), cinema); err != nil {
			t.Fatal(err)
		}
		if logo {
			m.upload("/admin/cinema/logo", "file", "logo.png", logoOf(t, 100, 100), nil)
		}
		paths := map[string]int{}
		for q, status := range o.everywhere() {
			if method, path, _ := strings.Cut(q, " "); method == http.MethodGet && path != "/favicon.ico" {
				paths[path] = status
			}
		}
		id := storetest.Screening(t, o.store, 5, 5)
		o.pays()
		secret := o.book(id, storetest.Phone(7), 1)
		o.until(secret, "paid", paid)
		for _, path := range []string{
			"/tickets/" + secret, "/tickets/" + secret + "/receipt", "/api/tickets/" + secret,
		} {
			paths[path] = http.StatusOK
		}
		icons := map[string]bool{o.get("/favicon.ico").Header().Get("Location"): true}
		look := func(path, body string, d *goquery.Document) {
			t.Helper()
			if strings.Contains(strings.ToLower(body), "cinemasphere") {
				i := strings.Index(strings.ToLower(body), "cinemasphere")
				t.Errorf("%s has the program's name: …%s…", path, body[max(0, i-80):min(len(body), i+80)])
			}
			if d.Find(".mark path").Length() > 0 {
				t.Errorf("%s has the program's picture", path)
			}
			for _, l := range d.Find("link[rel*=icon]").EachIter() {
				icons[l.AttrOr("href", "")] = true
			}
		}
		for path, status := range paths {
			w := o.get(path)
			if w.Code != status {
				t.Errorf("%s: %d", path, w.Code)
			}
			look(path, w.Body.String(), page(t, w))
		}
		for _, path := range []string{"/admin", "/admin/cinema", "/admin/checklist", "/admin/door", "/admin/nothing"} {
			look(path, m.get(path).Body.String(), page(t, m.get(path)))
		}
		if len(icons) != 1 {
			t.Errorf("the icons are %v", icons)
		}
		for at := range icons {
			if w := o.get(at); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Sphere") {
				t.Errorf("%s: %d %s", at, w.Code, w.Body)
			}
		}
	}
}
