// Package mail draws what customers are told by e-mail and SMS: subject, HTML and text of an e-mail, and an SMS that
// fits into one where that is possible.
//
// It must never call the store, read a clock, or send anything.
package mail
