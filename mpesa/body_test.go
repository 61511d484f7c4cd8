package mpesa

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// way is something that happens to a body between M-PESA and us and leaves its meaning alone.
type way struct {
	name string
	send func(string) []byte
}

func waysToSend() []way {
	return append(append(encodings(), surroundings()...), wrappings()...)
}

func text(change func(string) string) func(string) []byte {
	return func(body string) []byte { return []byte(change(body)) }
}

func around(before, after string) func(string) []byte {
	return text(func(body string) string { return before + body + after })
}

func packed(open func(io.Writer) io.WriteCloser) func(string) []byte {
	return func(body string) []byte {
		var out bytes.Buffer
		w := open(&out)
		_, _ = io.WriteString(w, body)
		_ = w.Close()
		return out.Bytes()
	}
}

func gzipped() func(string) []byte {
	return packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func utf16As(order binary.AppendByteOrder, mark bool) func(string) []byte {
	return func(body string) (out []byte) {
		units := utf16.Encode([]rune(body))
		if mark {
			units = append([]uint16{0xfeff}, units...)
		}
		for _, unit := range units {
			out = order.AppendUint16(out, unit)
		}
		return out
	}
}

func utf32As(order binary.AppendByteOrder, mark bool) func(string) []byte {
	return func(body string) (out []byte) {
		if mark {
			body = "\ufeff" + body
		}
		for _, r := range body {
			out = order.AppendUint32(out, uint32(r))
		}
		return out
	}
}

func encodings() []way {
	return []way{
		{"UTF-8 mark", around("\xef\xbb\xbf", "")},
		{"two marks", around("\xef\xbb\xbf\xef\xbb\xbf", "")},
		{"mark and space", around(" \ufeff\r\n", "\ufeff\n")},
		{"mark read as Latin-1", around("ï»¿", "")},
		{"UTF-16LE with mark", utf16As(binary.LittleEndian, true)},
		{"UTF-16BE with mark", utf16As(binary.BigEndian, true)},
		{"UTF-16LE", utf16As(binary.LittleEndian, false)},
		{"UTF-16BE", utf16As(binary.BigEndian, false)},
		{"UTF-32LE with mark", utf32As(binary.LittleEndian, true)},
		{"UTF-32BE with mark", utf32As(binary.BigEndian, true)},
		{"UTF-32LE", utf32As(binary.LittleEndian, false)},
		{"UTF-32BE", utf32As(binary.BigEndian, false)},
		{"UTF-16LE and half a NUL",
			func(body string) []byte { return append(utf16As(binary.LittleEndian, true)(body), 0) }},
		{"gzip", gzipped()},
		{"gzip twice", func(body string) []byte { return gzipped()(string(gzipped()(body))) }},
		{"gzip of a mark", func(body string) []byte { return gzipped()("\xef\xbb\xbf" + body) }},
		{"gzip of UTF-16",
			func(body string) []byte { return gzipped()(string(utf16As(binary.LittleEndian, true)(body))) }},
		{"gzip in members", func(body string) []byte {
			half := len(body) / 2
			return append(gzipped()(body[:half]), gzipped()(body[half:])...)
		}},
		{"gzip without its end", func(body string) []byte {
			whole := gzipped()(body)
			return whole[:len(whole)-8] // the checksum and the length
		}},
		{"gzip and more", func(body string) []byte { return append(gzipped()(body), "\r\n\x00\x00"...) }},
		{"zlib", packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })},
		{"zlib, best",
			packed(func(w io.Writer) io.WriteCloser {
				z, _ := zlib.NewWriterLevel(w, zlib.BestCompression)
				return z
			})},
		{"deflate",
			packed(func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, flate.BestCompression); return z })},
		{"base64", func(body string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(body))) }},
		{"base64 for addresses",
			func(body string) []byte { return []byte(base64.RawURLEncoding.EncodeToString([]byte(body))) }},
		{"base64 in lines", func(body string) []byte {
			code := base64.StdEncoding.EncodeToString([]byte(body))
			return []byte(code[:len(code)/2] + "\r\n" + code[len(code)/2:] + "\n")
		}},
		{"gzip in base64",
			func(body string) []byte { return []byte(base64.StdEncoding.EncodeToString(gzipped()(body))) }},
	}
}

