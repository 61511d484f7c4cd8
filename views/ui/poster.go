package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"strings"
	"unicode"
)

// The room for the title on a drawn poster, in its units of 600 × 900.
const (
	titleWidth  = 496
	titleHeight = 560
	titleLines  = 8
)

// posterInks are the two colours of a drawn poster's light, dark enough for white words on either.
var posterInks = [...][2]string{
	{"#5a0f16", "#12060a"}, {"#3a1a5c", "#0c0716"}, {"#0d4a5a", "#051218"}, {"#5a3a0d", "#150d04"},
	{"#14532d", "#06140b"}, {"#1e3a8a", "#060b1c"}, {"#701a4f", "#170612"}, {"#3f3f46", "#0b0b0d"},
}

// DrawnPoster is a poster of words: a film's title, as SVG of 600 × 900. It has no style or script, and the same title
// always gives the same poster.
func DrawnPoster(title string) []byte {
	title = strings.Join(strings.Fields(strings.ToValidUTF8(title, "")), " ")
	if title == "" {
		title = "Film"
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(title)) // never fails
	n := sum.Sum32()
	ink := posterInks[n%uint32(len(posterInks))]
	size, lines := setTitle(title)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 900" width="600" height="900"><defs>`+
		`<radialGradient id="g" cx="%d%%" cy="18%%" r="95%%"><stop stop-color="%s"/>`+
		`<stop offset="1" stop-color="%s"/></radialGradient></defs><path fill="url(#g)" d="M0 0h600v900H0z"/>`+
		`<path fill="#fff" fill-opacity=".06" d="M300 -40L%d 900H%dz"/>`,
		20+n>>8%60, ink[0], ink[1], 60+n>>16%120, 420+n>>16%120)
	b.WriteString(`<path fill="#e50914" d="M52 92h72v10H52z"/><g fill="none" stroke="#fff" stroke-opacity=".3" ` +
		`stroke-width="3"><path d="M52 812h496M52 846h496"/><path stroke-dasharray="14 14" stroke-width="12" ` +
		`d="M52 829h496"/></g>`)
	fmt.Fprintf(&b, `<text fill="#fff" font-family="system-ui,-apple-system,Segoe UI,Roboto,Ubuntu,Arial,sans-serif" `+
		`font-weight="800" font-size="%d">`, size)
	y := 140 + size
	for _, line := range lines {
		fmt.Fprintf(&b, `<tspan x="52" y="%d">`, y)
		_ = xml.EscapeText(&b, []byte(line)) // a buffer takes everything
		b.WriteString("</tspan>")
		y += size * 112 / 100
	}
	b.WriteString("</text></svg>\n")
	return b.Bytes()
}

// PosterKey names a drawn poster by what it looks like, for its address.
func PosterKey(title string) string {
	sum := sha256.Sum256(DrawnPoster(title))
	return hex.EncodeToString(sum[:6])
}

// setTitle breaks a title into lines in the largest size that fits.
func setTitle(title string) (size int, lines []string) {
	for size = 96; size > 36; size -= 6 {
		lines, whole := breakTitle(title, size)
		if whole && len(lines) <= titleLines && len(lines)*size*112/100 <= titleHeight {
			return size, lines
		}
	}
	lines, _ = breakTitle(title, size)
	if most := titleHeight * 100 / (size * 112); len(lines) > most {
		lines = append(lines[:most-1], lines[most-1]+"…")
	}
	return size, lines
}

// breakTitle breaks a title into lines of a font size, and says whether all words are whole.
func breakTitle(title string, size int) (lines []string, whole bool) {
	whole = true
	line, used := "", 0
	put := func(word string, width int) {
		if line != "" && used+glyph(' ')*size/100+width > titleWidth {
			lines = append(lines, line)
			line, used = "", 0
		}
		if line != "" {
			line, used = line+" ", used+glyph(' ')*size/100
		}
		line, used = line+word, used+width
	}
	for word := range strings.FieldsSeq(title) {
		part, width := "", 0
		for _, r := range word {
			w := glyph(r) * size / 100
			if part != "" && width+w > titleWidth { // longer than a line
				put(part, width)
				part, width, whole = "", 0, false
			}
			part, width = part+string(r), width+w
		}
		put(part, width)
	}
	return append(lines, line), whole
}

// glyph is how wide a letter of a bold system font is, in hundredths of its size, rather too wide than too narrow.
func glyph(r rune) int {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x1f000 ||
		r >= 0xff00 && r < 0xff60:
		return 102
	case unicode.In(r, unicode.Mn, unicode.Cf):
		return 0
	case strings.ContainsRune("iIl.,:;'’|!jfrt()[]-", r):
		return 42
	case r == ' ':
		return 28
	case strings.ContainsRune("mwMW@%—…", r):
		return 98
	case unicode.IsUpper(r):
		return 76
	}
	return 64
}
