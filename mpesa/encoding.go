package mpesa

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// decode undoes compression and makes UTF-8 of the text. Beside an error it returns what it has.
func decode(body []byte) ([]byte, error) {
	for range maxLayers {
		inner, packed, err := unpack(body)
		if !packed {
			break
		}
		if err != nil {
			return inner, err
		}
		body = inner
	}
	return toUTF8(body), nil
}

// unpack decompresses a body that is gzip, zlib or raw deflate by its first bytes. One that was cut
// short gives what it holds, since JSON says itself whether it is whole; one whose checksum is wrong, or
// that unpacks to more than 1 MiB, is an error.
func unpack(body []byte) (inner []byte, packed bool, err error) {
	var from io.ReadCloser
	switch {
	case len(body) < 3:
		return nil, false, nil
	case body[0] == 0x1f && body[1] == 0x8b:
		from, err = gzip.NewReader(bytes.NewReader(body))
	case body[0]&0x0f == 8 && body[0]>>4 <= 7 && binary.BigEndian.Uint16(body)%31 == 0:
		from, err = zlib.NewReader(bytes.NewReader(body))
	case !utf8.Valid(body) && !hasMark(body):
		return inflate(body)
	default:
		return nil, false, nil
	}
	if err != nil {
		return nil, false, nil
	}
	inner, err = io.ReadAll(io.LimitReader(from, maxBody+1))
	switch {
	case len(inner) > maxBody:
		return nil, true, errTooLong
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zlib.ErrChecksum):
		return inner, true, errors.New("the compressed body is damaged")
	}
	return inner, len(inner) > 0, nil
}

// inflate is for raw deflate, which has no mark of its own: it is no UTF-8, and counts only where JSON
// comes out.
func inflate(body []byte) (inner []byte, packed bool, err error) {
	inner, _ = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(body)), maxBody+1))
	start := trimAround(inner[:min(len(inner), 64)])
	if len(start) == 0 || start[0] != '{' && start[0] != '[' {
		return nil, false, nil
	}
	if len(inner) > maxBody {
		return nil, true, errTooLong
	}
	return inner, true, nil
}

func hasMark(body []byte) bool {
	return bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) || bytes.HasPrefix(body, []byte("\xff\xfe")) ||
		bytes.HasPrefix(body, []byte("\xfe\xff"))
}

// toUTF8 decodes UTF-16 and UTF-32, by their byte order marks or by where the NULs stand in the first
// characters of JSON, which are ASCII (RFC 4627). Any other text it leaves as it is.
func toUTF8(text []byte) []byte {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe\x00\x00")):
		return fromUTF32(text[4:], binary.LittleEndian)
	case bytes.HasPrefix(text, []byte("\x00\x00\xfe\xff")):
		return fromUTF32(text[4:], binary.BigEndian)
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		return fromUTF16(text[2:], binary.LittleEndian)
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		return fromUTF16(text[2:], binary.BigEndian)
	}
	if len(text) < 8 {
		return text
	}
	pattern := make([]byte, 8)
	for i := range pattern {
		pattern[i] = '.'
		if text[i] == 0 {
			pattern[i] = '0'
		}
	}
	switch string(pattern) {
	case ".000.000":
		return fromUTF32(text, binary.LittleEndian)
	case "000.000.":
		return fromUTF32(text, binary.BigEndian)
	case ".0.0.0.0":
		return fromUTF16(text, binary.LittleEndian)
	case "0.0.0.0.":
		return fromUTF16(text, binary.BigEndian)
	}
	return text
}

// fromUTF16 leaves out a last half of a character: what ends early shows by its JSON.
func fromUTF16(text []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(text)/2)
	for pair := range slices.Chunk(text, 2) {
		if len(pair) == 2 {
			units = append(units, order.Uint16(pair))
		}
	}
	return []byte(string(utf16.Decode(units)))
}

func fromUTF32(text []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(text)/4)
	for four := range slices.Chunk(text, 4) {
		if len(four) == 4 {
			r := rune(utf8.RuneError)
			if value := order.Uint32(four); value <= utf8.MaxRune {
				r = rune(value)
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}
