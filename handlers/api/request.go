package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"cinemasphere/handlers/internal/web"
)

// fields is a JSON body, field by field as it came. Fields that nobody asks for are ignored.
type fields map[string]json.RawMessage

// readFields reads a body that must be one JSON object.
func readFields(r *http.Request) (fields, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, &web.Error{
			Status: http.StatusUnsupportedMediaType,
			Public: "The body must be JSON, with Content-Type: application/json.",
		}
	}
	body, err := io.ReadAll(r.Body)
	if web.As[*http.MaxBytesError](err) {
		return nil, &web.Error{
			Status: http.StatusRequestEntityTooLarge,
			Public: fmt.Sprintf("The body may have at most %d bytes.", web.MaxBody), Err: err,
		}
	}
	if err != nil {
		return nil, &web.Error{Status: http.StatusBadRequest, Err: fmt.Errorf("read body: %w", err)}
	}
	if !json.Valid(body) {
		return nil, bad("The body is not valid JSON.")
	}
	var f fields
	if err := json.Unmarshal(body, &f); err != nil || f == nil {
		return nil, bad("The body must be a JSON object.")
	}
	return f, nil
}

// has reports whether the field is there with a value.
func (f fields) has(name string) bool {
	value := bytes.TrimSpace(f[name])
	return len(value) > 0 && !bytes.Equal(value, []byte("null"))
}

func (f fields) need(names ...string) error {
	for _, name := range names {
		if !f.has(name) {
			return bad("Missing required field: " + name)
		}
	}
	return nil
}

func (f fields) text(name string) (string, error) {
	var s string
	if err := json.Unmarshal(f[name], &s); err != nil {
		return "", bad("The field " + name + " must be a string.")
	}
	return s, nil
}

// phone is a string, or for programs that keep numbers as numbers, its digits.
func (f fields) phone(name string) (string, error) {
	if n := f.number(name); n != nil && n.IsInt() && f[name][0] != '"' {
		return n.Num().String(), nil
	}
	return f.text(name)
}

// numberShape is a JSON number, of no more digits than one needs that is meant.
var numberShape = regexp.MustCompile(`^-?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?$`)

// number is a JSON number however it is written, or a string that holds one; nil is anything else. Languages without
// whole numbers write 2.0 or 2e0 for two, and forms send strings.
func (f fields) number(name string) *big.Rat {
	text := string(bytes.TrimSpace(f[name]))
	if s, err := f.text(name); err == nil {
		text = strings.TrimSpace(s)
	}
	if !numberShape.MatchString(text) {
		return nil
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return n
}

// whole is a field that must be a whole number. One that no field of ours can have is 0, which is never right.
func (f fields) whole(name, sentence string) (int64, error) {
	n := f.number(name)
	if n == nil || !n.IsInt() {
		return 0, bad(sentence)
	}
	if !n.Num().IsInt64() {
		return 0, nil
	}
	return max(n.Num().Int64(), 0), nil
}

// id is the number of a film or a screening. What is a number but cannot be one of ours is 0, which nothing has.
func (f fields) id(name string) (int64, error) {
	return f.whole(name, "The field "+name+" must be a number.")
}

// count is how many of something there are to be. One beyond all bounds is 0, which is never a count.
func (f fields) count(name, sentence string) (int, error) {
	n, err := f.whole(name, sentence)
	if n > math.MaxInt32 {
		n = 0
	}
	return int(n), err
}
