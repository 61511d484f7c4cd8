package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// assignment is one NAME=value of a file, and the number of its line.
type assignment struct {
	name, value string
	line        int
}

// lineError says what kind of mistake is in a line. It never holds anything of the line.
type lineError struct {
	line    int
	problem string
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.problem) }

const typographicQuotes = "“”„‟‘’‚‛«»"

var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parseDotenv reads the text of a file .env. Values are literal: nothing in them is replaced, and nothing escapes
// anything. It joins a *lineError for each line that it cannot read.
func parseDotenv(data []byte) ([]assignment, error) {
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	var all []assignment
	var errs []error
	seen := map[string]assignment{}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		a, err := parseLine(line)
		switch {
		case err != nil:
			errs = append(errs, &lineError{number, err.Error()})
			continue
		case a.name == "":
			continue
		}
		a.line = number
		if before, is := seen[a.name]; is && before.value != a.value {
			errs = append(errs, &lineError{number, fmt.Sprintf("the same name as in line %d, with another value",
				before.line)})
			continue
		} else if is {
			continue
		}
		seen[a.name] = a
		all = append(all, a)
	}
	return all, errors.Join(errs...)
}

// decodeText reads UTF-8, and what editors on Windows write: UTF-8 and UTF-16 with a byte order mark. Lines end with LF
// in what it returns.
func decodeText(data []byte) (string, error) {
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	little := bytes.HasPrefix(data, []byte("\xff\xfe"))
	if little || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		units := make([]uint16, 0, len(data)/2)
		for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
			high, low := rest[0], rest[1]
			if little {
				high, low = low, high
			}
			units = append(units, uint16(high)<<8|uint16(low))
		}
		text = string(utf16.Decode(units))
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	number := 1
	for _, r := range text {
		switch {
		case r == '\n':
			number++
		case r == utf8.RuneError, r == 0:
			return "", &lineError{number, "it is not UTF-8 text: save the file as UTF-8"}
		}
	}
	return text, nil
}

// parseLine reads one line. The name is "" where nothing is assigned. The error holds nothing of the line.
func parseLine(line string) (assignment, error) {
	line = strings.TrimFunc(line, isBlank)
	if line == "" || line[0] == '#' || line[0] == ';' {
		return assignment{}, nil
	}
	name, value, found := strings.Cut(line, "=")
	if !found {
		return assignment{}, errors.New("there is no = in it: it must be NAME=value, or begin with # as a comment")
	}
	name = strings.TrimFunc(name, isBlank)
	if rest, is := strings.CutPrefix(name, "export"); is && rest != strings.TrimLeftFunc(rest, isBlank) {
		name = strings.TrimLeftFunc(rest, isBlank)
	}
	if !settingName.MatchString(name) {
		return assignment{},
			errors.New("what stands before = is no name: it must be letters, digits and _, such as BASE_URL")
	}
	value, err := parseValue(value)
	if err != nil {
		return assignment{}, err
	}
	return assignment{name: name, value: value}, nil
}

// parseValue takes the quotes away, or the comment that begins with # after a space.
func parseValue(text string) (string, error) {
	value := strings.TrimLeftFunc(text, isBlank)
	if value == "" {
		return "", nil
	}
	if quote := value[0]; quote == '"' || quote == '\'' {
		inner, after, closed := strings.Cut(value[1:], string(quote))
		if !closed {
			return "", fmt.Errorf("a quote is opened with %c and not closed", quote)
		}
		rest := strings.TrimLeftFunc(after, isBlank)
		if rest != "" && (rest == after || rest[0] != '#') {
			return "",
				fmt.Errorf("something follows the closing %c: put a value that has a %c in it into the other quotes",
					quote, quote)
		}
		return inner, nil
	}
	if strings.IndexAny(value, typographicQuotes) == 0 {
		return "", errors.New(`the value begins with a typographic quote: use " or '`)
	}
	spaced := false
	for i, r := range text {
		if r == '#' && spaced {
			text = text[:i]
			break
		}
		spaced = unicode.IsSpace(r)
	}
	return strings.TrimFunc(text, isBlank), nil
}

// isBlank reports whether a character shows nothing: white space, controls, and what has no width.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || isHidden(r)
}

// isHidden reports whether a character cannot be seen, and is no plain space: what comes along when text is copied.
func isHidden(r rune) bool {
	return r != ' ' && (unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point) || r == '\u2800')
}
