// Package money decides what the money means that M-PESA, customers and staff speak of: which payments there are, which
// ticket each pays for, what is due back, what M-PESA is to be asked, and what a person must look into.
//
// It is pure. It must never read a database, a clock or the network, and imports nothing of the project. Everything
// that it knows is in the [Case] that it is given, and [Decide] always gives the same answer to the same case.
//
// A [Fact] is one thing that somebody has said. Facts are only ever added. [Decide] goes through four steps, each with
// a file of its own:
//
//   - identify: which facts speak of the same money. Two facts do only if they name the same receipt or the same push.
//     So each receipt is one payment at most, and a push pays once at most. What else looks alike is shown as alike and
//     never merged.
//   - weigh: how much a payment is of, who made it and when, by the best proof there is. The order of proof is: token
//     callback, Transaction Status, statement, query, C2B confirmation, Pull Transactions, the customer's word, the
//     operator's.
//   - allot: which payment pays for which ticket. What has been done already is a commitment, and is never undone: a
//     ticket that was shown as paid stays paid, though it may become void.
//   - ask: what to ask M-PESA next, and which entries a person must see.
//
// The order in which facts became known does not matter, unless something was done in between: any permutation of the
// same facts leads to the same decision.
package money
