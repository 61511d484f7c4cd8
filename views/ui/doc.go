// Package ui holds the pieces that every page is made of: counts and durations, icons, toasts, form fields, posters
// and QR codes.
//
// It knows words and shapes, not films and tickets: it must never import the domain, and never put text into a page
// without escaping it.
package ui
