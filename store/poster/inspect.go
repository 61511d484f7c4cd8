package poster

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/webp"
)

// RefusalKind is why an upload cannot be a poster.
type RefusalKind string

// The kinds of refusal, each with the fields of [Refusal] that it fills.
const (
	Empty         RefusalKind = "empty"           // nothing was uploaded
	TooManyBytes  RefusalKind = "too_many_bytes"  // more than MostBytes
	WrongType     RefusalKind = "wrong_type"      // Type: what it is, "" where that is not known
	Animated      RefusalKind = "animated"        // Type
	TooManyPixels RefusalKind = "too_many_pixels" // Width, Height
	TooSmall      RefusalKind = "too_small"       // Width, Height
	TooNarrow     RefusalKind = "too_narrow"      // Width, Height: beyond MostRatio
	Damaged       RefusalKind = "damaged"         // Type: it ends too early, or is not what it says
)

// Refusal is an upload that cannot be a poster.
type Refusal struct {
	Kind          RefusalKind
	Type          string // as people call it: JPEG, PNG, WebP, GIF, SVG …
	Width, Height int    // pixels
}

// Error names the kind alone.
func (r *Refusal) Error() string { return "poster refused: " + string(r.Kind) }

// info is what an upload says of itself, read without decoding it.
type info struct {
	kind          string // JPEG, PNG or WebP
	width, height int    // before it is turned
	orientation   int    // as EXIF counts them: 1 is upright
	animated      bool
	memory        int // bytes that decoding takes, at most
	decode        func(io.Reader) (image.Image, error)
}

// bounds are those that depend on what an image is for.
type bounds struct {
	least int // pixels of width and of height
	ratio int // most, of the longer side to the shorter
}

// inspect checks an upload by its content.
func inspect(b []byte, within bounds) (info, error) {
	var in info
	ok := false
	switch {
	case len(b) == 0:
		return in, &Refusal{Kind: Empty}
	case len(b) > MostBytes:
		return in, &Refusal{Kind: TooManyBytes}
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		in, ok = inspectJPEG(b)
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		in, ok = inspectPNG(b)
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		in, ok = inspectWebP(b)
	default:
		return in, &Refusal{Kind: WrongType, Type: typeOf(b)}
	}
	size := Refusal{Type: in.kind, Width: in.width, Height: in.height}
	switch {
	case in.animated:
		size.Kind = Animated
	case !ok || in.width <= 0 || in.height <= 0:
		size.Kind = Damaged
	case in.width > MostPixels/in.height || in.memory > mostMemory:
		size.Kind = TooManyPixels
	case in.width < within.least || in.height < within.least:
		size.Kind = TooSmall
	case in.width > in.height*within.ratio || in.height > in.width*within.ratio:
		size.Kind = TooNarrow
	default:
		return in, nil
	}
	return in, &size
}

// typeOf is what people call the type of a file that cannot be a poster, or "".
func typeOf(b []byte) string {
	head := b[:min(len(b), 1024)]
	if len(b) >= 12 && string(b[4:8]) == "ftyp" {
		switch string(b[8:12]) {
		case "heic", "heix", "hevc", "mif1", "msf1", "heim", "heis":
			return "HEIC"
		case "avif", "avis":
			return "AVIF"
		}
		return "video"
	}
	if text := strings.ToLower(string(head)); strings.Contains(text, "<svg") {
		return "SVG"
	}
	for prefix, name := range map[string]string{
		"GIF8": "GIF", "BM": "BMP", "II*\x00": "TIFF", "MM\x00*": "TIFF", "%PDF": "PDF", "8BPS": "Photoshop",
		"PK\x03\x04": "ZIP", "\x00\x00\x01\x00": "ICO",
	} {
		if bytes.HasPrefix(b, []byte(prefix)) {
			return name
		}
	}
	if utf8.Valid(b) && !bytes.ContainsRune(b, 0) {
		return "text"
	}
	return ""
}

// inspectJPEG walks the segments before the image itself.
func inspectJPEG(b []byte) (in info, ok bool) {
	in = info{kind: "JPEG", orientation: 1, decode: jpeg.Decode}
	for at := 2; at+4 <= len(b); {
		if b[at] != 0xff {
			return in, false
		}
		marker := b[at+1]
		switch {
		case marker == 0xff: // padding
			at++
			continue
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7: // without a length
			at += 2
			continue
		case marker == 0xda || marker == 0xd9: // the image, or its end, before its size was told
			return in, false
		}
		length := int(binary.BigEndian.Uint16(b[at+2:]))
		if length < 2 || at+2+length > len(b) {
			return in, false
		}
		segment := b[at+4 : at+2+length]
		switch marker {
		case 0xe1:
			if exif, is := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); is {
				in.orientation = orientationOf(exif)
			}
		case 0xc0, 0xc1, 0xc2:
			return in, in.frame(segment, marker == 0xc2)
		case 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf: // kinds of JPEG that nobody uses
			return in, false
		}
		at += 2 + length
	}
	return in, false
}

