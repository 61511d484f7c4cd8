package handlers_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// upload sends a form with a file.
func (m *member) upload(path, field, name string, content []byte, rest url.Values) *httptest.ResponseRecorder {
	m.o.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fail := func(err error) {
		if err != nil {
			m.o.Fatal(err)
		}
	}
	fail(w.WriteField("token", m.form))
	for key := range rest {
		fail(w.WriteField(key, rest.Get(key)))
	}
	if name != "" {
		f, err := w.CreateFormFile(field, name)
		fail(err)
		_, err = f.Write(content)
		fail(err)
	}
	fail(w.Close())
	return m.o.send(request{
		method: "POST", path: path, body: body.String(), cookie: m.cookie(),
		headers: []string{"Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin"},
	})
}

func goodFilm() url.Values {
	return url.Values{
		"title": {"Supa Modo"}, "short_title": {"Supa Modo"}, "runtime": {"74"}, "trailers": {"12"}, "rating": {"PG"},
		"rating_reason": {"mild themes"}, "certificate": {"KFCB/0117"}, "genre": {"Drama"}, "language": {"Kiswahili"},
		"synopsis": {"A girl who wants to be a hero."}, "format": {"2D"}, "subtitles": {"English"},
		"trailer_link": {"https://video.example/x"}, "distributor": {"Crimson"}, "opens_on": {"2026-12-04"},
		"last_on": {"2026-12-24"}, "poster_alt": {""}, "key": {"ABCDEFGHIJKLMNOPQRST"},
	}
}

// added is the film that a form adds.
func (m *member) added(f url.Values) string {
	m.o.Helper()
	w := m.post("/admin/films", f)
	if at := w.Header().Get("Location"); w.Code == http.StatusSeeOther && strings.HasPrefix(at, "/admin/films/") {
		return at
	}
	m.o.Fatalf("a film is not added: %d %s", w.Code, w.Body)
	return ""
}

