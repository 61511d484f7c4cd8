// Package money decides what reports about money mean, from M-PESA, customers and staff: which payments there are,
// which ticket each pays for, which refunds are due, what to ask M-PESA, and what an operator must look into.
//
// It is pure. It must never read a database, a clock or the network, and imports nothing of the project. Its only input
// is a [Case], and [Decide] gives the same answer to the same case.
//
// A [Fact] is one report. Facts are only ever added. [Decide] has five steps, each with a file of its own:
//
//   - identify: which facts are about the same money.
//   - weigh: each payment's amount, payer and time, by the best proof. The order of proof is: callback with the push's
//     token, Transaction Status, statement, push query, C2B confirmation, Pull Transactions, a customer, an operator.
//   - near: which payments and pushes may be the same money.
//   - allot, claim, refund: which payment pays for which ticket, which refunds are due, and what becomes of refunds.
//   - ask: what to ask M-PESA next, and what may be refunded without an operator.
//
// The order in which facts became known does not matter, unless something was done in between. What was done is a
// commitment in the case, and is never undone: [Ticket].PaidWith, [Ticket].Late, [Ticket].Void and [Refund].
//
// # Two facts
//
// Six questions, in this order, decide what becomes of two facts or more. The table of TestDecide has cases of each.
//
// Are they about the same money? Only if they name the same receipt or the same push. Then they are one payment: a
// receipt is one at most, and a push pays once at most. The best proof decides which push a receipt belongs to. A push
// that a receipt was reported for with less proof is not paid by it; with equal proof none of the pushes is. Both are a
// doubt ([ReceiptShared]). A second receipt of a push is a payment of its own, unmatched ([AlsoTold]): of two with
// equal proof the earlier is the push's, and one without a time goes before. So is a receipt that came with the token
// of one push and the CheckoutRequestID of another ([Fact].Beside, [OtherPush]).
//
// How much is it? The best proof decides, with one exception: Transaction Status is asked about the very receipt, so
// that its amount replaces a callback's, unless a ticket was shown as paid with the callback's. Another amount that
// M-PESA reports besides is a doubt ([AmountDiffers]), unless Transaction Status has decided it. A push that is only
// reported as paid took what it asked for ([Payment].Assumed): a push cannot be paid in part. An amount that is only
// mentioned for a push is never its amount; where it differs it is a doubt.
//
// Do they look alike? A receipt without a push, and a push without a receipt, may be the same money where amount, phone
// and minutes fit ([Taking.MayBeOf]). A receipt that was known before the push was made is not the push's. They stay
// two payments, each in the other's [Payment].Alike. That ends with a fact that names both, an account number that the
// payer typed, or an operator's decision ([TheSame], [Two]). A push's own account number is evidence, and no proof: the
// prompt shows it, so that the payer may have typed it. A receipt that was paid to it is for the push's ticket, without
// a confirmation, and a lookalike of that push alone. Where any report of M-PESA on the receipt has another phone than
// the push's, or another time, it was certainly typed. Such a report, and one of another amount or of a typed account
// number, also ends that an operator ([TheSame]) or a garbled callback ([Mentions]) names the receipt for the push.
//
// Which ticket is each for? A push's payment is for the push's ticket. Another payment is for the ticket that its
// account number, a customer or an operator names. An operator's decision is enough. Otherwise Transaction Status must
// confirm the receipt: paid after the ticket was made, exactly its total, from a phone number of one of its pushes, and
// no lookalike of another ticket's push. Until then, and where two tickets have equal proof, the payment is
// [Unmatched].
//
// Which one pays? Exactly the total pays. The payment that the ticket was shown as paid with goes first, then a push's
// payment before one by hand, then the earlier one. A late payment needs free seats, and a screening that has neither
// begun nor been cancelled; a ticket that a payment came too late for is never paid later ([Ticket].Late). Every other
// payment for the ticket is due for refund ([PaidTwice], [WrongAmount], …). It is unmatched while it may duplicate the
// one that pays ([MayBeSame]), or its amount is unknown ([AmountUnknown]). A payment with a requested refund is due
// ([RefundAsked]).
//
// Was it refunded or reversed? Then it pays for nothing. A ticket that was shown as paid with it stays paid and becomes
// void. So does one whose payment turns out to have another amount, to be another ticket's, or never to have been paid,
// and one whose screening is cancelled: its payment is due for refund ([ScreeningCancelled]). A receipt that
// Transaction Status reports as reversed is our refund while a Reversal of ours may have been carried out, and somebody
// else's otherwise. What becomes of a refund follows from the same facts ([RefundDecision]). Where it fails, its
// payment is decided as if none had been asked for, unless the ticket is void already. Does a payment with a refund
// turn out to be two? Then the refund is of the receipt that a Reversal may have given back, else of the push, and it
// ends where the receipt is another ticket's push's.
//
// # Facts that bring no money
//
//   - [FailedForGood] and [NotCompleted] report that a push took none. [Paid] overrules them, whichever came first.
//   - [NoSuchReceipt] and [PaidToOthers] refuse a customer's claim. They cancel no payment that M-PESA itself has
//     reported; of one that an operator accepted they are a doubt.
//   - [PaysFor] from a customer is no payment until M-PESA reports [Paid]. From an operator it is one, and so is
//     [TheSame].
//   - [Mentions] is a callback of a push that cannot be read completely, or a result that only repeats another. What it
//     names counts once M-PESA reports the push or the receipt as paid, and less than any such report.
//   - [Reversed] with an amount reports too that the receipt was paid to us. Without one it pays for nothing.
//   - [NotFor] withdraws that a receipt pays for a ticket, and [NothingPaid] an operator's decisions about a receipt.
package money
