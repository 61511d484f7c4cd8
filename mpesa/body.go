package mpesa

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"regexp"
	"unicode"
)

// maxLayers is how many encodings may lie around a document.
const maxLayers = 4

var (
	errTooLong = errors.New("the body is over 1 MiB")
	errEmpty   = errors.New("the body is empty")
	errNotJSON = errors.New("the body is not JSON")

	// What servers put before JSON so that no other site can load it as a script.
	guardPrefix = regexp.MustCompile(`^(?:\)\]\}'?,?|(?:while|for) ?\((?:1|;;)\);|throw 1;|\{\}&&)\s*`)
	jsonpForm   = regexp.MustCompile(`(?s)^[A-Za-z_$][\w.$]*\s*\((.*)\)[\s;]*$`)
)

// document makes valid JSON of a body, whatever a proxy or a relay has done to it on its way: its
// encoding, what stands around it, and what is not allowed in JSON but can mean one thing only. It goes
// by the bytes alone, since headers are not kept. It never guesses: what ends early, contradicts itself
// or could be read in two ways is an error. A clean body is returned as it is, at the cost of one look.
func document(body []byte) (json.RawMessage, error) {
	if len(body) > maxBody {
		return nil, errTooLong
	}
	if raw := trimJSON(body); len(raw) > 0 && raw[0] == '{' && json.Valid(raw) {
		return raw, nil
	}
	text, err := decode(body)
	if err != nil {
		return nil, err
	}
	return readText(text, maxLayers)
}

// readText reads a text of which it is not known yet whether it is JSON.
func readText(text []byte, layers int) (json.RawMessage, error) {
	text = trimAround(text)
	text = text[skipSpace(text, true):] // comments too
	if guard := guardPrefix.Find(text); guard != nil {
		text = trimAround(text[len(guard):])
	}
	switch {
	case len(text) == 0:
		return nil, errEmpty
	case layers == 0, text[0] == '<':
		return nil, errNotJSON
	}
	if bytes.IndexByte([]byte(`{["/'`), text[0]) >= 0 {
		doc, err := plainDocument(text)
		if err == nil || errors.Is(err, errSeveral) {
			return doc, err
		}
		if inner, escaped := unescape(text); escaped {
			return readText(inner, layers-1)
		}
		return nil, err
	}
	if match := jsonpForm.FindSubmatch(text); match != nil {
		return readText(match[1], layers-1)
	}
	for _, read := range []func([]byte, int) (json.RawMessage, error){readMultipart, readBase64, readForm} {
		if doc, err := read(text, layers-1); err == nil || errors.Is(err, errSeveral) {
			return doc, err
		}
	}
	return nil, errNotJSON
}

// unescape undoes what was done to the quotes of a document: \" by PHP and WordPress, &quot; by pages,
// and quotes around the whole that are no part of it.
func unescape(text []byte) ([]byte, bool) {
	rest, last := trimLeft(text[1:]), len(text)-1
	switch {
	case last > 0 && (text[0] == '"' || text[0] == '\'') && text[last] == text[0]:
		return text[1:last], true
	case bytes.HasPrefix(rest, []byte(`\"`)):
		quoted := append(append([]byte{'"'}, text...), '"')
		if inner, err := unquote(quoted); json.Valid(quoted) && err == nil {
			return []byte(inner), true
		}
	case bytes.HasPrefix(rest, []byte("&quot;")), bytes.HasPrefix(rest, []byte("&#34;")):
		return []byte(html.UnescapeString(string(text))), true
	}
	return nil, false
}

func readBase64(text []byte, layers int) (json.RawMessage, error) {
	text = bytes.TrimRight(bytes.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r == '-':
			return '+'
		case r == '_':
			return '/'
		}
		return r
	}, text), "=")
	plain, err := base64.RawStdEncoding.DecodeString(string(text))
	if err != nil {
		return nil, errNotJSON
	}
	if plain, err = decode(plain); err != nil {
		return nil, err
	}
	if plain = trimAround(plain); len(plain) == 0 || plain[0] != '{' {
		return nil, errNotJSON
	}
	return readText(plain, layers)
}

// plainDocument reads a text that begins as JSON does: one document, or the same one several times.
func plainDocument(text []byte) (json.RawMessage, error) {
	if json.Valid(text) {
		return trimJSON(text), nil
	}
	docs, whole := tidy(text)
	if len(docs) == 0 || !whole {
		return nil, errNotJSON
	}
	for _, doc := range docs {
		if !json.Valid(doc) {
			return nil, errNotJSON
		}
	}
	for _, doc := range docs[1:] {
		if !sameJSON(docs[0], doc) {
			return nil, errSeveral
		}
	}
	return trimJSON(docs[0]), nil
}
