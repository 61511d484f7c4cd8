package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzPaths: an address that is sent on leads to one that is not, on this host.
func FuzzPaths(f *testing.F) {
	for _, seed := range []string{
		"/tickets/abcdefghijklmnopqrstuvwxy2.", "//movies/12)", "/films/", "//evil.example", "/\u200b",
		"/tickets/ABCDEFGHIJKLM NOPQRSTUVWXY2", "/api/movies/1/",
	} {
		f.Add(seed)
	}
	h := tidyPaths(http.NotFoundHandler())
	leads := func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
		return w.Header().Get("Location")
	}
	f.Fuzz(func(t *testing.T, path string) {
		to := leads(path)
		if to == "" {
			return
		}
		if u, err := url.Parse(to); err != nil || u.Host != "" || u.Path != to || !strings.HasPrefix(to, "/") ||
			strings.HasPrefix(to, "//") {
			t.Errorf("%q leads to %q", path, to)
		}
		if again := leads(to); again != "" {
			t.Errorf("%q leads to %q, then %q", path, to, again)
		}
	})
}
