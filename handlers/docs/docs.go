// Package docs serves the documentation.
//
// It must never serve a file that is not a page of it.
package docs

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"cinemasphere/assets"
	"cinemasphere/handlers/internal/web"
	views "cinemasphere/views/docs"
)

// first are the pages that people begin with, in that order. The others follow by name.
var first = [...]string{
	"hosting", "configuration", "operations", "backup", "security", "staff", "halls", "money", "demo", "api",
	"architecture",
	"decisions",
}

// Docs serves the pages. They are made when the first is asked for, and stay as they are.
type Docs struct {
	pages func() (map[string]*web.Document, error)
}

// New makes a Docs.
func New() *Docs { return &Docs{sync.OnceValues(pages)} }

// Page answers GET /docs/ and GET /docs/{page}.
func (d *Docs) Page(w http.ResponseWriter, r *http.Request) error {
	all, err := d.pages()
	if err != nil {
		return err
	}
	name := chi.URLParam(r, "page")
	if page := all[name]; page != nil {
		page.ServeHTTP(w, r)
		return nil
	}
	// As people type it, or find it in the project.
	meant := strings.TrimSuffix(strings.TrimSuffix(name, ".md"), ".html")
	for known := range all {
		if known != "" && strings.EqualFold(known, meant) {
			http.Redirect(w, r, views.Root+known, http.StatusMovedPermanently)
			return nil
		}
	}
	return &web.Error{Status: http.StatusNotFound}
}

func pages() (map[string]*web.Document, error) {
	names, err := assets.DocNames()
	if err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	place := func(name string) int {
		if i := slices.Index(first[:], name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	var sources []views.Source
	for _, name := range names {
		text, err := assets.Doc(name)
		if err != nil {
			return nil, fmt.Errorf("documentation: %w", err)
		}
		sources = append(sources, views.Source{Name: name, Text: text})
	}
	made, err := views.Make(context.Background(), sources)
	if err != nil {
		return nil, fmt.Errorf("documentation: %w", err)
	}
	all := map[string]*web.Document{}
	for _, p := range made {
		if all[p.Name], err = web.NewDocument("text/html; charset=utf-8", p.HTML); err != nil {
			return nil, fmt.Errorf("documentation: %w", err)
		}
	}
	return all, nil
}
