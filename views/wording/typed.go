package wording

import (
	"errors"
	"fmt"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// Typed says to a customer what is wrong with a field of a form, "" where nothing is. The error is a [store.Fault], or
// an [mpesa.MSISDNError].
func Typed(err error) string {
	if err == nil {
		return ""
	}
	if fault, is := errors.AsType[store.Fault](err); is {
		return typedFault(fault)
	}
	const example = "Please enter a Safaricom number such as 0712 345 678."
	if fault, is := errors.AsType[*mpesa.MSISDNError](err); is {
		return typedPhone(fault) + example
	}
	return example
}

// What a customer reads who has typed a receipt, or the message with one.
const (
	NoReceipt = "We found no M-PESA receipt in this. It has 10 letters and digits, such as UJ22T8IYOU, and stands at " +
		"the start of the message."
	ReceiptNotTaken = "We could not take this receipt here. Please show this page and your M-PESA message at the box " +
		"office."
)

func typedFault(f store.Fault) string {
	switch f.Kind {
	case store.NameMissing:
		return "Please tell us your name."
	case store.NameTooLong:
		return fmt.Sprintf("Please use at most %d characters.", f.Most)
	case store.NameUnprintable:
		return "Please leave out what cannot be printed."
	case store.EmailWrong:
		return "Please enter an e-mail address such as wanjiku@example.com, or leave this empty."
	case store.EmailTypo:
		return "Something is missing or too much in this address: it is like wanjiku@example.com. You may leave it " +
			"empty."
	case store.SeatsWrong:
		return fmt.Sprintf("Please choose as many seats as tickets: %d.", f.Most)
	case store.WithoutWrong:
		return fmt.Sprintf("Please type how many of the %d, from 0 on.", f.Most)
	case store.QuantityWrong:
		return fmt.Sprintf("Please choose 1 to %d tickets.", f.Most)
	default:
		return "Please check this."
	}
}

// typedPhone says what is wrong with a phone number, "" where it is nothing that an example does not say.
func typedPhone(e *mpesa.MSISDNError) string {
	switch e.Fault {
	case mpesa.FaultForeign:
		return "This is a number of another country. "
	case mpesa.FaultLandline:
		return "This is a landline, which has no M-PESA. "
	case mpesa.FaultTooShort:
		return "This number has " + digits(e.By) + " too few. "
	case mpesa.FaultTooLong:
		return "This number has " + digits(e.By) + " too many. "
	case mpesa.FaultTwoNumbers:
		return "These are two numbers, and the prompt goes to one. "
	case mpesa.FaultNotMobile:
		return "Mobile numbers begin with 07 or 01. "
	default:
		return ""
	}
}

func digits(n int) string {
	if n == 1 {
		return "1 digit"
	}
	return fmt.Sprintf("%d digits", n)
}
