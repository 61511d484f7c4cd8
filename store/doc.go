// Package store is the cinema's books: the domain types, every SQL statement and every change of state, on embedded
// SQLite.
//
// Each exported method is one transaction and one fact about the cinema: a booking made, a push's answer recorded, a
// verdict applied, a hold ended. Reads go to a pool of read-only connections. Writes go through one function, which
// groups what is waiting into one durable commit; see writer.go for the rules it keeps.
//
// It must never talk to the network, read the environment, log a customer's data, or ask SQL for the time or for chance:
// the clock is [Options].Now, and SQL is one text for SQLite and PostgreSQL ($1 parameters, TEXT and BIGINT).
package store
