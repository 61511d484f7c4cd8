package site

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/views"
	"cinemasphere/views/ui"
)

// Logo answers GET /logo/{hash}/{file}: the cinema's logo in one size, or the icon that is drawn where it has none. The
// address changes with what is there.
func (s *Site) Logo(w http.ResponseWriter, r *http.Request) error {
	hash, name := chi.URLParam(r, "hash"), chi.URLParam(r, "file")
	if name == "icon.svg" {
		return s.drawnIcon(w, r)
	}
	kinds := map[string]poster.Kind{"head.png": poster.Head, "icon.png": poster.Icon, "share.jpg": poster.Share}
	kind, is := kinds[name]
	if !is {
		return fmt.Errorf("logo: %w", store.ErrNotFound)
	}
	file, err := s.posters.get(r.Context(), hash+"-"+name, func(ctx context.Context) ([]byte, string, error) {
		return s.Store.Catalogue().LogoImage(ctx, hash, kind)
	})
	if err != nil {
		return err
	}
	return sendPoster(w, r, file, immutable())
}

// drawnIcon answers with the icon as it is now. At the address of a former one it is not kept.
func (s *Site) drawnIcon(w http.ResponseWriter, r *http.Request) error {
	brand := views.BrandOf(s.cinema.get(r.Context(), s.Store, s.Now()))
	body, cache := ui.DrawnIcon(brand), []string{"public, no-cache"}
	if strings.HasSuffix(brand.Icon, r.URL.Path) {
		cache = immutable()
	}
	return sendPoster(w, r, &posterFile{body, []string{"image/svg+xml"},
		[]string{`"` + ui.PosterKey(string(body)) + `"`}, []string{strconv.Itoa(len(body))}}, cache)
}
