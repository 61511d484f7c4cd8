package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/assets"
)

// TestDocs: each page of the documentation is served, small, cached, and without styles and scripts in it; each link
// in it leads to something.
func TestDocs(t *testing.T) {
	o := open(t)
	names, err := assets.DocNames()
	if err != nil || len(names) < 10 {
		t.Fatalf("%q, %v", names, err)
	}
	docs := map[string]*goquery.Document{}
	for _, name := range append(names, "") {
		path := "/docs/" + name
		got := o.get(path, "Accept-Encoding", "gzip")
		if got.Code != http.StatusOK || got.Header().Get("Content-Encoding") != "gzip" || got.Body.Len() > 14<<10 {
			t.Errorf("%s: %d, %q, %d bytes", path, got.Code, got.Header().Get("Content-Encoding"), got.Body.Len())
		}
		again := o.get(path, "Accept-Encoding", "gzip", "If-None-Match", got.Header().Get("Etag"))
		if again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", path, again.Code)
		}
		plain := o.get(path).Body.String()
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		docs[path] = doc
		if doc.Find("script, style, [style], [onclick], img").Length() > 0 || doc.Find("main h1").Length() != 1 ||
			strings.TrimSpace(doc.Find("title").Text()) == "" {
			t.Errorf("%s: something is in it that does not belong there, or no title", path)
		}
	}
	if n := docs["/docs/"].Find("dt a").Length(); n != len(names) {
		t.Errorf("the list has %d pages of %d", n, len(names))
	}
	for path, doc := range docs {
		for _, a := range doc.Find("a[href]").EachIter() {
			to, err := url.Parse(a.AttrOr("href", ""))
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			there := docs[path]
			switch {
			case to.Scheme == "https" || to.Path == "/admin":
				continue
			case to.Path != "":
				there = docs[to.Path]
			}
			if there == nil || to.Fragment != "" && there.Find("#"+to.Fragment).Length() == 0 {
				t.Errorf("%s links to %s", path, to)
			}
		}
	}
}

// TestDocsAddresses: what people type leads to the page; what is no page is not found.
func TestDocsAddresses(t *testing.T) {
	o := open(t)
	for path, want := range map[string]string{
		"/docs": "/docs/", "/docs/hosting.md": "/docs/hosting", "/docs/Hosting": "/docs/hosting",
		"/docs/changelog": "/docs/CHANGELOG", "/docs/none": "", "/docs/..%2Fassets.go": "", "/docs/hosting/more": "",
		"/docs/.md": "", "/docs/screenshot.png": "",
	} {
		got := o.get(path)
		status := http.StatusMovedPermanently
		if want == "" {
			status = http.StatusNotFound
		}
		if got.Code != status || got.Header().Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, got.Code, got.Header().Get("Location"), want)
		}
	}
}