func surroundings() []way {
	return []way{
		{"NUL behind", around("", "\x00")},
		{"NULs around", around("\x00\x00\x00", "\x00\x00")},
		{"white space of Unicode", around("\u2003\u00a0\f\v\u3000", "\u2028\u0085")},
		{"control characters", around("\x02", "\x03\x1a\x04")},
		{"record separator", around("\x1e", "\n")},
		{"semicolon behind", around("", ";")},
		{"comma behind", around("", ",\n")},
		{"twice", text(func(body string) string { return body + body })},
		{"three times, in lines", text(func(body string) string { return body + "\n" + body + "\n\n" + body })},
		{"twice, with a mark between", text(func(body string) string { return body + "\x00\ufeff" + body })},
		{"guard", around(")]}'\n", "")},
		{"guard with a comma", around(")]}',\n", "")},
		{"endless loop", around("for(;;);", "")},
		{"endless loop, spaced", around("while (1);", "")},
		{"JSONP", around("callback(", ");")},
		{"JSONP with a comment", around("/**/ jQuery.on_1 (", ")\n")},
		{"comments", around("// from the relay\n/* a { */", "/* the end */ // }")},
		{"trailing commas",
			text(func(body string) string { return strings.NewReplacer("}", ",}", "]", " , ]").Replace(body) })},
		{"trailing commas in lines",
			text(func(body string) string { return strings.ReplaceAll(body, "}", ",\r\n\t}") })},
		{"white space between",
			text(func(body string) string { return strings.ReplaceAll(body, `":`, "\"\u00a0:\f\ufeff") })},
		{"comments between",
			text(func(body string) string { return strings.ReplaceAll(body, `":`, "\"/* a \" { */: // b }\n") })},
	}
}

func quoted(body string) string {
	quoted, _ := json.Marshal(body)
	return string(quoted)
}

func wrappings() []way {
	return []way{
		{"string", text(quoted)},
		{"string of a string", text(func(body string) string { return quoted(quoted(body)) })},
		{"string, with a mark in it", text(func(body string) string { return quoted("\ufeff " + body + "\n\x00") })},
		{"string, quotes as they are", around(`"`, `"`)},
		{"single quotes", around(`'`, `'`)},
		{"escaped quotes", text(func(body string) string { return strings.Trim(quoted(body), `"`) })},
		{"as a page", text(html.EscapeString)},
		{"list of one", around("[", "]")},
		{"list of the same", text(func(body string) string { return "[" + body + " , " + body + "]" })},
		{"envelope", around(`{"data":`, `}`)},
		{"envelopes", around(`{"event":{"payload":[`, `]}}`)},
		{"envelope of a string", text(func(body string) string { return `{"body":` + quoted(body) + `}` })},
		{"envelope with more in it", text(func(body string) string {
			return `{"headers":{"Content-Type":"application/json"},"isBase64Encoded":false,"body":` + quoted(body) +
				`,"status":200}`
		})},
		{"envelope of a list of strings",
			text(func(body string) string { return `{"Records":[{"body":` + quoted(body) + `}]}` })},
		{"small letters", text(inCase(strings.ToLower))},
		{"capitals", text(inCase(strings.ToUpper))},
		{"camel case", text(inCase(func(key string) string { return strings.ToLower(key[:1]) + key[1:] }))},
		{"snake case", text(inCase(snake))},
		{"mark before a key", text(inCase(func(key string) string { return "\ufeff" + key }))},
		{"every letter escaped",
			text(inCase(func(key string) string { return `\u00` + strconv.FormatInt(int64(key[0]), 16) + key[1:] }))},
		{"form, the only value", text(func(body string) string { return "data=" + url.QueryEscape(body) })},
		{"form, the only name", text(func(body string) string { return url.QueryEscape(body) + "=" })},
		{"form, the only name, no sign", text(url.QueryEscape)},
		{"form, not escaped", around("json=", "")},
		{"form, the name not escaped", around("", "=")},
		{"form, one of several",
			text(func(body string) string { return "source=relay&payload=" + url.QueryEscape(body) + "&time=1" })},
		{"multipart", text(func(body string) string {
			return "--B0undary\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n" + body +
				"\r\n--B0undary--\r\n"
		})},
		{"PHP's form of an object", phpForm},
	}
}