// TestFilmsInTheBackOffice: a manager adds, edits, copies, archives and restores a film, each form sent twice.
func TestFilmsInTheBackOffice(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	wantStatus := func(w *httptest.ResponseRecorder, status int) *goquery.Document {
		t.Helper()
		if w.Code != status {
			t.Fatalf("%d, want %d: %s", w.Code, status, w.Body)
		}
		return page(t, w)
	}
	if text := wantStatus(m.get("/admin/films"), 200).Find("main").Text(); !strings.Contains(text, "no films yet") {
		t.Errorf("without films: %s", text)
	}
	form := wantStatus(m.get("/admin/films/new"), 200)
	if n := form.Find("main form input[required]").Length(); n > 3 {
		t.Errorf("a new film needs %d fields", n)
	}
	at := m.added(goodFilm())
	if again := m.added(goodFilm()); again != at {
		t.Errorf("the form sent twice made %s and %s", at, again)
	}
	shown := wantStatus(m.get(at), 200)
	for name, want := range goodFilm() {
		field := shown.Find("main [name='" + name + "']").First()
		got := field.AttrOr("value", field.Text())
		if goquery.NodeName(field) == "select" {
			got = field.Find("option[selected]").AttrOr("value", "")
		}
		if got != want[0] && name != "key" {
			t.Errorf("%s shows %q, want %q", name, got, want[0])
		}
	}

	edit := with(goodFilm(), "runtime", "80")
	edit.Set("version", "1")
	if w := m.post(at, edit); w.Code != http.StatusSeeOther {
		t.Fatalf("edit: %d %s", w.Code, w.Body)
	}
	late := with(goodFilm(), "title", "Supa Modo 2")
	late.Set("version", "1")
	w := m.post(at, late)
	d := wantStatus(w, http.StatusConflict)
	if text := d.Find(".notice").Text(); !strings.Contains(text, "Running time") || !strings.Contains(text, "now 80") ||
		!strings.Contains(text, "here 74") || strings.Contains(text, "Title") {
		t.Errorf("what has changed: %s", text)
	}
	if v, _ := d.Find("[name=title]").Attr("value"); v != "Supa Modo 2" {
		t.Errorf("what was typed is lost: %s", v)
	}
	late.Set("version", d.Find("[name=version]").AttrOr("value", ""))
	if w := m.post(at, late); w.Code != http.StatusSeeOther {
		t.Errorf("once it was read: %d", w.Code)
	}
	for _, version := range []string{"", "x", "-1", "99"} {
		late.Set("version", version)
		if w := m.post(at, with(late, "title", "Other")); w.Code != http.StatusConflict {
			t.Errorf("version %q: %d", version, w.Code)
		}
	}

	older := url.Values{"title": {"Supa Modo 2"}, "runtime": {"74"}} // a form from before the other fields
	older.Set("version", page(t, m.get(at)).Find("[name=version]").AttrOr("value", ""))
	if w := m.post(at, older); w.Code != http.StatusSeeOther {
		t.Errorf("an older form: %d", w.Code)
	}
	if v, _ := page(t, m.get(at)).Find("[name=certificate]").Attr("value"); v != "KFCB/0117" {
		t.Errorf("an older form has emptied the certificate: %q", v)
	}

	var copies []string
	for range 2 {
		w := m.post(at+"/duplicate", url.Values{"key": {"ABCDEFGHIJKLMNOPQRSTUV"}})
		copies = append(copies, w.Header().Get("Location"))
	}
	if copies[0] == at || copies[0] != copies[1] ||
		wantStatus(m.get(copies[0]), 200).Find("h1").Text() != "Supa Modo 2" {
		t.Errorf("copies of %s: %v", at, copies)
	}
	for range 2 {
		if w := m.post(at+"/archive", url.Values{}); w.Code != http.StatusSeeOther {
			t.Errorf("archive: %d", w.Code)
		}
	}
	if n := wantStatus(m.get("/admin/films"), 200).Find("tbody tr").Length(); n != 1 {
		t.Errorf("%d current films, want the copy", n)
	}
	if n := wantStatus(m.get("/admin/films?state=archived&q=modo"), 200).Find("tbody tr").Length(); n != 1 {
		t.Errorf("%d archived films, want one", n)
	}
	for range 2 {
		if w := m.post(at+"/restore", url.Values{}); w.Code != http.StatusSeeOther {
			t.Errorf("restore: %d", w.Code)
		}
	}
	entries, err := o.store.Staff().Log(t.Context(), store.LogFilter{Kind: "movie"})
	if err != nil || len(entries) != 6 || entries[0].Who != m.operator.Name {
		t.Errorf("%d entries in the audit log: %+v, %v", len(entries), entries, err)
	}

	_, playing, err := o.store.Catalogue().Screening(t.Context(), storetest.Screening(t, o.store, 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	d = wantStatus(m.post(fmt.Sprintf("/admin/films/%d/archive", playing.ID), url.Values{}), http.StatusConflict)
	if text := d.Find(".notice").Text(); !strings.Contains(text, "One screening") {
		t.Errorf("a film that is still to be shown: %s", text)
	}
}

// TestBadFilms: what is typed into the form of a film, the status, and the sentence at its field. All that was typed
// comes back.
func TestBadFilms(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	at := m.added(goodFilm())
	for _, tt := range []struct{ field, typed, sentence string }{
		{"title", "", "needed"}, {"title", " ", "needed"}, {"title", strings.Repeat("x", 201), "200 characters"},
		{"title", "a\x01b", "cannot be printed"}, {"title", "a\xffb", "cannot be printed"},
		{"title", "\u200b", "cannot be printed"},
		{"short_title", "thirteen chars", "12 characters"}, {"runtime", "", "needed"},
		{"runtime", "0", "from 1 to 600"},
		{"runtime", "-3", "from 1 to 600"}, {"runtime", "2h", "from 1 to 600"}, {"runtime", "1e9", "from 1 to 600"},
		{"runtime", "90.5", "from 1 to 600"}, {"trailers", "-1", "from 0 to 120"}, {"trailers", "999", "from 0 to 120"},
		{"trailer_link", "javascript:alert(1)", "web address"}, {"trailer_link", "www.example.com", "web address"},
		{"rating", "", "needed"}, {"rating", "X", "not on the list"}, {"rating", "' OR 1=1", "not on the list"},
		{"opens_on", "2026-02-30", "A day of the calendar"}, {"opens_on", "24:00", "A day of the calendar"},
		{"last_on", "7pm", "A day of the calendar"}, {"last_on", "2026-12-03", "before the first"},
		{"synopsis", strings.Repeat("x", 4001), "4000 characters"},
		{"genre", "<b>" + strings.Repeat("x", 40), "40 characters"},
		{"certificate", strings.Repeat("9", 61), "60 characters"},
		{"poster_alt", strings.Repeat("9", 501), "500 characters"},
	} {
		for _, path := range []string{"/admin/films", at} {
			f := goodFilm()
			f.Set(tt.field, tt.typed)
			f.Set("version", "1")
			f.Set("key", "BADFILMBADFILMBADFILM")
			w := m.post(path, f)
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s %.20q: %d", tt.field, tt.typed, w.Code)
				continue
			}
			d := page(t, w)
			if text := d.Find("#" + tt.field + "-error").Text(); !strings.Contains(text, tt.sentence) {
				t.Errorf("%s %.20q: %q, want %q", tt.field, tt.typed, text, tt.sentence)
			}
			if n := d.Find(".field-error").Length(); n != 1 {
				t.Errorf("%s %.20q: %d fields are wrong", tt.field, tt.typed, n)
			}
			for name := range maps.Keys(goodFilm()) {
				if name == "key" || name == "rating" {
					continue
				}
				field := d.Find("main [name='" + name + "']").First()
				got := field.AttrOr("value", field.Text())
				want := strings.ToValidUTF8(f.Get(name), "")
				if got != want {
					t.Errorf("%s %.20q: %s came back as %q, want %q", tt.field, tt.typed, name, got, want)
				}
			}
		}
	}
	for _, path := range []string{
		"/admin/films/x", "/admin/films/0", "/admin/films/-1", "/admin/films/1", "/admin/films/99999999999999999999",
	} {
		if w := m.get(path); w.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, w.Code)
		}
		for _, action := range []string{"", "/archive", "/restore", "/duplicate", "/poster", "/poster/remove"} {
			if w := m.post(path+action, goodFilm()); w.Code != http.StatusNotFound {
				t.Errorf("POST %s%s: %d", path, action, w.Code)
			}
		}
	}
	for _, query := range []string{
		"q=%00%ff", "q=%25", "page=0", "page=-1", "page=99999999999999999999", "page=1000000", "state=x", "rating=%27",
		"q=" + strings.Repeat("a", 5000), "state=archived&rating=18&q=a+b+c",
	} {
		if w := m.get("/admin/films?" + query); w.Code != http.StatusOK {
			t.Errorf("%.40s: %d", query, w.Code)
		}
	}
}

