package poster_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"strings"
	"testing"

	"cinemasphere/store/poster"
)

// read is a file of testdata: 240 × 360 pixels, whose quarters are red, green, blue and white, from the upper left.
func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encode(t testing.TB, upload []byte) (map[poster.Kind]image.Image, error) {
	t.Helper()
	out, err := poster.NewEncoder(1).Encode(t.Context(), upload)
	if err != nil {
		return nil, err
	}
	images := map[poster.Kind]image.Image{}
	for _, o := range out {
		m, err := jpeg.Decode(bytes.NewReader(o.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		if size := m.Bounds().Size(); size.X != o.Width || size.Y != o.Height {
			t.Errorf("%s says %d × %d, is %v", o.Kind, o.Width, o.Height, size)
		}
		if bytes.Contains(o.Bytes, []byte("Exif")) || bytes.Contains(o.Bytes, []byte("SECRET")) {
			t.Errorf("%s has what the upload's metadata said", o.Kind)
		}
		images[o.Kind] = m
	}
	return images, nil
}

// quarters are the colours of an image's quarters, from the upper left, as letters.
func quarters(m image.Image) string {
	size, out := m.Bounds().Size(), ""
	for _, at := range [][2]int{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		r, g, b, _ := m.At(size.X*at[0]/4, size.Y*at[1]/4).RGBA()
		high := func(v uint32) bool { return v > 0x7fff }
		switch {
		case high(r) && high(g) && high(b):
			out += "W"
		case high(r) && !high(g) && !high(b):
			out += "R"
		case high(g) && !high(r):
			out += "G"
		case high(b) && !high(r):
			out += "B"
		default:
			out += "."
		}
	}
	return out
}

// TestEncode: what people upload, and what becomes of it.
func TestEncode(t *testing.T) {
	for _, name := range []string{
		"base.png", "palette.png", "interlaced16.png", "cmyk.jpg", "progressive.jpg", "lossy.webp", "lossless.webp",
	} {
		images, err := encode(t, read(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for kind, want := range map[poster.Kind]image.Point{
			poster.Card: {X: 300, Y: 450}, poster.Page: {X: 600, Y: 900}, poster.Share: {X: 1200, Y: 630},
		} {
			if got := images[kind].Bounds().Size(); got != want {
				t.Errorf("%s: %s is %v", name, kind, got)
			}
		}
		if got := quarters(images[poster.Page]); got != "RGBW" {
			t.Errorf("%s: the quarters are %s", name, got)
		}
	}
	if _, err := encode(t, read(t, "gray.jpg")); err != nil {
		t.Errorf("gray: %v", err)
	}
	images, err := encode(t, read(t, "alpha.webp")) // half of it is dark
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := images[poster.Page].At(150, 225).RGBA(); r>>8 > 170 || r>>8 < 100 {
		t.Errorf("half transparent red became %d", r>>8)
	}
	again, err := poster.NewEncoder(1).Encode(t.Context(), read(t, "base.png"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := poster.NewEncoder(1).Encode(t.Context(), read(t, "cmyk.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	same, err := poster.NewEncoder(1).Encode(t.Context(), read(t, "base.png"))
	if err != nil || poster.Hash(again) != poster.Hash(same) || poster.Hash(again) == poster.Hash(other) ||
		len(poster.Hash(same)) != 24 {
		t.Errorf("the same upload: %s and %s, another: %s", poster.Hash(again), poster.Hash(same), poster.Hash(other))
	}
	for _, i := range same {
		if len(i.Bytes) > 90_000 {
			t.Errorf("%s takes %d bytes", i.Kind, len(i.Bytes))
		}
	}
}

// asJPEG draws quarters of the size and encodes them, with an EXIF orientation where that is not 0.
func asJPEG(t testing.TB, w, h, orientation int, order binary.ByteOrder) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	colours := []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, colours[x*2/w+y*2/h*2])
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	if orientation == 0 {
		return b.Bytes()
	}
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	put16 := func(v int) {
		tiff = append(tiff, 0, 0)
		order.PutUint16(tiff[len(tiff)-2:], uint16(v))
	}
	put32 := func(v int) {
		tiff = append(tiff, 0, 0, 0, 0)
		order.PutUint32(tiff[len(tiff)-4:], uint32(v))
	}
	put32(8)
	put16(2)
	for _, entry := range [][3]int{{0x010f, 2, 7}, {0x0112, 3, 1}} { // the maker, the orientation
		put16(entry[0])
		put16(entry[1])
		put32(entry[2])
		put16(orientation)
		put16(0)
	}
	tiff = append(tiff, "SECRET GPS"...)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte("\xff\xd8\xff\xe1"), byte((len(segment)+2)>>8), byte(len(segment)+2))
	return append(append(out, segment...), b.Bytes()[2:]...)
}

// TestRotated: a photo stands upright, whichever way the phone was held.
func TestRotated(t *testing.T) {
	for orientation, want := range map[int]string{
		0: "RGBW", 1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB", 9: "RGBW",
	} {
		w, h := 240, 360
		if orientation >= 5 && orientation <= 8 {
			w, h = h, w
		}
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			images, err := encode(t, asJPEG(t, w, h, orientation, order))
			if err != nil {
				t.Errorf("orientation %d: %v", orientation, err)
				continue
			}
			if got := quarters(images[poster.Page]); got != want {
				t.Errorf("orientation %d: the quarters are %s, want %s", orientation, got, want)
			}
		}
	}
}

// TestShapes: what is nearly 2:3 is cut, what is not is shown whole.
func TestShapes(t *testing.T) {
	bar := func(m image.Image, x, y int) bool { // whether that is beside the image
		r, g, b, _ := m.At(x, y).RGBA()
		return r>>8 < 110 && g>>8 < 110 && b>>8 < 110
	}
	for _, tt := range []struct {
		w, h        int
		top, beside bool
	}{
		{400, 600, false, false}, {400, 540, false, false}, {400, 640, false, false}, {600, 600, true, false},
		{800, 200, true, false}, {200, 800, false, true}, {400, 800, false, true}, {1000, 1480, false, false},
	} {
		images, err := encode(t, asJPEG(t, tt.w, tt.h, 0, nil))
		if err != nil {
			t.Errorf("%d × %d: %v", tt.w, tt.h, err)
			continue
		}
		m := images[poster.Page]
		if bar(m, 200, 3) != tt.top || bar(m, 3, 470) != tt.beside {
			t.Errorf("%d × %d: a bar above: %v, beside: %v", tt.w, tt.h, bar(m, 200, 3), bar(m, 3, 470))
		}
	}
}

// claim is a PNG that says it has so many pixels, with nothing behind.
func claim(w, h uint32, chunks ...string) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	b := []byte("\x89PNG\r\n\x1a\n" + chunk("IHDR", string(head)+"\x08\x06\x00\x00\x00"))
	for _, c := range chunks {
		b = append(b, c...)
	}
	return append(b, chunk("IDAT", "x")+chunk("IEND", "")...)
}

func chunk(name, data string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, name+data...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+data))))
}

