package web

import (
	"net/http"
	"sync"

	"github.com/andybalholm/brotli"

	"cinemasphere/assets"
)

// Files serves the assets below [assets.Prefix], each packed once as small as it gets. An address with the present hash
// may be kept for ever; one from a page of an older version answers with what there is now and must be asked again.
// Routing lets only GET and HEAD through.
func Files() HandlerFunc {
	forever, again := []string{"public, max-age=31536000, immutable"}, []string{"public, no-cache"}
	var packed sync.Map // name to func() (*Document, error)
	return func(w http.ResponseWriter, r *http.Request) error {
		name, current := assets.Lookup(r.URL.Path)
		if name == "" {
			return &Error{Status: http.StatusNotFound}
		}
		pack, ok := packed.Load(name)
		if !ok {
			pack, _ = packed.LoadOrStore(name, sync.OnceValues(func() (*Document, error) { return packFile(name) }))
		}
		d, err := pack.(func() (*Document, error))()
		if err != nil {
			return err
		}
		if current {
			d.serve(w, r, forever)
		} else {
			d.serve(w, r, again)
		}
		return nil
	}
}

func packFile(name string) (*Document, error) {
	body, err := assets.Read(name)
	if err != nil {
		return nil, err
	}
	return newDocument(assets.ContentType(name), body, brotli.BestCompression)
}
