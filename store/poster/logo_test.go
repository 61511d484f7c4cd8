package poster_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	"cinemasphere/store/poster"
)

// wordmark is a logo with words in a colour, on transparent ground.
func wordmark(t testing.TB, w, h int, ink color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, image.Rect(w/4, h/4, w*3/4, h*3/4), image.NewUniform(ink), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeLogo(t testing.TB, upload []byte) (map[poster.Kind]image.Image, error) {
	t.Helper()
	out, err := poster.NewEncoder(1).EncodeLogo(t.Context(), upload)
	images := map[poster.Kind]image.Image{}
	for _, o := range out {
		m, format, err := image.Decode(bytes.NewReader(o.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		if size := m.Bounds().Size(); size.X != o.Width || size.Y != o.Height || "image/"+format != o.Type {
			t.Errorf("%s says %d × %d %s, is %v %s", o.Kind, o.Width, o.Height, o.Type, size, format)
		}
		if bytes.Contains(o.Bytes, []byte("Exif")) || bytes.Contains(o.Bytes, []byte("SECRET")) {
			t.Errorf("%s has what the upload's metadata said", o.Kind)
		}
		images[o.Kind] = m
	}
	return images, err
}

// corner is what an image has in its corner: nothing, white, or the pages' dark.
func corner(m image.Image) string {
	r, _, _, a := m.At(0, 0).RGBA()
	switch {
	case a == 0:
		return "nothing"
	case r > 0xf000:
		return "white"
	case r < 0x1800:
		return "dark"
	}
	return "another colour"
}

// TestEncodeLogo: a logo keeps its shape and what is transparent, and can be seen on a dark page.
func TestEncodeLogo(t *testing.T) {
	red := color.NRGBA{0xe5, 0x09, 0x14, 0xff}
	for name, tt := range map[string]struct {
		upload       []byte
		w, h         int
		head, ground string // corners on top of pages, and where there is no transparency
	}{
		"red, wide":          {wordmark(t, 800, 200, red), 352, 88, "nothing", "dark"},
		"white, very wide":   {wordmark(t, 1200, 150, color.White), 440, 55, "nothing", "dark"},
		"black, wide":        {wordmark(t, 800, 200, color.Black), 352, 88, "white", "white"},
		"dark blue, square":  {wordmark(t, 300, 300, color.NRGBA{8, 16, 60, 0xff}), 88, 88, "white", "white"},
		"smaller than shown": {wordmark(t, 60, 32, red), 165, 88, "nothing", "dark"},
		"high":               {wordmark(t, 100, 500, red), 17, 88, "nothing", "dark"},
		"nothing to be seen": {wordmark(t, 200, 100, color.Transparent), 176, 88, "nothing", "dark"},
	} {
		images, err := encodeLogo(t, tt.upload)
		if err != nil || len(images) != 3 {
			t.Errorf("%s: %d, %v", name, len(images), err)
			continue
		}
		if size := images[poster.Head].Bounds().Size(); size.X != tt.w || size.Y != tt.h {
			t.Errorf("%s is %v", name, size)
		}
		icon, share := images[poster.Icon].Bounds().Size(), images[poster.Share].Bounds().Size()
		if icon.X != poster.IconSide || icon.Y != icon.X || share.X != poster.ShareWidth ||
			share.Y != poster.ShareHeight {
			t.Errorf("%s: the icon is %v, what is shared %v", name, icon, share)
		}
		if got := corner(images[poster.Head]); got != tt.head {
			t.Errorf("%s has %s in its corner, want %s", name, got, tt.head)
		}
		for _, kind := range []poster.Kind{poster.Icon, poster.Share} {
			if got := corner(images[kind]); got != tt.ground {
				t.Errorf("%s as %s has %s in its corner, want %s", name, kind, got, tt.ground)
			}
		}
	}
	for _, name := range []string{"base.png", "cmyk.jpg", "progressive.jpg", "lossy.webp", "lossless.webp"} {
		images, err := encodeLogo(t, read(t, name))
		if err != nil || quarters(images[poster.Head]) != "RGBW" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLogoRefused: a logo is looked at as a poster is, within bounds of its own.
func TestLogoRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		upload []byte
		kind   poster.RefusalKind
	}{
		"nothing":       {nil, poster.Empty},
		"SVG":           {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), poster.WrongType},
		"half":          {wordmark(t, 200, 100, color.White)[:120], poster.Damaged},
		"small":         {wordmark(t, 200, 31, color.White), poster.TooSmall},
		"a line":        {wordmark(t, 1000, 90, color.White), poster.TooNarrow},
		"large":         {claim(50_000, 50_000), poster.TooManyPixels},
		"moving":        {claim(200, 100, chunk("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00")), poster.Animated},
		"too many MB":   {make([]byte, poster.MostBytes+1), poster.TooManyBytes},
		"a poster only": {[]byte("GIF89a"), poster.WrongType},
	} {
		_, err := encodeLogo(t, tt.upload)
		if refused, is := errors.AsType[*poster.Refusal](err); !is || refused.Kind != tt.kind {
			t.Errorf("%s: %v, want %s", name, err, tt.kind)
		}
	}
}
