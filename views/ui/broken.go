package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// broken ends a rendering with an error, so that no half page is sent.
func broken(err error) templ.Component {
	return templ.ComponentFunc(func(context.Context, io.Writer) error { return err })
}
