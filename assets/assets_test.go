package assets_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"cinemasphere/assets"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := assets.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestURLHasTheHashOfTheContent(t *testing.T) {
	sum := sha256.Sum256(read(t, "css/site.css"))
	want := "/assets/" + hex.EncodeToString(sum[:])[:12] + "/css/site.css"
	if got := assets.URL("css/site.css"); got != want {
		t.Errorf("URL = %s, want %s", got, want)
	}
	for path, want := range map[string]struct {
		name    string
		current bool
	}{
		want:                                {"css/site.css", true},
		"/assets/000000000000/css/site.css": {"css/site.css", false},
		assets.URL("css/nothing.css"):       {},
		"/assets/x/../assets.go":            {},
		"/css/site.css":                     {},
	} {
		if name, current := assets.Lookup(path); name != want.name || current != want.current {
			t.Errorf("%s is %q, %v", path, name, current)
		}
	}
	if _, err := assets.Read("js/none.js"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of nothing: %v", err)
	}
}

// htmx is version 4.0.1 of the npm package htmx.org, dist/htmx.min.js, as it was published.
const htmxSum = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"

func TestHtmxIsTheOneWePinned(t *testing.T) {
	sum := sha256.Sum256(read(t, "js/htmx.min.js"))
	if got := hex.EncodeToString(sum[:]); got != htmxSum {
		t.Errorf("js/htmx.min.js has sha256 %s, want %s", got, htmxSum)
	}
	if !bytes.Contains(read(t, "js/htmx.min.js"), []byte("4.0.1")) {
		t.Error("js/htmx.min.js does not call itself 4.0.1")
	}
	if !bytes.Contains(read(t, "js/htmx.LICENSE.txt"), []byte("Zero-Clause BSD")) {
		t.Error("htmx's licence is not beside it")
	}
}

func TestOwnScriptIsES5(t *testing.T) {
	script := string(read(t, "js/app.js"))
	for _, newer := range []string{
		`=>`, "`", `\blet\b`, `\bconst\b`, `\bclass\b\s+\w+\s*\{`, `\basync\b`, `\?\.`, `\?\?`, `\.\.\.[a-z]`,
		`\bof\b\s+\w+\)`,
	} {
		code := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(script, "")
		if m := regexp.MustCompile(newer).FindString(code); m != "" {
			t.Errorf("app.js has %q, which ES5 does not know", m)
		}
	}
	if strings.Contains(script, "eval(") || strings.Contains(script, "innerHTML") {
		t.Error("app.js makes code or markup out of text")
	}
}

func TestNothingComesFromElsewhere(t *testing.T) {
	css := string(read(t, "css/site.css"))
	for _, bad := range []string{"@import", "url(", "http:", "https:", "var(--", "calc("} {
		if strings.Contains(css, bad) {
			t.Errorf("site.css has %s", bad)
		}
	}
	if strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("site.css has unbalanced braces")
	}
}
