package mpesa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxBody = 1 << 20
	maxText = 500
)

// object is a JSON object, its members in the order in which they came. A member is found by its name
// whatever the case of its letters, since relays change that. Where one name has several values that
// differ, none of them counts: encoding/json into a struct would keep the last one, so that one body
// could say failure to a reader and success to this program.
type object []member

type member struct {
	name []byte          // without its quotes
	raw  json.RawMessage // a part of the body
}

var (
	errTwice     = errors.New("is given twice with different values")
	errNotObject = errors.New("not a JSON object")
)

// splitObject takes only what is known to be valid JSON, or nothing at all.
func splitObject(raw []byte) (object, error) {
	if raw = trimJSON(raw); len(raw) == 0 || raw[0] != '{' {
		return nil, errNotObject
	}
	members := make(object, 0, 8)
	err := eachMember(raw, func(name, value []byte) { members = append(members, member{name, value}) })
	if err != nil {
		return nil, err
	}
	return members, nil
}

// eachMember yields the members of a valid JSON object in their order, and a name
// as often as it comes.
func eachMember(raw []byte, yield func(name, value []byte)) error {
	for rest := trimJSON(trimJSON(raw)[1:]); rest[0] != '}'; {
		var key, value []byte
		key, rest = nextValue(rest)
		value, rest = nextValue(trimLeft(rest)[1:]) // the colon
		name, err := unquoteName(key)
		if err != nil {
			return err
		}
		yield(name, value)
		rest = afterComma(rest)
	}
	return nil
}

// unquoteName returns a member's name, without what nobody can see in it.
func unquoteName(raw []byte) ([]byte, error) {
	if isPlain(raw) {
		return raw[1 : len(raw)-1], nil
	}
	name, err := unquote(raw)
	return []byte(strings.Map(dropUnseen, name)), err
}

// sameName compares the letters and digits of two names, whatever their case: ResultCode, resultCode,
// RESULTCODE, result_code.
func sameName(name []byte, want string) bool {
	if string(name) == want {
		return true
	}
	at := 0
	for _, c := range name {
		if c >= utf8.RuneSelf {
			return false
		}
		if !isLetterOrDigit(c) {
			continue
		}
		for at < len(want) && !isLetterOrDigit(want[at]) {
			at++
		}
		if at == len(want) || lower(c) != lower(want[at]) {
			return false
		}
		at++
	}
	for at < len(want) && !isLetterOrDigit(want[at]) {
		at++
	}
	return at == len(want)
}

func isLetterOrDigit(c byte) bool { return c >= '0' && c <= '9' || lower(c) >= 'a' && lower(c) <= 'z' }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// splitList is splitObject for an array, which may be wrapped in a string.
func splitList(raw []byte) (list []json.RawMessage, isList bool) {
	if inner, is := inString(raw); is {
		raw = inner
	}
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
	if bytes.Equal(a, b) {
		return true
	}
	var left, right bytes.Buffer
	return json.Compact(&left, a) == nil && json.Compact(&right, b) == nil && bytes.Equal(left.Bytes(), right.Bytes())
}

// has reports whether one of the keys is there, whatever its value.
func (o object) has(keys ...string) bool {
	return slices.ContainsFunc(o, func(m member) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return sameName(m.name, key) })
	})
}

// get returns nil where the key is missing or null.
func (o object) get(key string) (found json.RawMessage, err error) {
	for _, m := range o {
		if !sameName(m.name, key) {
			continue
		}
		if found != nil && !sameJSON(found, m.raw) {
			return nil, fmt.Errorf("%s %w", key, errTwice)
		}
		found = m.raw
	}
	if string(found) == "null" {
		return nil, nil
	}
	return found, nil
}

func (o object) object(key string) (object, error) {
	raw, err := o.get(key)
	if err != nil {
		return nil, err
	}
	inner, err := unwrap(raw, maxWraps)
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

// accepted is nil where ResponseCode is zero, however it is spelt: "0", 0, "00000000". It only says that
// a request was taken, and never that anything was paid.
func (o object) accepted() error {
	var code Code
	if err := o.code("ResponseCode", &code); err != nil {
		return err
	}
	if cents, isNumber := parseCents(strings.TrimSpace(string(code))); !isNumber || cents != 0 {
		return errors.New("ResponseCode is not 0")
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
// is missing. White space around it does not belong to it; else an id is never cut or
// cleaned: then it would be another id.
func (o object) id(key string) (string, error) {
	text, err := o.string(key)
	if err != nil {
		return "", err
	}
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unseen(r) })
	if len(text) > maxID || strings.ContainsFunc(text, notInID) {
		return "", fmt.Errorf("%s is not an id", key)
	}
	return text, nil
}

// checkoutID is the id of a push. Every one observed begins with ws_CO_ and has digits: a word such as
// null, or a row of zeros, stands in for an id and is none.
func (o object) checkoutID() (string, error) {
	id, err := o.id("CheckoutRequestID")
	if id != "" && !strings.HasPrefix(id, "ws_CO_") && !strings.ContainsAny(id, "123456789") {
		return "", errors.New("CheckoutRequestID is not an id")
	}
	return id, err
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
