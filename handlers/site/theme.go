package site

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"cinemasphere/assets"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/views/ui"
)

// The reds of the style sheet: of shapes and buttons, of buttons under the pointer, and of words on the dark page.
const (
	redShape, redHover, redWords = "#e50914", "#c40610", "#ff5a60"
	pageColour, white, black     = "#151518", "#ffffff", "#000000"
	wordContrast                 = 4.5
)

// themes keeps the style sheet in the cinema's own colour.
type themes struct {
	mu     sync.Mutex
	accent string
	sheet  *web.Document
}

// Theme answers GET /theme/{colour}: the style sheet in the cinema's own colour. Another colour is of an older page,
// which gets the usual one.
func (s *Site) Theme(w http.ResponseWriter, r *http.Request) error {
	accent := s.cinema.get(r.Context(), s.Store, s.Now()).Accent
	if accent == "" || chi.URLParam(r, "colour") != strings.TrimPrefix(accent, "#")+".css" {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, assets.URL("css/site.css"), http.StatusSeeOther)
		return nil
	}
	sheet, err := s.themes.get(accent)
	if err != nil {
		return err
	}
	sheet.ServeHTTP(w, r)
	return nil
}

func (t *themes) get(accent string) (*web.Document, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.accent == accent {
		return t.sheet, nil
	}
	usual, err := assets.Read("css/site.css")
	if err != nil {
		return nil, fmt.Errorf("read the style sheet: %w", err)
	}
	words := accent
	for share := 0.1; ui.Contrast(words, pageColour) < wordContrast; share += 0.1 {
		words = ui.Mix(accent, white, share)
	}
	colours := strings.NewReplacer(redShape, accent, redHover, ui.Mix(accent, black, 0.15), redWords, words)
	text := colours.Replace(string(usual)) + ".mark path:first-child, .mark circle, .pin { fill: " + accent + "; }\n"
	sheet, err := web.NewDocument("text/css; charset=utf-8", []byte(text))
	if err != nil {
		return nil, fmt.Errorf("pack the style sheet: %w", err)
	}
	t.accent, t.sheet = accent, sheet
	return sheet, nil
}
