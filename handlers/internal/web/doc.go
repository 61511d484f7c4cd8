// Package web is the kit that every handler of the box office stands on: handlers that return an error, one table from
// errors to answers, one log line for each request, buffered rendering, the session cookie, rate limits and the headers
// that keep browsers safe.
//
// It must never know a page, a flow or a rule of the box office, and never write a path, a query, a token or a whole
// phone number to the log.
package web