// inCase respells the names of a document.
func inCase(spell func(string) string) func(string) string {
	return func(body string) string {
		var out strings.Builder
		for rest := body; rest != ""; {
			before, after, found := strings.Cut(rest, `":`)
			if out.WriteString(before); !found {
				break
			}
			whole := out.String()
			quote := strings.LastIndexByte(whole, '"')
			if key := whole[quote+1:]; key != "" {
				out.Reset()
				out.WriteString(whole[:quote+1] + spell(key))
			}
			out.WriteString(`":`)
			rest = after
		}
		return out.String()
	}
}

func snake(key string) string {
	var out strings.Builder
	for i, r := range key {
		if i > 0 && r >= 'A' && r <= 'Z' && key[i-1] >= 'a' {
			out.WriteByte('_')
		}
		out.WriteString(strings.ToLower(string(r)))
	}
	return out.String()
}

// phpForm is what http_build_query makes of a document: every value is a string.
func phpForm(body string) []byte {
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) != nil {
		return nil
	}
	var fields []string
	var put func(name string, value any)
	put = func(name string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, inner := range value {
				if name != "" {
					key = name + "[" + key + "]"
				}
				put(key, inner)
			}
		case []any:
			for i, inner := range value {
				put(name+"["+strconv.Itoa(i)+"]", inner)
			}
		case string:
			fields = append(fields, url.QueryEscape(name)+"="+url.QueryEscape(value))
		case json.Number:
			fields = append(fields, url.QueryEscape(name)+"="+value.String())
		}
	}
	put("", value)
	return []byte(strings.Join(fields, "&"))
}

// Whatever has happened to a body on its way, it says what it said when it was sent.
func TestBodiesAsTheyAreSent(t *testing.T) {
	for _, way := range waysToSend() {
		for _, clean := range []string{captureSuccess2019, captureCancelled2021, captureStringCode} {
			want := parseOK(t, clean)
			if got, err := ParseCallback(way.send(clean)); err != nil || got != want {
				t.Errorf("callback, %s:\ngot  %+v, %v\nwant %+v", way.name, got, err, want)
			}
		}
		for _, clean := range []string{c2bVersion1, c2bVersion2} {
			want, _ := ParseC2B([]byte(clean))
			if got, err := ParseC2B(way.send(clean)); err != nil || got != want {
				t.Errorf("c2b, %s:\ngot  %+v, %v\nwant %+v", way.name, got, err, want)
			}
		}
		for _, clean := range []string{reversalDone, reversalNoSuch} {
			want := resultOK(t, clean)
			got, err := ParseResult(way.send(clean))
			if err != nil || got.Code != want.Code || got.ConversationID != want.ConversationID ||
				got.Desc != want.Desc ||
				!reflect.DeepEqual(got.Parameters.All("Amount"), want.Parameters.All("Amount")) {
				t.Errorf("result, %s:\ngot  %+v, %v\nwant %+v", way.name, got, err, want)
			}
		}
	}
}

// What an object is wrapped in does not matter, and neither does what is left out above it.
func TestCallbackWithoutItsEnvelope(t *testing.T) {
	want := parseOK(t, captureSuccess2019)
	inner := captureSuccess2019[len(`{"Body":`) : len(captureSuccess2019)-1]
	from, to := strings.Index(captureSuccess2019, `{"Item"`), len(captureSuccess2019)-3
	flat := inner[len(`{"stkCallback":`) : len(inner)-1]
	for name, body := range map[string]string{
		"no Body":             inner,
		"flat":                flat,
		"Body is text":        `{"Body":` + quoted(inner) + `}`,
		"stkCallback is text": `{"Body":{"stkCallback":` + quoted(flat) + `}}`,
		"stkCallback a list":  `{"Body":{"stkCallback":[` + flat + `]}}`,
		"metadata as text": captureSuccess2019[:from] + quoted(captureSuccess2019[from:to]) +
			captureSuccess2019[to:],
		"Body a list": `{"Body":[` + inner + `]}`,
		"metadata without Item": strings.Replace(strings.Replace(captureSuccess2019, `{"Item":[`, `[`, 1), `]}}}}`,
			`]}}}`, 1),
	} {
		if got, err := ParseCallback([]byte(body)); err != nil || got != want {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", name, got, err, want)
		}
	}
}

