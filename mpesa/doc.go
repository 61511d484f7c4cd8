// Package mpesa speaks Safaricom's Daraja API: it asks for a payment on the
// customer's phone (STK Push), asks what became of it (STK Query), and reads the
// callback that tells the result. It asks what M-PESA knows of a receipt
// (Transaction Status), gives payments back (Reversal), hears of payments made by
// hand (C2B) and looks for those it did not hear of (Pull Transactions). It uses the
// standard library only and keeps nothing but an access token.
//
// Its one duty is to say honestly what may be assumed. A push whose answer was
// lost is ambiguous, never failed; only the number 0 or the string "0" is
// success; a result code it does not know is neither. It must never send a push or a
// reversal twice on its own, except after an answer that says the access token was
// not accepted, and never put a secret or a whole phone number into an error text.
//
// Facts about the protocol are marked "observed" (seen in recorded traffic) or
// "documented" (Safaricom's portal only).
package mpesa
