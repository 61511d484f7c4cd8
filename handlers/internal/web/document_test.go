package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"cinemasphere/handlers/internal/web"
)

func TestDocumentIsSentInTheBestEncodingTheClientTakes(t *testing.T) {
	text := strings.Repeat("Now showing. ", 500)
	d, err := web.NewDocument("text/html; charset=utf-8", []byte(text), "Cookie")
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]bool{}
	for accept, want := range map[string]string{
		"": "", "identity": "", "gzip": "gzip", "gzip, deflate": "gzip", "gzip, deflate, br, zstd": "br",
		"br;q=0, gzip;q=1.0": "gzip",
		"gzip;q=0":           "", "deflate": "", "br;q=1.0, gzip;q=0.8": "br",
	} {
		w := ask(d, "Accept-Encoding", accept)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q is answered with %q, want %q", accept, got, want)
		}
		if got := unpack(t, w); got != text {
			t.Errorf("Accept-Encoding %q: the body does not unpack to what it was", accept)
		}
		if w.Header().Get("Vary") != "Accept-Encoding, Cookie" || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("headers: %v", w.Header())
		}
		tag := w.Header().Get("ETag")
		tags[tag] = true
		for _, known := range []string{tag, "W/" + tag, `"other", ` + tag} {
			again := ask(d, "Accept-Encoding", accept, "If-None-Match", known)
			if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
				t.Errorf("If-None-Match %s: %d with %d bytes", known, again.Code, again.Body.Len())
			}
		}
		if again := ask(d, "Accept-Encoding", accept, "If-None-Match", `"other"`); again.Code != http.StatusOK {
			t.Errorf("another tag: %d", again.Code)
		}
	}
	if len(tags) != 3 {
		t.Errorf("%d tags for 3 encodings", len(tags))
	}
}

func ask(h http.Handler, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func unpack(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var r io.Reader = w.Body
	switch w.Header().Get("Content-Encoding") {
	case "gzip":
		zr, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		r = zr
	case "br":
		r = brotli.NewReader(w.Body)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
