package ui

import (
	"fmt"
	"math"
	"strconv"
)

// Contrast is the contrast of two colours such as #e50914 by WCAG 2: 1 to 21.
func Contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Mix is a colour with so much of another in it, 0 to 1.
func Mix(a, b string, share float64) string {
	x, y := channels(a), channels(b)
	var out [3]int
	for i := range out {
		out[i] = int(math.Round(float64(x[i])*(1-share) + float64(y[i])*share))
	}
	return fmt.Sprintf("#%02x%02x%02x", out[0], out[1], out[2])
}

// channels are red, green and blue. What is no colour is black.
func channels(colour string) (c [3]int) {
	if len(colour) != len("#e50914") {
		return c
	}
	n, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		return c
	}
	return [3]int{int(n >> 16), int(n >> 8 & 0xff), int(n & 0xff)}
}

func luminance(colour string) float64 {
	var linear [3]float64
	for i, c := range channels(colour) {
		v := float64(c) / 255
		if linear[i] = v / 12.92; v > 0.04045 {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}
