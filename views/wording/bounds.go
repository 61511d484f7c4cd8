package wording

import "cinemasphere/store"

// Between is from the least to the most that an amount may be, in shillings; one amount where both are the same.
func Between(least, most store.Cents) string {
	switch least {
	case most:
		return Cents(most)
	case 0:
		return Cents(most) + " at most"
	}
	return Cents(least) + " to " + Cents(most)
}

// Open is why it is open how much M-PESA took, in two or three words.
func Open(why store.OpenKind) string {
	switch why {
	case store.OpenPush:
		return "without a verdict"
	case store.OpenTwoAmounts:
		return "two amounts told"
	case store.OpenNoAmount:
		return "amount not known"
	case store.OpenShared:
		return "receipt shared"
	case store.OpenByWord:
		return "by word alone"
	case store.OpenCallback:
		return "not understood"
	}
	return string(why)
}

// OpenCount is what is counted of it.
func OpenCount(why store.OpenKind) string {
	switch why {
	case store.OpenPush:
		return "pushes"
	case store.OpenCallback:
		return "callbacks"
	default:
		return "payments"
	}
}
