package mpesa

import (
	"bytes"
	"encoding/json"
	"unicode"
	"unicode/utf8"
)

// tidy makes JSON of what is nearly JSON, in one pass, and cuts it where a document ends and another
// begins. Between the parts of a document it takes any white space, comments, and a comma before a
// closing bracket; inside a string, raw control characters. Whole is false where the text ends before
// its last document does, or goes on with something else.
func tidy(text []byte) (docs []json.RawMessage, whole bool) {
	t := tidier{text: text, out: make([]byte, 0, len(text))}
	for t.at < len(text) && len(t.out) <= maxBody {
		if !t.step() {
			return t.docs(), false
		}
	}
	return t.docs(), t.depth == 0 && len(t.out) <= maxBody && t.begin == len(t.out)
}

type tidier struct {
	text  []byte
	at    int // what of text has been read
	out   []byte
	begin int // where in out the current document begins
	depth int // of its brackets
	ends  []int
}

func (t *tidier) docs() (docs []json.RawMessage) {
	from := 0
	for _, end := range append(t.ends, len(t.out)) {
		if end > from {
			docs = append(docs, t.out[from:end])
		}
		from = end
	}
	return docs
}

// step reads one part. It is false where the text cannot go on like that.
func (t *tidier) step() bool {
	if skipped := skipSpace(t.text[t.at:], t.depth == 0); skipped > 0 {
		t.at += skipped
		if len(t.out) > t.begin {
			t.out = append(t.out, ' ') // or else two numbers would become one
		}
		return true
	}
	switch c := t.text[t.at]; c {
	case '"':
		return t.quoted()
	case '{', '[':
		t.depth++
		t.out = append(t.out, c)
	case '}', ']':
		t.depth--
		t.out = append(t.out, c)
		if t.depth < 0 {
			return false
		}
		t.endDocument()
	case ',', ';', '=':
		return t.separator(c)
	default:
		t.out = append(t.out, c)
		if t.depth == 0 || !isLetterOrDigit(c) && c != ':' && c != '-' && c != '+' && c != '.' {
			return false
		}
	}
	t.at++
	return true
}

func (t *tidier) endDocument() {
	if t.depth == 0 {
		t.begin = len(t.out)
		t.ends = append(t.ends, t.begin)
	}
}

// separator drops a comma where nothing follows it, and what may stand between documents or behind them.
func (t *tidier) separator(c byte) bool {
	rest := t.text[t.at+1:]
	rest = rest[skipSpace(rest, t.depth == 0):]
	switch {
	case t.depth == 0 && (c != '=' || len(rest) == 0):
	case c == ',' && len(rest) > 0 && (rest[0] == '}' || rest[0] == ']') && !t.afterOpening():
	default:
		t.out = append(t.out, c)
	}
	t.at++
	return t.depth > 0 || c != '=' || len(rest) == 0
}

// afterOpening reports whether nothing stands in the current object or list yet.
func (t *tidier) afterOpening() bool {
	so := bytes.TrimRight(t.out, " ")
	return len(so) > 0 && (so[len(so)-1] == '{' || so[len(so)-1] == '[' || so[len(so)-1] == ',')
}

// quoted copies a string. It is false where the string does not end.
func (t *tidier) quoted() bool {
	t.out = append(t.out, '"')
	for t.at++; t.at < len(t.text); t.at++ {
		c := t.text[t.at]
		switch {
		case c == '"':
			t.out = append(t.out, '"')
			t.at++
			t.endDocument()
			return true
		case c == '\\' && (t.at+1 == len(t.text) || t.text[t.at+1] < ' '):
			return false
		case c == '\\':
			t.at++
			t.out = append(t.out, c, t.text[t.at])
		case c < ' ':
			const hex = "0123456789abcdef"
			t.out = append(t.out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			t.out = append(t.out, c)
		}
	}
	return false
}

// skipSpace is the length of the white space and the comments that text begins with. Around documents
// control characters count too, such as NUL; inside, one may be the rest of something else.
func skipSpace(text []byte, around bool) int {
	at := 0
	for at < len(text) {
		size := 0
		switch rest := text[at:]; {
		case isSpace(rest[0]):
			size = 1
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest[2:], []byte("*/"))
			if end < 0 {
				return at
			}
			size = end + 4
		case bytes.HasPrefix(rest, []byte("//")):
			if size = bytes.IndexByte(rest, '\n'); size < 0 {
				size = len(rest)
			}
		default:
			r, n := utf8.DecodeRune(rest)
			if unicode.IsSpace(r) || unseen(r) || around && unicode.IsControl(r) {
				size = n
			}
		}
		if size == 0 {
			return at
		}
		at += size
	}
	return at
}

// trimAround drops from both ends what nobody can see. A UTF-8 byte order mark that was taken for three
// letters belongs to it.
func trimAround(text []byte) []byte {
	for {
		trimmed := bytes.TrimFunc(text, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || unseen(r)
		})
		trimmed = bytes.TrimPrefix(trimmed, []byte("\u00ef\u00bb\u00bf"))
		if len(trimmed) == len(text) {
			return trimmed
		}
		text = trimmed
	}
}

// unseen knows the characters that show nothing and are neither white space nor control characters: byte
// order marks, zero-width and direction marks, soft hyphens, variation selectors and blank letters.
func unseen(r rune) bool {
	if r < 0xad {
		return false
	}
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}

func dropUnseen(r rune) rune {
	if unseen(r) {
		return -1
	}
	return r
}
