package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"cinemasphere/handlers/internal/web"
)

// fields is a JSON body, field by field as it came. Fields that nobody asks for are ignored.
type fields map[string]json.RawMessage

// readFields reads a body that must be one JSON object.
func readFields(r *http.Request) (fields, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, &web.Error{Status: http.StatusUnsupportedMediaType, Public: "The body must be JSON, with Content-Type: application/json."}
	}
	body, err := io.ReadAll(r.Body)
	if web.As[*http.MaxBytesError](err) {
		return nil, &web.Error{Status: http.StatusRequestEntityTooLarge, Public: fmt.Sprintf("The body may have at most %d bytes.", web.MaxBody), Err: err}
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
	if raw := bytes.TrimSpace(f[name]); wholeNumber.Match(raw) {
		return string(raw), nil
	}
	return f.text(name)
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

// id is a JSON number or a string of digits. What is a number but cannot be an id of ours is 0, which nothing has.
func (f fields) id(name string) (int64, error) {
	raw := string(bytes.TrimSpace(f[name]))
	if s, err := f.text(name); err == nil {
		raw = strings.TrimSpace(s)
	}
	if !wholeNumber.MatchString(raw) {
		return 0, bad("The field " + name + " must be a number.")
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, nil
	}
	return max(n, 0), err
}

// count is a JSON integer. One beyond all bounds is 0, which is never a count.
func (f fields) count(name, sentence string) (int, error) {
	raw := bytes.TrimSpace(f[name])
	if !wholeNumber.Match(raw) {
		return 0, bad(sentence)
	}
	n, err := strconv.ParseInt(string(raw), 10, 32)
	if err != nil {
		return 0, nil
	}
	return int(n), nil
}
