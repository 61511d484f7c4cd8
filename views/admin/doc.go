// Package admin holds the pages of the back office: light or dark as the system is, dense, at home on a phone, and
// whole without JavaScript.
//
// It is given what it shows. It must never call the store, and never decide who may do what.
package admin