// frame reads a JPEG's frame header. A progressive image keeps all its coefficients in memory until the end.
func (in *info) frame(segment []byte, progressive bool) bool {
	if len(segment) < 6 || segment[0] != 8 {
		return false
	}
	in.height = int(binary.BigEndian.Uint16(segment[1:]))
	in.width = int(binary.BigEndian.Uint16(segment[3:]))
	components := int(segment[5])
	if components < 1 || components > 4 || len(segment) < 6+3*components {
		return false
	}
	samples := in.width * in.height * components // at most: colours may have fewer
	in.memory = samples
	if progressive {
		in.memory += halved(segment[6:6+3*components], in.width*in.height) * 4
	}
	return true
}

// halved is how many coefficients a JPEG has, whose colours may have fewer than its brightness.
func halved(components []byte, pixels int) int {
	most, sum := 1, 0
	for i := 1; i < len(components); i += 3 {
		n := int(components[i]>>4) * int(components[i]&15)
		most, sum = max(most, n), sum+n
	}
	return pixels / most * max(1, sum)
}

// inspectPNG walks the chunks before the image itself.
func inspectPNG(b []byte) (in info, ok bool) {
	in = info{kind: "PNG", orientation: 1, decode: png.Decode}
	for at := 8; at+8 <= len(b); {
		length := int(binary.BigEndian.Uint32(b[at:]))
		if length > len(b) || at+12+length > len(b) {
			return in, in.width > 0 // the image itself may end too early: decoding finds that
		}
		chunk := b[at+8 : at+8+length]
		switch string(b[at+4 : at+8]) {
		case "IHDR":
			if length != 13 || in.width != 0 {
				return in, false
			}
			width, height := binary.BigEndian.Uint32(chunk), binary.BigEndian.Uint32(chunk[4:])
			if width > 1<<30 || height > 1<<30 {
				return in, false
			}
			in.width, in.height = int(width), int(height)
			bytesOfPixel := 4
			if chunk[8] == 16 {
				bytesOfPixel = 8
			}
			if chunk[12] != 0 { // interlaced: its passes are decoded beside it
				bytesOfPixel *= 2
			}
			in.memory = min(in.width, 1<<24) * min(in.height, 1<<24) * bytesOfPixel
		case "acTL":
			in.animated = true
		case "eXIf":
			in.orientation = orientationOf(chunk)
		case "IDAT":
			return in, in.width > 0
		}
		at += 12 + length
	}
	return in, in.width > 0
}

// inspectWebP reads the size from the image itself: what its container says of it may be a lie.
func inspectWebP(b []byte) (in info, ok bool) {
	in = info{kind: "WebP", orientation: 1, decode: webp.Decode}
	for at := 12; at+8 <= len(b); {
		length := int(binary.LittleEndian.Uint32(b[at+4:]))
		rest := b[at+8:]
		chunk := rest[:min(length, len(rest))]
		switch string(b[at : at+4]) {
		case "VP8X":
			in.animated = in.animated || len(chunk) > 0 && chunk[0]&2 != 0
		case "ANIM", "ANMF":
			in.animated = true
		case "VP8 ":
			if in.width != 0 || len(chunk) < 10 || chunk[0]&1 != 0 { // of a still image the first frame is whole
				return in, false
			}
			in.width = int(binary.LittleEndian.Uint16(chunk[6:])) & 0x3fff
			in.height = int(binary.LittleEndian.Uint16(chunk[8:])) & 0x3fff
			in.memory = in.width * in.height * 4 // with its alpha
		case "VP8L":
			if in.width != 0 || len(chunk) < 5 || chunk[0] != 0x2f {
				return in, false
			}
			bits := binary.LittleEndian.Uint32(chunk[1:])
			in.width, in.height = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
			in.memory = in.width * in.height * 8
		case "EXIF":
			in.orientation = orientationOf(bytes.TrimPrefix(chunk, []byte("Exif\x00\x00")))
		}
		if length > len(rest) {
			break
		}
		at += 8 + length + length&1
	}
	return in, in.width > 0
}

// orientationOf reads how an image is to be turned from its EXIF data: 1 to 8, and 1 where that is not known.
func orientationOf(exif []byte) int {
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if exif[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(exif[4:]))
	if at < 8 || at > len(exif)-2 {
		return 1
	}
	entries := exif[at+2:]
	for n := int(order.Uint16(exif[at:])); n > 0 && len(entries) >= 12; n-- {
		const orientation, short = 0x0112, 3
		if order.Uint16(entries) == orientation && order.Uint16(entries[2:]) == short {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}
