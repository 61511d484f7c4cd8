// Package poster makes of an uploaded poster or logo the sizes that pages and shared links show: bytes in, bytes out.
//
// What an image claims is not believed: its type is read from its content, and its size, pixels and the memory that
// decoding takes are bounded before anything is decoded. What comes out is drawn anew, so that nothing of the
// original's metadata, such as where a photo was taken, is in it. It must never touch a file, the network or a clock,
// and never decode more images at once than it was told to.
package poster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
)

// Kind is a size, by where it is shown.
type Kind string

// The kinds.
const (
	Card  Kind = "card"  // in lists
	Page  Kind = "page"  // on the film's page
	Share Kind = "share" // by those who show a link to the film's page
)

// The pixels of each kind.
const (
	CardWidth, CardHeight   = 300, 450
	PageWidth, PageHeight   = 600, 900
	ShareWidth, ShareHeight = 1200, 630
)

// Bounds of an upload.
const (
	MostBytes  = 10 << 20   // bytes of the file
	MostPixels = 25_000_000 // width × height
	LeastSide  = 200        // pixels of width and of height
	MostRatio  = 4          // of the longer side to the shorter
	mostMemory = 128 << 20  // bytes that decoding may take
)

// ContentType is that of every poster.
const ContentType = "image/jpeg"

// quality of the JPEGs: beyond it they grow more than they gain.
const quality = 80

// Image is a poster or a logo in one size.
type Image struct {
	Kind          Kind
	Width, Height int // pixels
	Bytes         []byte
	Type          string // its Content-Type
}

// Encoder makes posters and logos, a bounded number at once: decoding takes up to 128 MB.
type Encoder struct{ slots chan struct{} }

// NewEncoder makes an Encoder that decodes so many images at once.
func NewEncoder(atOnce int) *Encoder { return &Encoder{make(chan struct{}, atOnce)} }

// Encode makes the three sizes of an uploaded image. The error is a [*Refusal] where the image cannot be used, and the
// context's where that ended before it was this image's turn.
func (e *Encoder) Encode(ctx context.Context, upload []byte) (out []Image, err error) {
	err = e.decode(ctx, upload, bounds{LeastSide, MostRatio}, func(src image.Image, orientation int) error {
		page := drawPage(src, orientation)
		for _, one := range []struct {
			kind  Kind
			image image.Image
		}{{Card, drawCard(page)}, {Page, page}, {Share, drawShare(page)}} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, one.image, &jpeg.Options{Quality: quality}); err != nil {
				return err
			}
			size := one.image.Bounds().Size()
			out = append(out, Image{one.kind, size.X, size.Y, b.Bytes(), ContentType})
		}
		return nil
	})
	return out, err
}

// decode reads an upload once it is its turn, and hands it on, with how it is to be turned.
func (e *Encoder) decode(ctx context.Context, upload []byte, within bounds,
	use func(src image.Image, orientation int) error) error {
	info, err := inspect(upload, within)
	if err != nil {
		return err
	}
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("encode image: %w", ctx.Err())
	}
	defer func() { <-e.slots }()
	decoded, err := info.decode(bytes.NewReader(upload))
	if err != nil {
		return &Refusal{Kind: Damaged, Type: info.kind}
	}
	if size := decoded.Bounds().Size(); size.X != info.width || size.Y != info.height {
		return &Refusal{Kind: Damaged, Type: info.kind}
	}
	if err := use(decoded, info.orientation); err != nil {
		return fmt.Errorf("encode image: %w", err)
	}
	return nil
}

// Hash names a set of images by their content: 24 letters and digits for an address.
func Hash(images []Image) string {
	sum := sha256.New()
	for _, i := range images {
		fmt.Fprintf(sum, "%s %d ", i.Kind, len(i.Bytes))
		sum.Write(i.Bytes)
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}
