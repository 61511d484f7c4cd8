package store

// FaultKind is what is wrong with a form field other than a phone number.
type FaultKind string

// The faults.
const (
	NameMissing     FaultKind = "name_missing"     // nothing visible
	NameTooLong     FaultKind = "name_too_long"    // Most: the bound in characters, as people count them
	NameUnprintable FaultKind = "name_unprintable" // it has unprintable characters
	EmailWrong      FaultKind = "email_wrong"      // no e-mail address, or none that can be written to
	EmailTypo       FaultKind = "email_typo"       // an address with a comma, a space or no dot where there must be one
	SeatsWrong      FaultKind = "seats_wrong"      // Most: the tickets, which are not as many as the chosen seats
	NameTaken       FaultKind = "name_taken"       // another has it
	CleaningWrong   FaultKind = "cleaning_wrong"   // not a number of minutes from 0 to CleaningMost
	WithoutWrong    FaultKind = "without_wrong"    // Most: 0 to the number of tickets
	QuantityWrong   FaultKind = "quantity_wrong"   // Most: the bound for one booking; one at least
)

// Fault is what is wrong with a form field. It does not repeat the input.
type Fault struct {
	Kind FaultKind
	Most int // 0 where the kind has no bound

	Least int // of a number
}

// Error names the kind alone.
func (f Fault) Error() string { return "typed: " + string(f.Kind) }
