// Package views holds the pages and fragments of the public site as templ components, and the values they are given.
//
// A page is given everything it shows. It must never call the store, the network or the clock, decide anything about
// money, or load anything from another host.
package views
