// Package checkout takes a booking from the customer's click to a paid ticket: it holds seats, sends the STK Push,
// receives M-PESA's reports and applies them. Browser, JSON API, callbacks and the clock all come through here, so
// there is one path for money.
//
// It is the only package with a Daraja client, and it has no SQL: nothing that waits for the network can run inside a
// transaction. It must never keep seats or money in memory, send a push again whose fate is unknown, or believe a
// browser.
package checkout
