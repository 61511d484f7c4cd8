package mpesa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxBody = 1 << 20
	maxText = 500
)

// object is a JSON object read with its keys exactly as spelt. encoding/json into
// a struct would also take "resultcode" for ResultCode and keep the last of two,
// so that one body could say failure to a reader and success to this program.
type object map[string]member

type member struct {
	raw      json.RawMessage // a part of the body
	conflict bool            // the key came twice with different values
}

// parseObject reads body, which must be one JSON object and nothing else.
func parseObject(body []byte) (object, error) {
	switch {
	case len(body) > maxBody:
		return nil, errors.New("the body is over 1 MiB")
	case len(trimJSON(body)) == 0:
		return nil, errors.New("the body is empty")
	case !json.Valid(body):
		return nil, errors.New("the body is not JSON")
	}
	return splitObject(body)
}

// splitObject takes only what is known to be valid JSON, or nothing at all.
func splitObject(raw []byte) (object, error) {
	if raw = trimJSON(raw); len(raw) == 0 || raw[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	members := object{}
	err := eachMember(raw, func(name string, value []byte) {
		before, twice := members[name]
		members[name] = member{value, before.conflict || twice && !sameJSON(before.raw, value)}
	})
	if err != nil {
		return nil, err
	}
	return members, nil
}

// eachMember yields the members of a valid JSON object in their order, and a name
// as often as it comes.
func eachMember(raw []byte, yield func(name string, value []byte)) error {
	for rest := trimJSON(trimJSON(raw)[1:]); rest[0] != '}'; {
		var key, value []byte
		key, rest = nextValue(rest)
		value, rest = nextValue(trimLeft(rest)[1:]) // the colon
		name, err := unquote(key)
		if err != nil {
			return err
		}
		yield(name, value)
		rest = afterComma(rest)
	}
	return nil
}

// splitList is splitObject for an array.
func splitList(raw []byte) (list []json.RawMessage, isList bool) {
	if raw = trimJSON(raw); len(raw) == 0 || raw[0] != '[' {
		return nil, false
	}
	list = make([]json.RawMessage, 0, 8)
	for rest := trimJSON(raw[1:]); rest[0] != ']'; {
		var value []byte
		value, rest = nextValue(rest)
		list, rest = append(list, value), afterComma(rest)
	}
	return list, true
}

func afterComma(rest []byte) []byte {
	if rest = trimLeft(rest); rest[0] == ',' {
		return trimLeft(rest[1:])
	}
	return rest
}

// nextValue cuts the first value off valid JSON.
func nextValue(text []byte) (value, rest []byte) {
	text = trimLeft(text)
	end := 0
	switch text[0] {
	case '"':
		end = stringEnd(text)
	case '{', '[':
		for depth := 1; depth > 0; {
			end++
			switch text[end] {
			case '"':
				end += stringEnd(text[end:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
		}
		end++
	default: // a number, true, false or null
		for end < len(text) && text[end] > ' ' && text[end] != ',' && text[end] != '}' && text[end] != ']' {
			end++
		}
	}
	return text[:end], text[end:]
}

// stringEnd is where a string ends that text begins with, its quotes included.
func stringEnd(text []byte) int {
	end := 1
	for text[end] != '"' {
		if text[end] == '\\' {
			end++
		}
		end++
	}
	return end + 1
}

// unquote returns a JSON string's content.
func unquote(raw []byte) (string, error) {
	if isPlain(raw) {
		return string(raw[1 : len(raw)-1]), nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}

// isPlain reports whether a value is a string that is spelt as what it says.
func isPlain(raw []byte) bool {
	for _, c := range raw {
		if c == '\\' || c < ' ' || c > '~' {
			return false
		}
	}
	return len(raw) > 1 && raw[0] == '"'
}

func sameJSON(a, b []byte) bool {
	var left, right bytes.Buffer
	return json.Compact(&left, a) == nil && json.Compact(&right, b) == nil && bytes.Equal(left.Bytes(), right.Bytes())
}

// get returns nil where the key is missing or null.
func (o object) get(key string) (json.RawMessage, error) {
	found := o[key]
	if found.conflict {
		return nil, fmt.Errorf("%s is given twice with different values", key)
	}
	if string(found.raw) == "null" {
		return nil, nil
	}
	return found.raw, nil
}

func (o object) object(key string) (object, error) {
	raw, err := o.get(key)
	if err != nil {
		return nil, err
	}
	inner, err := splitObject(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return inner, nil
}

func (o object) code(key string, into *Code) error {
	raw, err := o.get(key)
	if err != nil {
		return err
	}
	if err := into.UnmarshalJSON(raw); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// string returns a string as it is, or "" where the key is missing.
func (o object) string(key string) (string, error) {
	raw, err := o.get(key)
	if err != nil || raw == nil {
		return "", err
	}
	text, err := unquote(raw)
	if err != nil {
		return "", fmt.Errorf("%s is not a string", key)
	}
	return text, nil
}

// id returns a string that is fit to be stored and compared, or "" where the key
// is missing. An id is never cut or cleaned: then it would be another id.
func (o object) id(key string) (string, error) {
	text, err := o.string(key)
	if err != nil {
		return "", err
	}
	if len(text) > maxID || strings.ContainsFunc(text, notInID) {
		return "", fmt.Errorf("%s is not an id", key)
	}
	return text, nil
}

func notInID(r rune) bool { return r <= ' ' || r > '~' }

// text returns a string for people, or "" where there is none.
func (o object) text(key string) string {
	raw, err := o.get(key)
	if err != nil {
		return ""
	}
	return cut(scalar(raw))
}

// scalar is a JSON string's content or a number's literal, else "".
func scalar(raw json.RawMessage) string {
	raw = trimJSON(raw)
	if len(raw) == 0 {
		return ""
	}
	if raw[0] == '"' {
		text, err := unquote(raw)
		if err != nil {
			return ""
		}
		return printable(strings.TrimSpace(text))
	}
	if raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' {
		return string(raw)
	}
	return ""
}

// printable replaces control characters, NUL among them, which databases refuse.
// Replaced and not dropped: dropping could turn "0\x00" into success.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return utf8.RuneError
		}
		return r
	}, text)
}

func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	text = text[:maxText]
	for len(text) > 0 && !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}

func trimJSON(raw []byte) []byte {
	raw = trimLeft(raw)
	for len(raw) > 0 && isSpace(raw[len(raw)-1]) {
		raw = raw[:len(raw)-1]
	}
	return raw
}

func trimLeft(raw []byte) []byte {
	for len(raw) > 0 && isSpace(raw[0]) {
		raw = raw[1:]
	}
	return raw
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