// Raw control characters and bytes that are no UTF-8 spoil their own text and no other.
func TestTextThatIsNoJSON(t *testing.T) {
	for sent, want := range map[string]string{
		"Jo\x01hn": "Jo\ufffdhn", "Jo\nhn": "Jo\ufffdhn", "Jo\thn": "Jo\ufffdhn", "Jo\x00hn": "Jo\ufffdhn",
		"N\xe9stor": "N\ufffdstor", "O'Brien": "O'Brien", "Ng'ang'a": "Ng'ang'a", "Wanjirũ": "Wanjirũ",
		"a // b": "a // b", "a,}": "a,}",
	} {
		for _, format := range []string{
			`{"TransID":"RKL51ZDR4F","FirstName":"%"}`, `{"TransID":"RKL51ZDR4F","FirstName":"%",}`,
		} {
			got, err := ParseC2B([]byte(strings.Replace(format, "%", sent, 1)))
			if err != nil || got.FirstName != want || got.Receipt != "RKL51ZDR4F" {
				t.Errorf("%q: %+v, %v", sent, got, err)
			}
		}
	}
	for _, code := range []string{"\"0\x00\"", "\"\x000\"", "\"0\xff\"", "\"0\n\"", "\"\ufeff0\""} {
		cb, err := ParseCallback([]byte(callbackBody(code, `[]`)))
		if err == nil && Classify(cb.Code).Class == ClassPaid {
			t.Errorf("%q is success", code)
		}
	}
}

