package site

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/singleflight"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/store/poster"
	"cinemasphere/views"
	"cinemasphere/views/ui"
)

// PosterURL is the path of a film's poster as its own page shows it.
func PosterURL(m store.Movie) string { return views.PosterURL(m, poster.Page) }

// posterFile is an image that is kept in memory, with the header values that go with it.
type posterFile struct {
	body                      []byte
	contentType, etag, length []string
}

// keptPosters is how many bytes of images are kept: the posters of some 250 films in the sizes that pages show.
const keptPosters = 32 << 20

// posterCache keeps the images that were asked for, until there are too many of them.
type posterCache struct {
	mu      sync.RWMutex
	files   map[string]*posterFile
	size    int
	reading singleflight.Group // those who ask for the same one wait for one reading
}

// get is the image of that name, which is read where it is not kept.
func (c *posterCache) get(ctx context.Context, name string,
	read func(context.Context) (body []byte, contentType string, err error)) (*posterFile, error) {
	c.mu.RLock()
	file := c.files[name]
	c.mu.RUnlock()
	if file != nil {
		return file, nil
	}
	got, err, _ := c.reading.Do(name, func() (any, error) {
		// A customer who leaves must not cancel the read that others wait for.
		body, contentType, err := read(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		file := &posterFile{body, []string{contentType}, []string{`"` + name + `"`}, []string{strconv.Itoa(len(body))}}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.files == nil || c.size+len(body) > keptPosters {
			c.files, c.size = map[string]*posterFile{}, 0
		}
		c.files[name], c.size = file, c.size+len(body)
		return file, nil
	})
	if err != nil {
		return nil, err
	}
	return got.(*posterFile), nil
}

// immutable is the Cache-Control of what never changes at its address.
func immutable() []string { return []string{"public, max-age=31536000, immutable"} }

// Poster answers GET /posters/{hash}/{file}: an uploaded poster in one size. The address changes with the poster.
func (s *Site) Poster(w http.ResponseWriter, r *http.Request) error {
	name, is := strings.CutSuffix(chi.URLParam(r, "file"), ".jpg")
	kind := poster.Kind(name)
	if !is || kind != poster.Card && kind != poster.Page && kind != poster.Share {
		return fmt.Errorf("poster: %w", store.ErrNotFound)
	}
	hash := chi.URLParam(r, "hash")
	file, err := s.posters.get(r.Context(), hash+"-"+name, func(ctx context.Context) ([]byte, string, error) {
		body, err := s.Store.Catalogue().Poster(ctx, hash, kind)
		return body, poster.ContentType, err
	})
	if err != nil {
		return err
	}
	return sendPoster(w, r, file, immutable())
}

// DrawnPoster answers GET /posters/drawn/{id}/{file}: the poster of a film that has none, drawn from its title. At the
// address of a former title it is the present one.
func (s *Site) DrawnPoster(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	key, is := strings.CutSuffix(chi.URLParam(r, "file"), ".svg")
	if !is {
		return fmt.Errorf("poster: %w", store.ErrNotFound)
	}
	movie, err := s.movie(r.Context(), store.MovieID(id))
	if err != nil {
		return err
	}
	body, current := ui.DrawnPoster(movie.Title), ui.PosterKey(movie.Title)
	cache := []string{"public, no-cache"}
	if key == current {
		cache = immutable()
	}
	return sendPoster(w, r, &posterFile{body, []string{"image/svg+xml"}, []string{`"` + current + `"`},
		[]string{strconv.Itoa(len(body))}}, cache)
}

// movie is a film of the programme, or one that is no longer on.
func (s *Site) movie(ctx context.Context, id store.MovieID) (store.Movie, error) {
	programme, err := s.Store.Catalogue().Programme(ctx)
	if err != nil {
		return store.Movie{}, err
	}
	if film, ok := programme.Film(id); ok {
		return film.Movie, nil
	}
	return s.Store.Catalogue().Movie(ctx, id)
}

func sendPoster(w http.ResponseWriter, r *http.Request, file *posterFile, cache []string) error {
	h := w.Header()
	h["Cache-Control"], h["Etag"] = cache, file.etag
	if web.Known(r, file.etag[0]) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h["Content-Type"], h["Content-Length"] = file.contentType, file.length
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(file.body); err != nil {
		web.LogError(w, err)
	}
	return nil
}
