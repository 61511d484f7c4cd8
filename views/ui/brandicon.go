package ui

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// DrawnIcon is the icon of a cinema without a logo, as SVG: the first letter of its name on its colour.
func DrawnIcon(b Brand) []byte {
	var letter bytes.Buffer
	_ = xml.EscapeText(&letter, []byte(b.initial())) // a buffer takes everything
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" `+
		`rx="14" fill="%s"/><text x="32" y="46" text-anchor="middle" fill="#fff" font-family="system-ui,sans-serif" `+
		`font-size="40" font-weight="800">%s</text></svg>`+"\n", b.accent(), letter.String())
}
