package site

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"cinemasphere/assets"
	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
	"cinemasphere/views"
	"cinemasphere/views/wording"
)

const robots = `User-agent: *
Disallow: /tickets/
Disallow: /screenings/
Disallow: /bookings
Disallow: /api/
Disallow: /simulator/
Disallow: /cb/
Disallow: /admin
Sitemap: %s/sitemap.xml
`

// Robots answers GET /robots.txt.
func (s *Site) Robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	return web.WriteText(w, http.StatusOK, fmt.Sprintf(robots, s.BaseURL))
}

type urlSet struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// Sitemap answers GET /sitemap.xml: the home page and the films.
func (s *Site) Sitemap(w http.ResponseWriter, r *http.Request) error {
	programme, err := s.Store.Catalogue().Programme(r.Context())
	if err != nil {
		return err
	}
	set := urlSet{URLs: []sitemapURL{{Loc: s.BaseURL + "/"}}}
	for _, f := range programme.Films {
		set.URLs = append(set.URLs, sitemapURL{
			Loc:     s.BaseURL + "/movies/" + strconv.FormatInt(int64(f.ID), 10),
			LastMod: wording.Nairobi(f.UpdatedAt).Format(time.DateOnly),
		})
	}
	body, err := xml.Marshal(set)
	if err != nil {
		return fmt.Errorf("sitemap: %w", err)
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err = w.Write(append([]byte(xml.Header), body...))
	return err
}

// Favicon answers GET /favicon.ico, for browsers that do not read the page's own links.
func (s *Site) Favicon(w http.ResponseWriter, r *http.Request) error {
	if own := views.BrandOf(s.cinema.get(r.Context(), s.Store, s.Now())); own.Icon != "" {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		http.Redirect(w, r, own.Icon, http.StatusFound)
		return nil
	}
	const name = "images/favicon.ico"
	icon, err := assets.Read(name)
	if err != nil {
		return fmt.Errorf("favicon: %w", store.ErrNotFound)
	}
	w.Header().Set("Content-Type", assets.ContentType(name))
	w.Header().Set("Cache-Control", "public, max-age=86400")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(icon))
	return nil
}

// healthWait is how long the books may take to answer before they count as broken.
const healthWait = 2 * time.Second

// Health answers GET /healthz: whether the books can be read and written, and nothing else.
func (s *Site) Health(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), healthWait)
	defer cancel()
	web.NoStore(w)
	if ailment, err := s.Store.Health(ctx); ailment != "" {
		web.LogError(w, err)
		return web.WriteText(w, http.StatusServiceUnavailable, "failing: "+ailment+"\n")
	}
	return web.WriteText(w, http.StatusOK, "ok\n")
}
