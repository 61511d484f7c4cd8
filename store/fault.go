package store

// FaultKind says what is wrong with a field of a form, other than a phone number.
type FaultKind string

// The faults.
const (
	NameMissing     FaultKind = "name_missing"     // nothing in it shows
	NameTooLong     FaultKind = "name_too_long"    // Most: how many characters it may have, as people count them
	NameUnprintable FaultKind = "name_unprintable" // it holds what cannot be printed
	QuantityWrong   FaultKind = "quantity_wrong"   // Most: how many tickets one booking may have; one at least
)

// Fault is what is wrong with a field of a form. It does not repeat what was typed.
type Fault struct {
	Kind FaultKind
	Most int // 0 where the kind has no bound
}

// Error names the kind alone.
func (f Fault) Error() string { return "typed: " + string(f.Kind) }