func aJPEG(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			m.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPosterUpload: what is uploaded, the status, and the sentence at the field. What a customer then sees is what was
// made of it.
func TestPosterUpload(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	at := m.added(goodFilm())
	good := aJPEG(t, 400, 600)
	read := func(name string) []byte {
		b, err := os.ReadFile("../store/poster/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	sideways := aJPEG(t, 600, 400)
	turned := slices.Concat(sideways[:2], []byte("\xff\xe1\x00\x22Exif\x00\x00II*\x00"+
		"\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00"+
		"\x06\x00\x00\x00\x00\x00\x00\x00"), sideways[2:]) // a phone's: it lies on its side
	vast := bytes.Clone(good)
	copy(vast[bytes.Index(vast, []byte("\xff\xc0"))+5:], "\xc3\x50\xc3\x50")
	for _, tt := range []struct {
		name     string
		content  []byte
		status   int
		sentence string
	}{
		{"", nil, 422, "No file"}, {"empty.jpg", nil, 422, "No file"}, {"text.jpg", []byte("hello"), 422, "text file"},
		{"x.svg", []byte("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"), 422, "SVG"},
		{"turned.jpg", turned, 303, ""}, {"x.png", []byte("\x89PNG\r\n\x1a\n<svg/>"), 422, ""},
		{"x.svg", []byte("<svg onload='alert(1)'/>"), 422, "SVG"}, {"poster.jpg", []byte("<svg/>"), 422, "SVG"},
		{"x.gif", read("animated.gif"), 422, "GIF"}, {"x.webp", read("animated.webp"), 422, "stand still"},
		{"x.png", good[:len(good)/2], 422, "damaged"}, {"x.jpg", vast, 422, "50000 × 50000"},
		{"x.jpg", aJPEG(t, 100, 150), 422, "100 × 150"}, {"x.jpg", aJPEG(t, 900, 200), 422, "900 × 200"},
		{"x.jpg", append(bytes.Clone(good), make([]byte, 10<<20)...), 422, "larger than 10 MB"},
		{"x.jpg", make([]byte, 14<<20), 413, ""}, {"lying.png", good, 303, ""}, {"cmyk.jpg", read("cmyk.jpg"), 303, ""},
		{"../../etc/passwd", read("lossy.webp"), 303, ""},
	} {
		w := m.upload(at+"/poster", "file", tt.name, tt.content, nil)
		if w.Code != tt.status {
			t.Errorf("%s: %d, want %d: %.300s", tt.name, w.Code, tt.status, w.Body)
			continue
		}
		switch tt.status {
		case http.StatusUnprocessableEntity:
			if text := page(t, w).Find("#file-error").Text(); !strings.Contains(text, tt.sentence) {
				t.Errorf("%s: %q, want %q", tt.name, text, tt.sentence)
			}
		case http.StatusSeeOther:
			src := page(t, m.get(at)).Find(".poster-form img").AttrOr("src", "")
			if w := o.get(src); w.Code != 200 || w.Header().Get("Content-Type") != "image/jpeg" || w.Body.Len() < 1000 {
				t.Errorf("%s is shown by %s: %d", tt.name, src, w.Code)
			}
		}
	}
	if w := m.post(at+"/poster", url.Values{}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a form without a file: %d", w.Code)
	}
	if w := m.post(at+"/poster/remove", url.Values{}); w.Code != http.StatusSeeOther {
		t.Errorf("remove: %d", w.Code)
	}
	if src := page(t, m.get(at)).Find(".poster-form img").AttrOr("src", ""); !strings.HasPrefix(src,
		"/posters/drawn/") {
		t.Errorf("removed, but shown: %s", src)
	}
}

// TestRatingsInTheBackOffice: the list is edited, by two people too, and what is wrong is said at the field.
func TestRatingsInTheBackOffice(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	good := url.Values{
		"code": {"PG-13"}, "name": {"13 and over"}, "minimum_age": {"13"}, "explanation": {"x"}, "position": {"3"},
	}
	for _, tt := range []struct{ field, typed, sentence string }{
		{"code", "", "needed"}, {"code", "PG", "on the list already"}, {"code", "123456789", "8 characters"},
		{"name", "", "needed"}, {"minimum_age", "", "from 0 to 99"}, {"minimum_age", "-1", "from 0 to 99"},
		{"minimum_age", "ten", "from 0 to 99"}, {"position", "", "from 0 to 1000"},
		{"explanation", strings.Repeat("x", 201), "200 characters"},
	} {
		w := m.post("/admin/ratings", with(good, tt.field, tt.typed))
		d := page(t, w)
		text := d.Find("#" + tt.field + "-error").Text()
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(text, tt.sentence) {
			t.Errorf("%s %q: %d %q, want %q", tt.field, tt.typed, w.Code, text, tt.sentence)
		}
		if got := d.Find("#"+tt.field).AttrOr("value", ""); len(tt.typed) < 200 && got != tt.typed {
			t.Errorf("%s %q came back as %q", tt.field, tt.typed, got)
		}
	}
	if w := m.post("/admin/ratings", good); w.Code != http.StatusSeeOther {
		t.Fatalf("add: %d %s", w.Code, w.Body)
	}
	made := page(t, m.get("/admin/ratings?code=PG-13")).Find("[name=edits]").AttrOr("value", "")
	edit := with(good, "edits", made)
	if w := m.post("/admin/ratings", with(edit, "name", "First")); w.Code != http.StatusSeeOther {
		t.Fatalf("edit: %d %s", w.Code, w.Body)
	}
	w := m.post("/admin/ratings", with(edit, "name", "Second"))
	d := page(t, w)
	if w.Code != http.StatusConflict || d.Find("#name").AttrOr("value", "") != "Second" {
		t.Errorf("a stale edit: %d", w.Code)
	}
	edit.Set("edits", d.Find("[name=edits]").AttrOr("value", ""))
	if w := m.post("/admin/ratings", with(edit, "name", "Second")); w.Code != http.StatusSeeOther {
		t.Errorf("once it was read: %d", w.Code)
	}
	m.added(with(goodFilm(), "rating", "PG-13"))
	if w := m.post("/admin/ratings/delete", url.Values{"code": {"PG-13"}}); w.Code != http.StatusConflict {
		t.Errorf("one in use was deleted: %d", w.Code)
	}
	for _, code := range []string{"18", "18", "none"} {
		if w := m.post("/admin/ratings/delete", url.Values{"code": {code}}); w.Code != http.StatusSeeOther {
			t.Errorf("delete %s: %d", code, w.Code)
		}
	}
}

// TestFilmPagesAreSound: each field has its label, no id stands twice, and nothing is inline, whatever state a page is
// in.
func TestFilmPagesAreSound(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	at := m.added(goodFilm())
	bad := goodFilm()
	for name := range bad {
		bad.Set(name, "x\x01")
	}
	bad.Set("version", "1")
	stale := with(goodFilm(), "runtime", "99")
	stale.Set("version", "77")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"list": m.get("/admin/films"), "none": m.get("/admin/films?q=zzz"), "new": m.get("/admin/films/new"),
		"film": m.get(at), "bad": m.post(at, bad), "stale": m.post(at, stale), "no poster": m.post(at+"/poster", nil),
		"import": m.get("/admin/films/import"), "ratings": m.get("/admin/ratings"),
		"rating":        m.get("/admin/ratings?code=16"),
		"import, bad":   m.post("/admin/films/import", url.Values{"text": {"title\n\n,\nA\n"}}),
		"import, to do": m.post("/admin/films/import", url.Values{"text": {"title,runtime,rating\nA,1,GE\n"}}),
	} {
		d := page(t, w)
		if d.Find("h1").Length() != 1 || d.Find(".btn-red").Length() > 1 && name != "list" {
			t.Errorf("%s: %d headings, %d first actions", name, d.Find("h1").Length(), d.Find(".btn-red").Length())
		}
		if n := d.Find("[style], style, script:not([src]), [onclick], [onload]").Length(); n > 0 {
			t.Errorf("%s: %d inline", name, n)
		}
		seen := map[string]bool{}
		for _, e := range d.Find("[id]").EachIter() {
			if id := e.AttrOr("id", ""); seen[id] {
				t.Errorf("%s: two of #%s", name, id)
			} else {
				seen[id] = true
			}
		}
		for _, e := range d.Find("main input:not([type=hidden]), main select, main textarea").EachIter() {
			id := e.AttrOr("id", "")
			if d.Find("label[for='"+id+"']").Length() != 1 {
				t.Errorf("%s: no label for %s", name, e.AttrOr("name", ""))
			}
			for _, by := range strings.Fields(e.AttrOr("aria-describedby", "")) {
				if d.Find("#"+by).Length() != 1 {
					t.Errorf("%s: %s is described by #%s, which is not there", name, id, by)
				}
			}
		}
	}
}
