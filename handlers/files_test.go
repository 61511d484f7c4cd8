package handlers_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"

	"cinemasphere/assets"
)

func (o *office) file(method, path string, headers ...string) *http.Response {
	o.Helper()
	r := httptest.NewRequestWithContext(o.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return w.Result()
}

func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func asset(t *testing.T, name string) []byte {
	t.Helper()
	b, err := assets.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEachEncodingUnpacksToTheFile(t *testing.T) {
	o := open(t)
	for _, name := range []string{
		"css/site.css", "js/app.js", "js/htmx.min.js", "posters/barbie.svg", "images/hero.svg",
	} {
		want := asset(t, name)
		for accept, c := range map[string]struct {
			encoding string
			unpack   func(io.Reader) io.Reader
		}{
			"":                             {"", func(r io.Reader) io.Reader { return r }},
			"identity":                     {"", func(r io.Reader) io.Reader { return r }},
			"gzip;q=0, br;q=0":             {"", func(r io.Reader) io.Reader { return r }},
			"gzip, deflate":                {"gzip", gunzip},
			"br;q=0, gzip":                 {"gzip", gunzip},
			"gzip, deflate, br, zstd":      {"br", func(r io.Reader) io.Reader { return brotli.NewReader(r) }},
			"gzip;q=0.5, br;q=1.0, *;q=0.": {"br", func(r io.Reader) io.Reader { return brotli.NewReader(r) }},
		} {
			res := o.file("GET", assets.URL(name), "Accept-Encoding", accept)
			if got := res.Header.Get("Content-Encoding"); got != c.encoding {
				t.Errorf("%s for %q came as %q, want %q", name, accept, got, c.encoding)
				continue
			}
			if res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: headers %v", name, res.Header)
			}
			if got := readAll(t, c.unpack(res.Body)); !bytes.Equal(got, want) {
				t.Errorf("%s for %q: %d bytes, want %d", name, accept, len(got), len(want))
			}
		}
	}
}

func TestPNGIsNotPackedAgain(t *testing.T) {
	o := open(t)
	res := o.file("GET", assets.URL("posters/barbie-og.png"), "Accept-Encoding", "gzip, br")
	if e := res.Header.Get("Content-Encoding"); e != "" {
		t.Errorf("PNG came as %s", e)
	}
	if ct := res.Header.Get("Content-Type"); ct != "image/png" {
		t.Errorf("Content-Type %s", ct)
	}
}

func TestFileCaching(t *testing.T) {
	o := open(t)
	url := assets.URL("js/app.js")
	res := o.file("GET", url, "Accept-Encoding", "br")
	if cc := res.Header.Get("Cache-Control"); cc != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control %q", cc)
	}
	tag := res.Header.Get("ETag")
	for _, header := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		again := o.file("GET", url, "Accept-Encoding", "br", "If-None-Match", header)
		if again.StatusCode != 304 || len(readAll(t, again.Body)) != 0 || again.Header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s answered %d", header, again.StatusCode)
		}
	}
	if other := o.file("GET", url, "Accept-Encoding", "gzip", "If-None-Match", tag); other.StatusCode != 200 {
		t.Errorf("the tag of one encoding answers %d for another", other.StatusCode)
	}
	old := o.file("GET", "/assets/000000000000/js/app.js")
	if old.StatusCode != 200 || old.Header.Get("Cache-Control") != "public, no-cache" {
		t.Errorf("an older page's address: %d %q", old.StatusCode, old.Header.Get("Cache-Control"))
	}
}

func TestFilePaths(t *testing.T) {
	o := open(t)
	url := assets.URL("css/site.css")
	head := o.file("HEAD", url)
	if head.StatusCode != 200 || head.ContentLength <= 0 {
		t.Errorf("HEAD: %d, length %d", head.StatusCode, head.ContentLength)
	}
	if post := o.file("POST", url); post.StatusCode != 405 || post.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", post.StatusCode)
	}
	for _, path := range []string{
		"/assets/", "/assets/x", "/assets/x/", "/assets/x/../assets.go", "/assets/x/assets.go", "/css/site.css",
	} {
		if res := o.file("GET", path); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func gunzip(r io.Reader) io.Reader {
	z, err := gzip.NewReader(r)
	if err != nil {
		return iotest.ErrReader(err)
	}
	return z
}
