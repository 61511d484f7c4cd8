// Package notify tells customers by e-mail and SMS what stands in the outbox of the books, and the owner of alarms.
//
// A message is taken with a lease, made from the ticket as it is then, handed to the far end with an id that is the
// same each time, and what came of it is noted. What nobody knows of, such as after a crash or an answer that never
// came, is sent once more by e-mail, with a word that it may have come before, and never by SMS. Delivery is best
// effort: who has taken a message may still lose it, and nothing here depends on its arrival.
//
// It must never write an address, a number or a text into the log or the books, change money, seats or tickets, or
// decide what is told: the books do, in the transaction that causes it.
package notify
