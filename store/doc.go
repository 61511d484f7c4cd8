// Package store is the cinema's books: the domain types, every SQL statement and every change of state, on SQLite or
// PostgreSQL.
//
// Each exported method is one transaction and one fact about the cinema: a booking made, a push's answer recorded, a
// callback stored, a hold ended. Reads go to a pool of read-only connections. Writes go through one function, which on
// SQLite groups what is waiting into one durable commit; see package store/internal/db for the rules it keeps.
//
// # States
//
//   - A ticket is [Pending], [Paid] or [Failed]. Failed may become Paid by late money, or Pending by another push. Paid
//     is never left; a paid ticket may be void, and then admits nobody.
//   - A push is [PushSending] until Daraja answers, then [PushPrompted], [PushUnknown] or [PushRefused]. M-PESA's
//     report makes it [PushPaid], [PushFailed] or [PushSoftFailed]. Paid is never left, and every other may still
//     become Paid.
//   - A payment is [PaymentApplied] to its ticket, [PaymentRefundDue] or [PaymentUnmatched], until its money has gone
//     back.
//   - A refund is [RefundRequested] until M-PESA, or who gave the money back by hand, reports how it ended.
//
// # Laws
//
// Package store/money is the model of money: facts, and what follows from them. In short:
//
//   - A push is written before it is sent. A callback is stored and committed before it is answered.
//   - Facts are of the same money only if they name the same receipt or the same push. A receipt is one payment, and a
//     push pays once. What looks alike is shown as alike.
//   - Applying the same callback twice changes nothing. What was done, such as a ticket shown as paid, is never undone.
//   - Facts and callbacks are never deleted; payments are what they mean, and written anew with each. What cannot be
//     decided is on the list of open items until an operator has resolved it.
//   - A seat has one owner, which the primary key of table seat holds.
//
// assets/docs/architecture.md has the laws in full, each step from state to state, and the words. schema.sql has each
// table and column.
//
// # Never
//
// It must never talk to the network, read the environment, or log a customer's data. It must never ask SQL for the time
// or for chance: the clock is [Options].Now, and ids are made in Go. SQL is one text for both databases ($1 parameters,
// TEXT and BIGINT) where that costs nothing.
package store
