package ui

import (
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// quiet is the white edge around a QR code, in modules, that readers ask for.
const quiet = 4

// qrShape is a QR code as one SVG path, and the width of the square that it fills with its white edge, in modules.
type qrShape struct {
	path string
	size int
}

// drawQR draws a text as a QR code that can still be read with about a seventh of it spoilt.
func drawQR(text string) (qrShape, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrShape{}, fmt.Errorf("draw QR code: %w", err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				n := strconv.Itoa(run)
				b.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h" + n + "v1h-" + n + "z")
			}
			x += max(run, 1)
		}
	}
	return qrShape{b.String(), code.Size + 2*quiet}, nil
}

func (q qrShape) viewBox() string { return fmt.Sprintf("0 0 %d %d", q.size, q.size) }
