package checkout_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"
)

// shape is what becomes of a body on its way from M-PESA: proxies, relays in other languages, and M-PESA itself change
// it.
type shape = func([]byte) []byte

// transports are shapes that leave what a body says, and change how it is written, or destroy it.
var transports = map[string]shape{
	"as it comes":            func(b []byte) []byte { return b },
	"a byte order mark":      func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) },
	"two byte order marks":   func(b []byte) []byte { return append([]byte("\xef\xbb\xbf\xef\xbb\xbf"), b...) },
	"NUL at the end":         func(b []byte) []byte { return append(bytes.Clone(b), 0) },
	"NULs around":            func(b []byte) []byte { return append(append([]byte{0, 0}, b...), 0, 0, 0) },
	"a form feed at the end": func(b []byte) []byte { return append(bytes.Clone(b), '\f', '\v') },
	"white space of Unicode": func(b []byte) []byte { return append([]byte("\u00a0\u2003"), b...) },
	"gzip":                   zipped,
	"gzip, cut short":        func(b []byte) []byte { return zipped(b)[:20] },
	"UTF-16, little end":     func(b []byte) []byte { return utf16Of(b, binary.LittleEndian, true) },
	"UTF-16, big end":        func(b []byte) []byte { return utf16Of(b, binary.BigEndian, true) },
	"UTF-16 without a mark":  func(b []byte) []byte { return utf16Of(b, binary.LittleEndian, false) },
	"a trailing comma":       func(b []byte) []byte { return append(bytes.TrimSuffix(b, []byte("}")), ",}"...) },
	"small keys":             func(b []byte) []byte { return keys(b, strings.ToLower) },
	"capital keys":           func(b []byte) []byte { return keys(b, strings.ToUpper) },
	"as a JSON string":       func(b []byte) []byte { return quoted(b) },
	"in an array":            func(b []byte) []byte { return append(append([]byte("["), b...), ']') },
	"in an envelope":         func(b []byte) []byte { return append(append([]byte(`{"data":`), b...), '}') },
	"as a string in one":     func(b []byte) []byte { return append(append([]byte(`{"body":`), quoted(b)...), '}') },
	"as a form's field":      func(b []byte) []byte { return []byte("payload=" + url.QueryEscape(string(b))) },
	"as a form's key":        func(b []byte) []byte { return []byte(url.QueryEscape(string(b)) + "=") },
	"twice in a row":         func(b []byte) []byte { return append(bytes.Clone(b), b...) },
	"after a guard":          func(b []byte) []byte { return append([]byte(")]}',\n"), b...) },
	"a raw control character": func(b []byte) []byte {
		return bytes.Replace(b, []byte("Desc\":\""), []byte("Desc\":\"\n\t\x01"), 1)
	},
	"Latin-1": func(b []byte) []byte {
		return bytes.Replace(b, []byte("Desc\":\""), []byte("Desc\":\"\xe9"), 1)
	},
	"cut in the middle":   func(b []byte) []byte { return b[:len(b)/2] },
	"cut at the end":      func(b []byte) []byte { return b[:len(b)-1] },
	"the first bytes":     func(b []byte) []byte { return b[:3] },
	"empty":               func([]byte) []byte { return nil },
	"null":                func([]byte) []byte { return []byte("null") },
	"an empty object":     func([]byte) []byte { return []byte("{}") },
	"an array of nothing": func([]byte) []byte { return []byte("[]") },
	"a web page":          func([]byte) []byte { return []byte("<html><body>Request blocked</body></html>") },
	"XML":                 func([]byte) []byte { return []byte(`<?xml version="1.0"?><Result/>`) },
	"single quotes":       func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"`), []byte("'")) },
	"longer than is kept": func(b []byte) []byte {
		return append(bytes.TrimSuffix(b, []byte("}")), (`,"padding":"` + strings.Repeat("x", 70<<10) + `"}`)...)
	},
	"noise": func([]byte) []byte { return []byte{0xff, 0xfe, 0x00, 0x80, 0x01} },
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // into memory
	_ = w.Close()
	return out.Bytes()
}

func utf16Of(b []byte, order binary.AppendByteOrder, mark bool) (out []byte) {
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, unit := range utf16.Encode([]rune(string(b))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func quoted(b []byte) []byte {
	out, _ := json.Marshal(string(b)) // of text it cannot fail
	return out
}

var keyForm = regexp.MustCompile(`"[A-Za-z]+":`)

func keys(b []byte, change func(string) string) []byte {
	return keyForm.ReplaceAllFunc(b, func(key []byte) []byte { return []byte(change(string(key))) })
}

// value changes the value of one item or field of a body; "" takes it out.
func value(name, to string) shape {
	item := regexp.MustCompile(`\{"(?:Name|Key)":"` + name + `","Value":[^}]*\},?`)
	field := regexp.MustCompile(`"` + name + `":("[^"]*"|[0-9.]+)`)
	return func(b []byte) []byte {
		switch {
		case item.Match(b) && to == "":
			b = item.ReplaceAll(b, nil)
			return bytes.ReplaceAll(b, []byte("},]"), []byte("}]"))
		case item.Match(b):
			word := regexp.MustCompile(`("(?:Name|Key)":"` + name + `","Value":)[^}]*`)
			return word.ReplaceAll(b, []byte("${1}"+strings.ReplaceAll(to, "$", "$$")))
		case to == "":
			return bytes.ReplaceAll(field.ReplaceAll(b, []byte(`"x":0`)), []byte(`"x":0`), []byte(`"nothing":""`))
		}
		return field.ReplaceAll(b, []byte(`"`+name+`":`+to))
	}
}
