package poster

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// cropped is by how much, in hundredths, a poster's shape may differ from 2:3 to be cut to it. What differs more is
// shown whole, with bars.
const cropped = 12

// drawPage draws an image upright on a poster of the page's size.
func drawPage(src image.Image, orientation int) *image.RGBA {
	b := src.Bounds()
	turned := orientation >= 5 // its width is its height
	w, h := b.Dx(), b.Dy()
	if turned {
		w, h = h, w
	}
	tw, th := PageWidth, PageHeight
	cw, ch := w, h // what is shown of it
	switch off := w*PageHeight*100/(h*PageWidth) - 100; {
	case off >= 0 && off <= cropped:
		cw = max(1, h*PageWidth/PageHeight)
	case off < 0 && off >= -cropped:
		ch = max(1, w*PageHeight/PageWidth)
	case off > 0:
		th = max(1, h*PageWidth/w)
	default:
		tw = max(1, w*PageHeight/h)
	}
	if turned {
		cw, ch, tw, th = ch, cw, th, tw
	}
	left, top := b.Min.X+(b.Dx()-cw)/2, b.Min.Y+(b.Dy()-ch)/2
	small := image.NewRGBA(image.Rect(0, 0, tw, th))
	draw.Draw(small, small.Bounds(), image.NewUniform(dark), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(small, small.Bounds(), src, image.Rect(left, top, left+cw, top+ch), draw.Over, nil)
	upright := turn(small, orientation)
	if upright.Bounds().Dx() == PageWidth && upright.Bounds().Dy() == PageHeight {
		return upright
	}
	page := image.NewRGBA(image.Rect(0, 0, PageWidth, PageHeight))
	draw.Draw(page, page.Bounds(), image.NewUniform(shade(upright)), image.Point{}, draw.Src)
	centre(page, upright)
	return page
}

// dark stands behind what is transparent: the pages' own colour of cards.
var dark = color.RGBA{0x15, 0x15, 0x18, 0xff}

// shade is a dark colour that goes with an image, for the bars beside it.
func shade(m *image.RGBA) color.RGBA {
	one := image.NewRGBA(image.Rect(0, 0, 1, 1))
	draw.BiLinear.Scale(one, one.Bounds(), m, m.Bounds(), draw.Src, nil)
	c := one.RGBAAt(0, 0)
	return color.RGBA{c.R / 3, c.G / 3, c.B / 3, 0xff}
}

func centre(on, m *image.RGBA) {
	at := on.Bounds().Size().Sub(m.Bounds().Size()).Div(2)
	draw.Draw(on, m.Bounds().Add(at), m, image.Point{}, draw.Src)
}

// turn turns and mirrors an image as EXIF's orientation asks.
func turn(m *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	ow, oh := w, h
	if orientation >= 5 {
		ow, oh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	for y := range oh {
		for x := range ow {
			sx, sy := x, y
			switch orientation {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], m.Pix[m.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

func drawCard(page *image.RGBA) *image.RGBA {
	card := image.NewRGBA(image.Rect(0, 0, CardWidth, CardHeight))
	draw.CatmullRom.Scale(card, card.Bounds(), page, page.Bounds(), draw.Src, nil)
	return card
}

// drawShare stands the poster before a blurred, darkened piece of itself.
func drawShare(page *image.RGBA) *image.RGBA {
	const margin, grain = 24, 16
	share := image.NewRGBA(image.Rect(0, 0, ShareWidth, ShareHeight))
	band := PageWidth * ShareHeight / ShareWidth
	blurred := image.NewRGBA(image.Rect(0, 0, grain, grain/2))
	draw.BiLinear.Scale(blurred, blurred.Bounds(), page,
		image.Rect(0, (PageHeight-band)/2, PageWidth, (PageHeight+band)/2), draw.Src, nil)
	for i := range blurred.Pix {
		if i%4 != 3 {
			blurred.Pix[i] = uint8(int(blurred.Pix[i]) * 2 / 5)
		}
	}
	draw.CatmullRom.Scale(share, share.Bounds(), blurred, blurred.Bounds(), draw.Src, nil)
	small := image.NewRGBA(image.Rect(0, 0, (ShareHeight-2*margin)*PageWidth/PageHeight, ShareHeight-2*margin))
	draw.CatmullRom.Scale(small, small.Bounds(), page, page.Bounds(), draw.Src, nil)
	centre(share, small)
	return share
}
