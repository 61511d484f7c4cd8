package mpesa

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrUnreadable is wrapped by the errors of ParseCallback, ParseC2B and ParseResult: M-PESA said
// something, and it could not be understood whole.
var ErrUnreadable = errors.New("it cannot be read whole")

func unreadable(what string, why error) error {
	return fmt.Errorf("mpesa %s: %w: %w", what, ErrUnreadable, why)
}

// Legible is a body as text for a person's list, whatever it is: without compression, in UTF-8, on one
// line, at most 500 bytes. What cannot be printed is U+FFFD, and phone numbers are masked (MaskDigits).
func Legible(body []byte) string {
	text, _ := decode(body[:min(len(body), maxBody)])
	if len(text) == 0 {
		text = body
	}
	shown := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), unseen(r):
			return utf8.RuneError
		}
		return r
	}, string(trimAround(text[:min(len(text), 16*maxText)])))
	return cut(oneSpace(MaskDigits(plainDigits(shown))))
}

// plainDigits writes digits of any script as ours, so that a number among them is seen as one.
func plainDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return asciiDigit(r)
		}
		return r
	}, text)
}

// intact returns what a broken document says for certain: its values before the break, each one whole,
// in the objects they stand in. It is empty where there is none, and where why is that documents differ.
func intact(body []byte, why error) json.RawMessage {
	if len(body) > maxBody || errors.Is(why, errSeveral) {
		return nil
	}
	text, _ := decode(body)
	text = trimAround(text)
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil
	}
	docs, _ := tidy(text)
	if len(docs) == 0 {
		return nil
	}
	first := docs[0]
	var broken *json.SyntaxError
	if err := json.Unmarshal(first, new(json.RawMessage)); errors.As(err, &broken) {
		end := min(int(broken.Offset), len(first))
		if rest := closed(first[:end]); json.Valid(rest) { // it ends early
			return rest
		}
		first = closed(first[:max(end, 1)-1]) // it goes on with something else
	}
	if !json.Valid(first) {
		return nil
	}
	return first
}

// closed cuts a text behind its last whole value and closes what is open there. A number is whole only
// where a comma follows: else its last digits may be missing.
func closed(text []byte) []byte {
	var open []byte // the closing brackets that are due
	safe, due, name := 0, 0, false
	for at := 0; at < len(text); at++ {
		switch c := text[at]; c {
		case '{':
			open, name = append(open, '}'), true
		case '[':
			open, name = append(open, ']'), false
		case '}', ']':
			if len(open) == 0 {
				return nil
			}
			open, name = open[:len(open)-1], false
			safe, due = at+1, len(open)
		case ',':
			safe, due = at, len(open)
			name = len(open) > 0 && open[len(open)-1] == '}'
		case ':':
			name = false
		case '"':
			end := at + 1
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			if at = end; at < len(text) && !name {
				safe, due = at+1, len(open)
			}
		}
	}
	out := append([]byte{}, text[:safe]...)
	for due--; due >= 0 && due < len(open); due-- {
		out = append(out, open[due])
	}
	return out
}
