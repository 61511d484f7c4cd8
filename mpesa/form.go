package mpesa

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/url"
	"strings"
)

// maxFields bounds a form; M-PESA's longest documents have about thirty values.
const maxFields = 500

type formField struct{ name, value string }

// readForm makes an object of a=b&c=d, in which every value is a string. A form that is nothing but a
// JSON document, as its only name or value, is that document.
func readForm(text []byte, layers int) (json.RawMessage, error) {
	name, value, _ := bytes.Cut(text, []byte("="))
	if value = trimAround(value); len(value) > 0 && (value[0] == '{' || value[0] == '[') && isFieldName(string(name)) {
		if doc, err := readText(value, layers); err == nil {
			return doc, nil
		}
	}
	var fields []formField
	for part := range strings.SplitSeq(string(text), "&") {
		name, value, both := strings.Cut(strings.TrimSpace(part), "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil || len(fields) == maxFields {
			return nil, errNotJSON
		}
		if inner := trimAround([]byte(name)); len(inner) > 0 && (inner[0] == '{' || inner[0] == '[') && value == "" {
			return readText(inner, layers)
		}
		if !both || !isFieldName(name) {
			return nil, errNotJSON
		}
		fields = append(fields, formField{name, value})
	}
	return formObject(fields)
}

// readMultipart reads what PHP's curl makes of an array. Its first line names what parts its fields.
func readMultipart(text []byte, _ int) (json.RawMessage, error) {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	boundary, dashes := bytes.CutPrefix(bytes.TrimRight(first, " \t\r"), []byte("--"))
	if !dashes || len(boundary) == 0 {
		return nil, errNotJSON
	}
	var fields []formField
	for reader := multipart.NewReader(bytes.NewReader(text), string(boundary)); ; {
		part, err := reader.NextPart()
		if err == io.EOF {
			return formObject(fields)
		}
		if err != nil || len(fields) == maxFields {
			return nil, errNotJSON
		}
		value, err := io.ReadAll(part)
		if err != nil || !isFieldName(part.FormName()) {
			return nil, errNotJSON
		}
		fields = append(fields, formField{part.FormName(), string(value)})
	}
}

func isFieldName(name string) bool {
	name = strings.TrimSpace(name)
	odd := func(r rune) bool { return r < ' ' || r == '<' || r == '{' }
	return name != "" && len(name) <= maxID && !strings.ContainsFunc(name, odd)
}

// formNode is a name and what stands under it: PHP writes an object as Body[stkCallback][ResultCode]=0.
type formNode struct {
	name     string
	value    *string // nil for an object or a list
	children []*formNode
}

func formObject(fields []formField) (json.RawMessage, error) {
	if len(fields) == 0 {
		return nil, errNotJSON
	}
	root := &formNode{}
	for _, f := range fields {
		name, inner, nested := strings.Cut(strings.TrimSuffix(strings.TrimSpace(f.name), "]"), "[")
		path := []string{name}
		if nested {
			path = append(path, strings.Split(inner, "][")...)
		}
		if len(path) > maxWraps {
			return nil, errNotJSON
		}
		root.put(path, f.value)
	}
	return root.json(), nil
}

func (n *formNode) put(path []string, value string) {
	if len(path) == 0 {
		n.value = &value
		return
	}
	var under *formNode
	for _, child := range n.children {
		if child.name == path[0] && child.name != "" && child.value == nil && len(path) > 1 {
			under = child
		}
	}
	if under == nil {
		under = &formNode{name: path[0]}
		n.children = append(n.children, under)
	}
	under.put(path[1:], value)
}

// isList reports whether the names are those of a list: a[]=, or a[0]=, a[1]=.
func (n *formNode) isList() bool {
	for _, child := range n.children {
		if strings.Trim(child.name, "0123456789") != "" {
			return false
		}
	}
	return true
}

func (n *formNode) json() json.RawMessage {
	if n.value != nil {
		text, _ := json.Marshal(*n.value) // a string always can be
		return text
	}
	open, end := byte('{'), byte('}')
	if n.isList() {
		open, end = '[', ']'
	}
	out := []byte{open}
	for i, child := range n.children {
		if i > 0 {
			out = append(out, ',')
		}
		if open == '{' {
			name, _ := json.Marshal(child.name)
			out = append(append(out, name...), ':')
		}
		out = append(out, child.json()...)
	}
	return append(out, end)
}