// webpOf is a WebP of chunks.
func webpOf(chunks ...string) []byte {
	body := "WEBP"
	for i := 0; i < len(chunks); i += 2 {
		data := chunks[i+1]
		body += chunks[i] + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data
		if len(data)%2 == 1 {
			body += "\x00"
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// TestRefused: what cannot be a poster, and why, before or instead of decoding it.
func TestRefused(t *testing.T) {
	base, photo := read(t, "base.png"), asJPEG(t, 400, 600, 0, nil)
	sof := bytes.Index(photo, []byte("\xff\xc0"))
	vast := bytes.Clone(photo)
	copy(vast[sof+5:], "\xc3\x50\xc3\x50") // 50,000 × 50,000
	wide := bytes.Clone(photo)
	copy(wide[sof+5:], "\x0f\xa0\x0f\xa0") // 4,000 × 4,000, of which little is there
	progressive := bytes.Clone(read(t, "progressive.jpg"))
	at := bytes.Index(progressive, []byte("\xff\xc2"))
	copy(progressive[at+5:], "\x13\x88\x13\x88") // 5,000 × 5,000, all of it in memory until the end
	twelveBits := bytes.Clone(photo)
	twelveBits[sof+4] = 12
	lossy := "\x50\x00\x00\x9d\x01\x2a" // a key frame of VP8
	for name, tt := range map[string]struct {
		upload []byte
		kind   poster.RefusalKind
		typ    string
	}{
		"nothing":           {nil, poster.Empty, ""},
		"11 MB":             {append(bytes.Clone(base), make([]byte, 11<<20)...), poster.TooManyBytes, ""},
		"vast PNG":          {claim(50_000, 50_000), poster.TooManyPixels, "PNG"},
		"vaster PNG":        {claim(1<<31, 1<<31), poster.Damaged, "PNG"},
		"one line":          {claim(25_000_001, 1), poster.TooManyPixels, "PNG"},
		"no pixels":         {claim(0, 100), poster.Damaged, "PNG"},
		"vast JPEG":         {vast, poster.TooManyPixels, "JPEG"},
		"progressive, vast": {progressive, poster.TooManyPixels, "JPEG"},
		"wide JPEG":         {wide, poster.Damaged, "JPEG"},
		"12 bits":           {twelveBits, poster.Damaged, "JPEG"},
		"vast WebP":         {webpOf("VP8 ", lossy+"\xff\x3f\xff\x3f"), poster.TooManyPixels, "WebP"},
		"lying WebP": {webpOf("VP8X", "\x00\x00\x00\x00\xef\x00\x00\x67\x01\x00", "VP8 ", lossy+"\xff\x3f\xff\x3f"),
			poster.TooManyPixels, "WebP"},
		"vast lossless": {webpOf("VP8L", "\x2f\xff\xff\xff\x0f"), poster.TooManyPixels, "WebP"},
		"empty WebP":    {webpOf(), poster.Damaged, "WebP"},
		"small":         {asJPEG(t, 199, 600, 0, nil), poster.TooSmall, "JPEG"},
		"a strip":       {asJPEG(t, 1000, 200, 0, nil), poster.TooNarrow, "JPEG"},
		"animated WebP": {read(t, "animated.webp"), poster.Animated, "WebP"},
		"animated PNG": {claim(240, 360, chunk("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00")),
			poster.Animated, "PNG"},
		"GIF": {read(t, "animated.gif"), poster.WrongType, "GIF"},
		"SVG": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
			poster.WrongType, "SVG"},
		"SVG with prolog": {[]byte("\ufeff<?xml version='1.0'?>\n<!-- x --><SVG onload='x'/>"),
			poster.WrongType, "SVG"},
		"HEIC":             {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), poster.WrongType, "HEIC"},
		"AVIF":             {[]byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1"), poster.WrongType, "AVIF"},
		"video":            {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00"), poster.WrongType, "video"},
		"PDF":              {[]byte("%PDF-1.7\n"), poster.WrongType, "PDF"},
		"page":             {[]byte("<!doctype html><script>alert(1)</script>"), poster.WrongType, "text"},
		"bytes":            {[]byte("\x00\x01\x02\xfe\xff"), poster.WrongType, ""},
		"cut JPEG":         {photo[:len(photo)/2], poster.Damaged, "JPEG"},
		"cut JPEG's head":  {photo[:sof+3], poster.Damaged, "JPEG"},
		"cut PNG":          {base[:len(base)*2/3], poster.Damaged, "PNG"},
		"cut WebP":         {read(t, "lossy.webp")[:200], poster.Damaged, "WebP"},
		"only JPEG's mark": {[]byte("\xff\xd8\xff"), poster.Damaged, "JPEG"},
		"only PNG's mark":  {[]byte("\x89PNG\r\n\x1a\n"), poster.Damaged, "PNG"},
		"JPEG, then PNG":   {append([]byte("\xff\xd8\xff"), base...), poster.Damaged, "JPEG"},
		"PNG, then JPEG":   {append([]byte("\x89PNG\r\n\x1a\n"), photo...), poster.Damaged, "PNG"},
	} {
		_, err := encode(t, tt.upload)
		var refused *poster.Refusal
		if !errors.As(err, &refused) || refused.Kind != tt.kind || refused.Type != tt.typ {
			t.Errorf("%s: %v %+v, want %s of %s", name, err, refused, tt.kind, tt.typ)
		}
	}
}

// TestTurns: no more images are decoded at once than were said, and who waits may give up.
func TestTurns(t *testing.T) {
	e := poster.NewEncoder(0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Encode(ctx, read(t, "base.png")); !errors.Is(err, context.Canceled) {
		t.Errorf("without a turn: %v", err)
	}
}

// FuzzEncode: whatever is uploaded becomes three images of the right sizes, or is refused.
func FuzzEncode(f *testing.F) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".") {
			f.Add(read(f, e.Name()))
		}
	}
	f.Add(asJPEG(f, 240, 360, 6, binary.LittleEndian))
	f.Add(claim(240, 360))
	e := poster.NewEncoder(1)
	f.Fuzz(func(t *testing.T, upload []byte) {
		images, err := e.Encode(t.Context(), upload)
		if err != nil {
			if _, is := errors.AsType[*poster.Refusal](err); !is {
				t.Fatal(err)
			}
			return
		}
		if got := fmt.Sprint(images[0].Width, images[1].Width, images[2].Width); got != "300 600 1200" {
			t.Error(got)
		}
	})
}

// BenchmarkEncode encodes a photo of 12 megapixels.
func BenchmarkEncode(b *testing.B) {
	var noisy bytes.Buffer
	m := image.NewNRGBA(image.Rect(0, 0, 3000, 4000))
	for i := range m.Pix {
		m.Pix[i] = byte(i*i>>7) | 0x80
	}
	if err := jpeg.Encode(&noisy, m, &jpeg.Options{Quality: 60}); err != nil {
		b.Fatal(err)
	}
	e := poster.NewEncoder(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Encode(b.Context(), noisy.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