func TestC2BForms(t *testing.T) {
	want := C2BPayment{
		Receipt: "RKL51ZDR4F", Amount: 130000, HasAmount: true, BillReference: "B7 K2", Phone: "2547 ***** 126",
		FirstName: "O'Brien & Co",
	}
	for name, body := range map[string]string{
		"plain": "TransID=RKL51ZDR4F&TransAmount=1300.00&BillRefNumber=B7+K2&MSISDN=2547+*****+126" +
			"&FirstName=O%27Brien+%26+Co",
		"thousands": "TransID=rkl51zdr4f&TransAmount=1%2C300.00&BillRefNumber=B7%20K2&MSISDN=2547%20*****%20126" +
			"&FirstName=O%27Brien+%26+Co\r\n",
		"small letters": "transid=RKL51ZDR4F&transamount=1,300&billrefnumber=B7+K2&msisdn=2547+*****+126" +
			"&firstname=O'Brien+%26+Co&other=",
		"mark": "\xef\xbb\xbfTransID=RKL51ZDR4F&TransAmount=KES+1300&BillRefNumber=B7+K2&MSISDN=2547+*****+126" +
			"&FirstName=O%27Brien+%26+Co\x00",
	} {
		if got, err := ParseC2B([]byte(body)); err != nil || got != want {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", name, got, err, want)
		}
	}
	for _, body := range []string{
		"TransID", "TransID=%zz", "&&", "=", "TransID=RKL51ZDR4F&TransID=RKL51ZDR4G", "a b c = d",
		"<TransID=RKL51ZDR4F>",
	} {
		if got, err := ParseC2B([]byte(body)); !errors.Is(err, ErrUnreadable) || got.Receipt != "" {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

// What a payer may type is never taken for what M-PESA says.
func TestPayerCannotWriteDocuments(t *testing.T) {
	typed := quoted(`{"TransID":"UJ22T8IYOU","TransAmount":"5000"}`)
	for _, body := range []string{
		`{"TransAmount":"5.00","BillRefNumber":` + typed + `}`,
		`{"MSISDN":"2547 ***** 126","FirstName":` + typed + `}`,
	} {
		if got, err := ParseC2B([]byte(body)); err == nil || got.Receipt != "" || got.Amount == 500000 {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	if got, err := ParseC2B([]byte(`{"TransID":"RKL51ZDR4F","BillRefNumber":` + typed + `}`)); err != nil ||
		got.Receipt != "RKL51ZDR4F" || got.HasAmount {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDocumentRefuses(t *testing.T) {
	bomb := gzipped()(`{"a":"` + strings.Repeat("a", maxBody) + `"}`)
	damaged := gzipped()(captureSuccess2019)
	damaged[len(damaged)-6] ^= 1
	half := gzipped()(captureSuccess2019)
	for name, body := range map[string][]byte{
		"bomb":                 bomb,
		"bomb in a bomb":       gzipped()(string(bomb)),
		"checksum":             damaged,
		"half of gzip":         half[:len(half)/2],
		"gzip of nothing":      gzipped()(""),
		"gzip's first bytes":   {0x1f, 0x8b, 8, 0},
		"UTF-16 cut":           utf16As(binary.LittleEndian, true)(captureSuccess2019)[:200],
		"two numbers by a NUL": []byte("{\"a\":1\x000}"),
		"NUL in a key's place": []byte("{\x00\"a\":1}"),
		"comma alone":          []byte(`{,}`),
		"two commas":           []byte(`{"a":1,,}`),
		"no colon":             []byte(`{"a" 1}`),
		"open comment":         []byte(`{"a":1 /* }`),
		"open comments":        []byte(`{"a":1 ` + strings.Repeat("/*", 400_000)),
		"deep":                 []byte(strings.Repeat(`{"a":`, 100_000)),
		"deep lists":           []byte(strings.Repeat(`[`, maxBody)),
		"commas":               []byte(strings.Repeat(`,`, maxBody)),
		"NULs":                 make([]byte, maxBody),
		"NULs in a string":     append([]byte(`{"a":"`), make([]byte, maxBody-20)...),
		"quotes":               []byte(strings.Repeat(`"`, maxBody-1)),
		"backslashes":          []byte(`{"` + strings.Repeat(`\`, maxBody-10)),
		"ampersands":           []byte("a=b" + strings.Repeat(`&a=b`, 100_000)),
	} {
		if got, err := document(body); err == nil && name != "quotes" && name != "deep" {
			t.Errorf("%s: %.60s", name, got)
		}
		_, _ = ParseCallback(body)
		_ = Legible(body)
	}
}

// A string of strings of strings ends somewhere.
func TestWrapsAreBounded(t *testing.T) {
	body := captureSuccess2019
	for range 12 {
		body = quoted(body)
	}
	if got, err := ParseCallback([]byte(body)); err == nil {
		t.Errorf("%+v", got)
	}
	if got, err := ParseCallback([]byte(strings.Repeat(`{"a":`, 500) + captureSuccess2019 +
		strings.Repeat("}", 500))); err == nil {
		t.Errorf("%+v", got)
	}
}

func FuzzDocument(f *testing.F) {
	for _, clean := range []string{
		captureSuccess2019, c2bVersion2, reversalDone, queryAnswer, accepted, goodLogin, pullSample, incapsulaPage,
	} {
		f.Add([]byte(clean))
		for _, way := range waysToSend() {
			f.Add(way.send(clean))
			f.Add(way.send(clean[:len(clean)/2]))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := document(body)
		if err != nil && doc != nil {
			t.Fatalf("%q: %v and %q", body, err, doc)
		}
		if err == nil && (!json.Valid(doc) || len(doc) > maxBody) {
			t.Fatalf("%q gives %q", body, doc)
		}
		if clean := trimJSON(body); len(body) <= maxBody && json.Valid(clean) && len(clean) > 0 &&
			(clean[0] == '{' || clean[0] == '[') &&
			!bytes.Equal(doc, clean) {
			t.Fatalf("%q is clean, and became %q", body, doc)
		}
		if err == nil && (doc[0] == '{' || doc[0] == '[') {
			if again, err := document(doc); err != nil || !bytes.Equal(again, doc) {
				t.Fatalf("%q gives %q, and that %q, %v", body, doc, again, err)
			}
		}
		if kept := intact(body, err); len(kept) > 0 && !json.Valid(kept) {
			t.Fatalf("%q: %q", body, kept)
		}
		shown := Legible(body)
		if len(shown) > maxText || strings.ContainsFunc(shown, func(r rune) bool { return r < ' ' || unseen(r) }) ||
			MaskDigits(shown) != shown {
			t.Fatalf("%q is shown as %q", body, shown)
		}
	})
}
