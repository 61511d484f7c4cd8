package mpesa

import (
	"bytes"
	"encoding/json"
	"errors"
)

// maxWraps is how many lists, objects and strings may be wrapped around what is looked for.
const maxWraps = 8

// path is where a document has what counts.
type path []string

// pathCallback and pathResult are where M-PESA's own documents have it.
var (
	pathCallback = path{"Body", "stkCallback"}
	pathResult   = path{"Result"}

	errSeveral = errors.New("it holds several documents that differ")
	errNowhere = errors.New("it is no such document")
)

// parseObject finds the one object in a body that has any of the keys; where none has, it is the
// outermost one.
func parseObject(body []byte, keys ...string) (object, error) {
	doc, err := document(body)
	if err != nil {
		return nil, err
	}
	if root, err := splitObject(doc); err == nil && root.has(keys...) {
		return root, nil
	}
	found, err := find(doc, func(o object) bool { return o.has(keys...) })
	if errors.Is(err, errNowhere) {
		return unwrap(doc, maxWraps)
	}
	return found, err
}

// locate finds the object at a path of keys. What has been wrapped around it, or left out above it, does
// not matter as long as only one object can be meant: one that has the last key, or else one that fits.
func locate(doc json.RawMessage, keys path, fits func(object) bool) (object, error) {
	found, err := splitObject(doc)
	for _, key := range keys {
		if err == nil {
			found, err = found.object(key)
		}
	}
	if err == nil || errors.Is(err, errTwice) {
		return found, err
	}
	last := keys[len(keys)-1]
	found, err = find(doc, func(o object) bool { return o.has(last) })
	if err == nil {
		return found.object(last)
	}
	if !errors.Is(err, errNowhere) {
		return nil, err
	}
	return find(doc, fits)
}

// find returns the one object in a document that fits. The same object may be there several times; the
// objects inside one that fits are not looked at.
func find(doc json.RawMessage, fits func(object) bool) (found object, err error) {
	var first bytes.Buffer
	err = errNowhere
	eachObject(doc, maxWraps, func(raw json.RawMessage, o object) (deeper bool) {
		if !fits(o) {
			return true
		}
		var again bytes.Buffer
		_ = json.Compact(&again, raw) // it is valid, or o would not be
		switch {
		case found == nil:
			found, first, err = o, again, nil
		case !bytes.Equal(first.Bytes(), again.Bytes()):
			err = errSeveral
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// eachObject visits the objects of a document, the outer ones first, and those inside where visit says
// so. A string that holds JSON counts as what it holds.
func eachObject(raw json.RawMessage, wraps int, visit func(json.RawMessage, object) (deeper bool)) {
	raw = trimJSON(raw)
	if wraps == 0 || len(raw) == 0 {
		return
	}
	switch raw[0] {
	case '{':
		o, err := splitObject(raw)
		if err != nil || !visit(raw, o) {
			return
		}
		for _, m := range o {
			eachObject(m.raw, wraps-1, visit)
		}
	case '[':
		list, _ := splitList(raw)
		for _, entry := range list {
			eachObject(entry, wraps-1, visit)
		}
	case '"':
		if inner, is := inString(raw); is {
			eachObject(inner, wraps-1, visit)
		}
	}
}

// unwrap returns an object that may be wrapped in strings, or alone in a list.
func unwrap(raw json.RawMessage, wraps int) (object, error) {
	raw = trimJSON(raw)
	if wraps == 0 || len(raw) == 0 {
		return nil, errNotObject
	}
	if raw[0] == '{' {
		return splitObject(raw)
	}
	if inner, is := inString(raw); is {
		return unwrap(inner, wraps-1)
	}
	list, isList := splitList(raw)
	if !isList || len(list) == 0 {
		return nil, errNotObject
	}
	for _, entry := range list[1:] {
		if !sameJSON(list[0], entry) {
			return nil, errSeveral
		}
	}
	return unwrap(list[0], wraps-1)
}

// inString returns the JSON that a JSON string holds, if it holds an object, a list or another string.
func inString(raw json.RawMessage) (json.RawMessage, bool) {
	if raw = trimJSON(raw); len(raw) < 4 || raw[0] != '"' {
		return nil, false
	}
	text, err := unquote(raw)
	if err != nil {
		return nil, false
	}
	inner := trimAround([]byte(text))
	if len(inner) == 0 || inner[0] != '{' && inner[0] != '[' && inner[0] != '"' {
		return nil, false
	}
	doc, err := plainDocument(inner)
	return doc, err == nil
}
