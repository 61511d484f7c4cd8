package ui_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"cinemasphere/views/ui"
)

// TestDrawnPoster: whatever a film is called, its poster is sound XML that no Content-Security-Policy stops, with the
// whole title inside its frame where that fits.
func TestDrawnPoster(t *testing.T) {
	for _, title := range []string{
		"Up", "Supa Modo", "Mission: Impossible – Dead Reckoning Part One", "千と千尋の神隠し", "Llanfairpwllgwyngyllgogerych",
		"Birdman or (The Unexpected Virtue of Ignorance)", "<script>alert('x') & \"y\"</script>", "a\x00\x07b\xff", "",
		"\u200b", strings.Repeat("Antidisestablishmentarianism ", 7), strings.Repeat("W", 200), "🎬🎬🎬", "لا أحد",
		"a b c d e f g h i j k l m n o p q r s t u v w x y z",
	} {
		svg := ui.DrawnPoster(title)
		if string(svg) != string(ui.DrawnPoster(title)) || len(ui.PosterKey(title)) != 12 {
			t.Errorf("%q is drawn in two ways", title)
		}
		if len(svg) > 4_000 {
			t.Errorf("%q takes %d bytes", title, len(svg))
		}
		words := ""
		d := xml.NewDecoder(strings.NewReader(string(svg)))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", title, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				for _, a := range e.Attr {
					if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" {
						t.Errorf("%q: %s has %s", title, e.Name.Local, a.Name.Local)
					}
				}
				if e.Name.Local == "script" || e.Name.Local == "style" || e.Name.Local == "foreignObject" {
					t.Errorf("%q has a %s", title, e.Name.Local)
				}
			case xml.CharData:
				words += string(e) + " "
			}
		}
		if plain := regexp.MustCompile(`^[ -~]+$`); plain.MatchString(title) && len(title) < 60 &&
			strings.Join(strings.Fields(words), "") != strings.Join(strings.Fields(title), "") {
			t.Errorf("%q reads %q", title, words)
		}
		for _, y := range regexp.MustCompile(` y="(\d+)"`).FindAllStringSubmatch(string(svg), -1) {
			if len(y[1]) > 3 || y[1] > "790" {
				t.Errorf("%q: a line at %s", title, y[1])
			}
		}
	}
	if ui.PosterKey("Up") == ui.PosterKey("Down") {
		t.Error("two titles have one poster")
	}
}
