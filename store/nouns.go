package store

// The books are cut by noun: a reader finds what there is, and a caller names what it needs.

type books = Store

// Catalogue has what the cinema shows and how it is set up: films, halls, prices, screenings and settings.
type Catalogue struct{ *books }

// Catalogue returns films, halls, prices, screenings and settings.
func (s *Store) Catalogue() Catalogue { return Catalogue{s} }

// Tickets has bookings with their holds and pushes, and whether bookings are taken.
type Tickets struct{ *books }

// Tickets returns bookings with their holds and pushes.
func (s *Store) Tickets() Tickets { return Tickets{s} }

// Money has callbacks, payments, claims, refunds, open items, and the audit of all of them.
type Money struct{ *books }

// Money returns callbacks, payments, claims, refunds and open items.
func (s *Store) Money() Money { return Money{s} }

// Jobs has what several processes share: leases, the queue of questions to M-PESA, the circuit breaker and the rate
// limit.
type Jobs struct{ *books }

// Jobs returns leases, the queue of questions, the circuit breaker and the rate limit.
func (s *Store) Jobs() Jobs { return Jobs{s} }

// Staff has the operators with their sessions, the audit log, and the sessions of customers' browsers.
type Staff struct{ *books }

// Staff returns operators, their sessions, the audit log, and the sessions of customers' browsers.
func (s *Store) Staff() Staff { return Staff{s} }
