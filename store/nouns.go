package store

// The books are cut by noun, so that a reader finds what there is, and a caller says what it needs.

type books = Store

// Catalogue is what the cinema shows and how it is set up: films, halls, prices, screenings and settings.
type Catalogue struct{ *books }

// Catalogue is what the cinema shows and how it is set up.
func (s *Store) Catalogue() Catalogue { return Catalogue{s} }

// Tickets are bookings with their holds and pushes, and whether any are taken.
type Tickets struct{ *books }

// Tickets are bookings with their holds and pushes.
func (s *Store) Tickets() Tickets { return Tickets{s} }

// Money is what M-PESA, customers and staff say of money, and what follows: callbacks, payments, refunds, what is open,
// and the audit of all that.
type Money struct{ *books }

// Money is what is said of money, and what follows.
func (s *Store) Money() Money { return Money{s} }

// Jobs is what several processes share: who does what, the queue of questions to M-PESA, and how Daraja is called.
type Jobs struct{ *books }

// Jobs is what several processes share.
func (s *Store) Jobs() Jobs { return Jobs{s} }

// Staff is who works with the books in a browser.
type Staff struct{ *books }

// Staff is who works with the books in a browser.
func (s *Store) Staff() Staff { return Staff{s} }
