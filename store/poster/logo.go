package poster

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
)

// The kinds of a logo, beside [Share], which is shown with links to pages that have no picture of their own.
const (
	Head Kind = "head" // on top of pages and on tickets: as high as LogoHeight, at most as wide as LogoWidth
	Icon Kind = "icon" // IconSide in square, in the browser's tabs and on home screens
)

// The pixels of a logo, and the bounds of one that is uploaded.
const (
	LogoHeight, LogoWidth = 88, 440
	IconSide              = 180
	LogoLeastSide         = 32 // pixels of width and of height
	LogoMostRatio         = 10 // of the longer side to the shorter
)

// EncodeLogo makes the sizes of a cinema's logo of an uploaded image. What is transparent stays so on top of pages,
// which are dark; a dark logo gets a white plate. The error is as of [Encoder.Encode].
func (e *Encoder) EncodeLogo(ctx context.Context, upload []byte) (out []Image, err error) {
	err = e.decode(ctx, upload, bounds{LogoLeastSide, LogoMostRatio}, func(src image.Image, orientation int) error {
		plate := color.Color(color.Transparent)
		if isDark(fit(src, orientation, LogoHeight, LogoHeight)) {
			plate = color.White
		}
		head := mount(fit(src, orientation, LogoWidth, LogoHeight), 0, 0, plate)
		icon := mount(fit(src, orientation, IconSide-24, IconSide-24), IconSide, IconSide, solid(plate))
		share := mount(fit(src, orientation, ShareWidth-300, ShareHeight-250), ShareWidth, ShareHeight, solid(plate))
		for _, one := range []struct {
			kind Kind
			*image.RGBA
		}{{Head, head}, {Icon, icon}, {Share, share}} {
			var b bytes.Buffer
			made := Image{Kind: one.kind, Width: one.Rect.Dx(), Height: one.Rect.Dy(), Type: "image/png"}
			if one.kind == Share {
				made.Type = ContentType
				err = jpeg.Encode(&b, one.RGBA, &jpeg.Options{Quality: quality})
			} else {
				err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, one.RGBA)
			}
			if err != nil {
				return err
			}
			made.Bytes = b.Bytes()
			out = append(out, made)
		}
		return nil
	})
	return out, err
}

// fit draws an image upright, as large as it can be in so many pixels.
func fit(src image.Image, orientation, width, height int) *image.RGBA {
	if orientation >= 5 { // its width is its height
		width, height = height, width
	}
	b := src.Bounds()
	w, h := width, max(1, b.Dy()*width/b.Dx())
	if h > height {
		w, h = max(1, b.Dx()*height/b.Dy()), height
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(out, out.Bounds(), src, b, draw.Src, nil)
	return turn(out, orientation)
}

// mount stands an image in the middle of a plate of so many pixels; 0 is as many as the image needs.
func mount(m *image.RGBA, width, height int, plate color.Color) *image.RGBA {
	size := m.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, max(width, size.X), max(height, size.Y)))
	draw.Draw(out, out.Bounds(), image.NewUniform(plate), image.Point{}, draw.Src)
	at := out.Bounds().Size().Sub(size).Div(2)
	draw.Draw(out, m.Bounds().Add(at), m, image.Point{}, draw.Over)
	return out
}

// page is the colour of the pages for customers.
var page = color.RGBA{0x0b, 0x0b, 0x0d, 0xff}

func solid(plate color.Color) color.Color {
	if plate == color.Color(color.Transparent) {
		return page
	}
	return plate
}

// isDark reports whether an image has transparent parts, and is too dark to be seen on a dark page where it has none.
func isDark(m *image.RGBA) bool {
	var light, seen, all float64
	for i := 0; i < len(m.Pix); i += 4 {
		r, g, b, a := float64(m.Pix[i]), float64(m.Pix[i+1]), float64(m.Pix[i+2]), float64(m.Pix[i+3])
		light += 0.2126*r + 0.7152*g + 0.0722*b // already multiplied with a
		seen += a
		all += 0xff
	}
	const clear, darkest = 0.98, 0.15
	return seen > 0 && seen < clear*all && light < darkest*seen
}
