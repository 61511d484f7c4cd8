package mpesa

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Code is a result code as text. Daraja sends numbers ("0", "1032") and strings
// ("SFC_IC0003", "E3008"); both observed. The only success is "0".
type Code string

// Success is the one code that says money was taken.
const Success Code = "0"

// plain is the code as M-PESA writes it where it is a number that is spelt in another way, or else as it
// is. It never makes success of anything.
func (c Code) plain() Code {
	number := strings.TrimLeft(wholeNumber(strings.TrimSpace(string(c))), "0")
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return c
	}
	return Code(number)
}

var errNoCode = errors.New("no result code")

// UnmarshalJSON takes a JSON number or string. A string is trimmed, except where
// trimming would make it "0": success must be said exactly. A number keeps its
// spelling, so 0.0 is not success. Null, booleans, arrays, objects and the empty
// string are errors.
func (c *Code) UnmarshalJSON(raw []byte) error {
	raw = trimJSON(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return errNoCode
	case raw[0] == '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return fmt.Errorf("result code: %w", err)
		}
		trimmed := printable(strings.TrimSpace(text))
		if trimmed == "" {
			return errNoCode
		}
		if trimmed == string(Success) && text != trimmed {
			trimmed = printable(text)
		}
		*c = Code(cut(trimmed))
		return nil
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		*c = Code(cut(string(raw)))
		return nil
	}
	return errors.New("result code is neither a number nor a string")
}
