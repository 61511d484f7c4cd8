// Package assets holds every file that the site serves as it is (style sheet, scripts, posters, icons), embedded in the
// binary, under addresses that change with their content.
//
// It must never read from disk, load anything from another host, or give out what is not listed in its embed directive.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed css/*.css js/*.js js/*.txt images posters
var files embed.FS

//go:embed deploy
var deploy embed.FS

//go:embed docs/*.md
var docs embed.FS

// DocNames lists the pages of the documentation by the names of their files, without .md.
func DocNames() ([]string, error) {
	entries, err := docs.ReadDir("docs")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".md"))
	}
	return names, nil
}

// Doc is a page of the documentation in Markdown. The error is fs.ErrNotExist where there is none of that name.
func Doc(name string) ([]byte, error) { return docs.ReadFile("docs/" + name + ".md") }

// Deploy has the files for whoever runs the program: rules and a dashboard for its metrics. They are not served.
func Deploy() fs.FS {
	files, err := fs.Sub(deploy, "deploy")
	if err != nil { // the name is of no folder: a mistake in this line
		return deploy
	}
	return files
}

// Prefix is where the assets are served.
const Prefix = "/assets/"

// file is one asset.
type file struct {
	hash, mime string
	body       []byte
}

// table holds the assets by name. It is made once and never written again.
var table = sync.OnceValue(func() map[string]*file {
	t := map[string]*file{}
	// What is embedded can be read, so there is no error to report; a file that could not be would answer 404.
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if body, err := files.ReadFile(name); err == nil {
			t[name] = newFile(name, body)
		}
		return nil
	})
	// The public pages have the map of seats in one file with the rest; the back office has it by itself.
	join(t, "css/site.css", "css/seats.css")
	join(t, "js/app.js", "js/seats.js")
	return t
})

// join puts an asset at the end of another.
func join(t map[string]*file, to, part string) {
	if a, b := t[to], t[part]; a != nil && b != nil {
		t[to] = newFile(to, slices.Concat(a.body, b.body))
	}
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	return &file{hash: hex.EncodeToString(sum[:6]), mime: contentType(name), body: body}
}

// contentType does not ask the host's own tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// URL is the path at which an asset such as "css/site.css" is served. It changes with the content, so that the answer
// may be kept for ever. An unknown name gives a path that answers 404.
func URL(name string) string {
	if f, ok := table()[name]; ok {
		return Prefix + f.hash + "/" + name
	}
	return Prefix + "missing/" + name
}

// Has reports whether there is an asset of that name.
func Has(name string) bool {
	_, ok := table()[name]
	return ok
}

// Read returns an asset's bytes. The error is fs.ErrNotExist where there is none of that name. The caller may keep and
// change the bytes.
func Read(name string) ([]byte, error) {
	f, ok := table()[name]
	if !ok {
		return nil, fmt.Errorf("asset %s: %w", name, fs.ErrNotExist)
	}
	return append([]byte(nil), f.body...), nil
}

// ContentType is the Content-Type that an asset is served with, or "" where there is no asset of that name.
func ContentType(name string) string {
	if f, ok := table()[name]; ok {
		return f.mime
	}
	return ""
}

// Lookup finds the asset that a path means: its name, "" where there is none, and whether the path is its present
// address. One with another hash is from a page of an older version.
func Lookup(urlPath string) (name string, current bool) {
	rest, ok := strings.CutPrefix(urlPath, Prefix)
	if !ok {
		return "", false
	}
	hash, name, _ := strings.Cut(rest, "/")
	f := table()[name]
	if f == nil {
		return "", false
	}
	return name, f.hash == hash
}
