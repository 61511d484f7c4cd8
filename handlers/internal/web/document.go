package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// Document is an answer made once and sent many times: as it is, gzipped and in brotli, each with its ETag.
type Document struct {
	contentType []string
	cache       []string
	vary        []string
	encodings   [3]encoded
}

type encoded struct {
	name, length, etag []string // header values, shared between requests
	body               []byte
}

const (
	identity = iota
	gzipped
	brotlied
)

// brotliQuick is where brotli takes about as long as gzip does.
const brotliQuick = 5

// NewDocument makes a document to be checked for news each time it is used. Vary names the request headers it depends
// on besides Accept-Encoding, such as Cookie.
func NewDocument(contentType string, body []byte, vary ...string) (*Document, error) {
	return newDocument(contentType, body, brotliQuick, vary...)
}

func newDocument(contentType string, body []byte, brotliLevel int, vary ...string) (*Document, error) {
	d := &Document{
		contentType: []string{contentType}, cache: []string{"no-cache"},
		vary: []string{strings.Join(append([]string{"Accept-Encoding"}, vary...), ", ")},
	}
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	var zipped, brotlid bytes.Buffer
	gz, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	br := brotli.NewWriterLevel(&brotlid, brotliLevel)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{gz, br} {
		if _, err := w.Write(body); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
	}
	// Images are compressed already: what saves less than a tenth is not worth unpacking.
	plain := encode("", tag, bytes.Clone(body))
	d.encodings = [3]encoded{plain, plain, plain}
	if worth := len(body) * 9 / 10; min(zipped.Len(), brotlid.Len()) <= worth {
		d.encodings[gzipped] = encode("gzip", tag, zipped.Bytes())
		d.encodings[brotlied] = encode("br", tag, brotlid.Bytes())
	}
	return d, nil
}

func encode(name, tag string, body []byte) encoded {
	e := encoded{body: body, length: []string{strconv.Itoa(len(body))}, etag: []string{`"` + tag + `"`}}
	if name != "" {
		e.name, e.etag = []string{name}, []string{`"` + tag + "-" + name + `"`}
	}
	return e
}

// ServeHTTP sends the document, or 304 to a client that has it already.
func (d *Document) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.serve(w, r, d.cache) }

func (d *Document) serve(w http.ResponseWriter, r *http.Request, cache []string) {
	e := &d.encodings[negotiate(r.Header)]
	h := w.Header()
	h["Vary"], h["Cache-Control"], h["Etag"] = d.vary, cache, e.etag
	if Known(r, e.etag[0]) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"], h["Content-Length"] = d.contentType, e.length
	if e.name != nil {
		h["Content-Encoding"] = e.name
	}
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(e.body); err != nil {
		LogError(w, err)
	}
}

// Known reports whether a request says that its client has what the ETag names.
func Known(r *http.Request, etag string) bool {
	known := r.Header["If-None-Match"]
	return len(known) == 1 && matches(known[0], etag)
}

// matches compares weakly, as If-None-Match asks.
func matches(known, etag string) bool {
	for one := range strings.SplitSeq(known, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == etag || one == "*" {
			return true
		}
	}
	return false
}

// negotiate picks the smallest encoding the client takes. What it calls q=0 it does not take.
func negotiate(h http.Header) int {
	best := identity
	for _, line := range h["Accept-Encoding"] {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			if q, is := strings.CutPrefix(strings.TrimSpace(params), "q="); is {
				if v, err := strconv.ParseFloat(strings.TrimSpace(q), 64); err != nil || v <= 0 {
					continue
				}
			}
			switch strings.TrimSpace(name) {
			case "br":
				best = brotlied
			case "gzip", "x-gzip":
				best = max(best, gzipped)
			}
		}
	}
	return best
}
