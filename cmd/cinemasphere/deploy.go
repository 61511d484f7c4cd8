package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"cinemasphere/assets"
)

type deployCmd struct {
	Folder    string `arg:"" help:"Folder to write to; it is made where it is missing."`
	Overwrite bool   `help:"Replace files that are there and differ."`
}

// Run writes the files, and says which. One that is there and differs may have been edited, and is kept.
func (c deployCmd) Run(p *program) error {
	kept := 0
	err := fs.WalkDir(assets.Deploy(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(assets.Deploy(), name)
		if err != nil {
			return err
		}
		path := filepath.Join(c.Folder, filepath.FromSlash(name))
		have, err := os.ReadFile(path)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		case err == nil && !bytes.Equal(have, text) && !c.Overwrite:
			kept++
			_, err = fmt.Fprintln(p.stdout, "kept, since it differs:", path)
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, path)
		return err
	})
	if err != nil {
		return fmt.Errorf("write files: %w", err)
	}
	if kept > 0 {
		return fmt.Errorf("%d files were kept as they are: look what differs, or use --overwrite", kept)
	}
	return nil
}
