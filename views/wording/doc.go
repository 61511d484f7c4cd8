// Package wording holds every sentence that a customer or an operator reads about a state, a refusal or a result of
// M-PESA, and how amounts, times and phone numbers are written. Pages, mails, the JSON API and the command line say
// things by it.
//
// It is given what the books have, as typed states, reasons and codes, and makes sentences of them. What can be done
// about an entry of the list of money is data too: see [Advice]. Nothing in the program may parse a sentence back.
//
// It must never decide anything, nor call the store, the network or the clock.
//
// A customer's sentence says what happened and what to do; an operator's says what M-PESA reported and what to do.
package wording
