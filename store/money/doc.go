// Package money decides what the money means that M-PESA, customers and staff speak of: which payments there are, which
// ticket each pays for, what is due back, what M-PESA is to be asked, and what a person must look into.
//
// It is pure. It must never read a database, a clock or the network, and imports nothing of the project. All that it
// knows is in the [Case] that it is given, and [Decide] gives the same answer to the same case.
//
// A [Fact] is one thing that somebody has reported. Facts are only ever added. [Decide] goes through four steps, each
// with a file of its own:
//
//   - identify: which facts speak of the same money.
//   - weigh: of how much a payment is, who made it and when, by the best proof there is. The order of proof is:
//     callback with the push's token, Transaction Status, statement, push query, C2B confirmation, Pull Transactions,
//     a customer, an operator. Weigh also compares what looks alike.
//   - allot, claim: which payment pays for which ticket, and what is due back.
//   - ask: what to ask M-PESA next, and what may go back without a person.
//
// The order in which facts became known does not matter, unless something was done in between. What was done is a
// commitment in the case, and is never undone: [Ticket].PaidWith, [Ticket].Late, [Ticket].Void and [Refund].
//
// # Two facts
//
// What becomes of two facts, or of more, is found by five questions in this order. The table of TestDecide has cases of
// each.
//
// Are they of the same money? Only if they name the same receipt or the same push. Then they are one payment: each
// receipt is one at most, and a push pays once at most. Which push a receipt is of, the best proof says. A second
// receipt of a push is a payment of its own, unmatched ([AlsoTold]).
//
// Do they look alike? A receipt that is no push's, and a push whose receipt is not known, may be the same money where
// amount, phone and minutes fit. They stay two, and each has the other in [Payment].Alike. It ends with a fact that
// names both, an account number that a payer typed, or an operator's decision ([TheSame], [Two]).
//
// For which ticket is each? A push's money is for the push's ticket. Other money is for the ticket that its account
// number, a customer or an operator names. An operator's decision is enough. Otherwise Transaction Status must have
// confirmed the receipt: paid since the ticket was made, of its total, from a number that a push of it went to, and
// alike to no push of another ticket. Until then, and where two tickets are named equally well, the payment is
// [Unmatched].
//
// Which one pays? Exactly the total pays. What the ticket was shown as paid with pays for it; otherwise what a push
// brought before what was paid by hand, and the earlier before the later. Late money needs a screening that is neither
// begun nor cancelled, and seats; a ticket that money came too late for is not paid any more ([Ticket].Late). Every
// other payment for the ticket is due back ([PaidTwice], [WrongAmount], …), or unmatched while it may be the same money
// as what pays ([MayBeSame]) or its amount is not known ([AmountUnknown]). Where a refund of it was asked for, it is
// due back ([RefundAsked]).
//
// Did it go back? Then it pays for nothing. A ticket that was shown as paid with it stays paid and becomes void; so
// does one whose money turns out to be of another amount, another ticket's, or never paid.
//
// # Facts that bring no money
//
//   - [FailedForGood] and [NotCompleted] say that a push took none. [Paid] overrules them, whichever came first.
//   - [NoSuchReceipt] and [PaidToOthers] refuse what a customer says. They take nothing from what M-PESA itself has
//     reported as paid; of what an operator accepted they are a doubt.
//   - [PaysFor] from a customer is no payment until M-PESA says [Paid]. From an operator it is one.
//   - [NotFor] takes back that a receipt pays for a ticket, and [NothingPaid] what operators decided about a receipt.
package money
