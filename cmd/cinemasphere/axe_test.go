package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe/axe.min.js.gz
var axeGzip []byte

// axeHash is what npm's package of axe-core 4.14.1 says of its axe.min.js, in hexadecimal.
const axeHash = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

// axe is the script that looks through a page for what keeps people out.
var axe = sync.OnceValues(func() (string, error) {
	packed, err := gzip.NewReader(bytes.NewReader(axeGzip))
	if err != nil {
		return "", err
	}
	script, err := io.ReadAll(packed)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(script)
	if hex.EncodeToString(sum[:]) != axeHash {
		return "", errors.New("testdata/axe/axe.min.js.gz is not axe-core 4.14.1")
	}
	return string(script), nil
})

// violations runs axe on the page as it stands, and returns what is wrong in it, a line each. All rules of WCAG 2.2 to
// AA are asked for, and those of good practice.
func (b *browser) violations() []string {
	b.t.Helper()
	script, err := axe()
	if err != nil {
		b.t.Fatal(err)
	}
	if !js[bool](b, `!!window.axe`) {
		if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](script)); err != nil {
			b.t.Fatalf("axe cannot be run: %.200v", err)
		}
	}
	const run = `axe.run(document, {resultTypes: ['violations'],
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(function (r) {
			return r.violations.map(function (v) {
				return v.id + ': ' + v.nodes.slice(0, 4).map(function (n) {
					var why = n.any.concat(n.all, n.none)[0];
					return n.target.join(' ') + ' (' + (why ? why.message : v.help) + ')';
				}).join('; ');
			}).join('\n'); })`
	found := js[string](b, run, chromedp.EvalAwaitPromise)
	if found == "" {
		return nil
	}
	return strings.Split(found, "\n")
}

// TestAxe: the script finds what is wrong with a page that was made wrong, and nothing is wrong with one that is sound.
func TestAxe(t *testing.T) {
	b := browse(t, "")
	const sound = `<!DOCTYPE html><html lang=en><title>t</title><main><h1>t</h1><p>words</p></main>`
	for _, tt := range []struct{ html, rule string }{
		{sound, ""},
		{sound + `<p>outside</p>`, "region"},
		{sound + `<main></main>`, "landmark-no-duplicate-main"},
		{strings.Replace(sound, "<p>", `<p style="color:#999">`, 1), "color-contrast"},
		{strings.Replace(sound, "<p>", `<input><p>`, 1), "label"},
		{strings.Replace(sound, " lang=en", "", 1), "html-has-lang"},
	} {
		b.do("open", chromedp.Navigate("data:text/html,"+strings.ReplaceAll(tt.html, "#", "%23")))
		found := b.violations()
		if is := len(found) > 0 && strings.HasPrefix(found[0], tt.rule+":"); is != (tt.rule != "") {
			t.Errorf("%s: %q", tt.html, found)
		}
	}
}
