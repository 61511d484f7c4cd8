package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// Pages renders components, buffered: the status is written once the whole page is known to be good.
type Pages struct{ buffers sync.Pool }

// keptBuffer is the size up to which a buffer is used again.
const keptBuffer = 256 << 10

// Render answers with a component.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	buf, is := p.buffers.Get().(*bytes.Buffer)
	if !is {
		buf = new(bytes.Buffer)
	}
	defer func() {
		if buf.Cap() <= keptBuffer {
			buf.Reset()
			p.buffers.Put(buf)
		}
	}()
	if err := c.Render(r.Context(), buf); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return WriteHTML(w, status, buf.Bytes())
}

// WriteHTML answers with a rendered page.
func WriteHTML(w http.ResponseWriter, status int, page []byte) error {
	return writeBody(w, status, "text/html; charset=utf-8", page)
}

// WriteText answers with plain text.
func WriteText(w http.ResponseWriter, status int, text string) error {
	return writeBody(w, status, "text/plain; charset=utf-8", []byte(text))
}

// WriteJSON answers with v as JSON.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return writeBody(w, status, "application/json", append(b, '\n'))
}

func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

// NoStore keeps an answer out of every cache.
func NoStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "private, no-store") }

// Compress gzips what handlers render, with a little chance in its length, so that nobody learns a page's secrets from
// it.
func Compress() (func(http.Handler) http.HandlerFunc, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(gzip.StatelessCompression),
		gzhttp.EnableZstd(false), gzhttp.RandomJitter(32, 0, false))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	return wrap, nil
}
