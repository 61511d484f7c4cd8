package mpesa

import (
	"encoding/json"
	"strconv"
	"strings"
)

// metadata is what CallbackMetadata says under the names that count, "" where it
// says nothing usable.
type metadata struct{ amount, receipt, phone, date metadataText }

type metadataText struct {
	text  string
	given bool
}

func (m *metadata) named(name string) *metadataText {
	switch name {
	case "Amount":
		return &m.amount
	case "MpesaReceiptNumber":
		return &m.receipt
	case "PhoneNumber":
		return &m.phone
	case "TransactionDate":
		return &m.date
	}
	return nil
}

// readMetadata reads CallbackMetadata by name: the order changes, and Balance
// comes without a value (both observed). A name that comes twice with different
// values is left out.
func readMetadata(result object) (found metadata) {
	wrapper, err := result.object("CallbackMetadata")
	if err != nil {
		return found
	}
	raw, err := wrapper.get("Item")
	if err != nil || len(raw) == 0 {
		return found
	}
	list, isList := splitList(raw)
	if !isList {
		list = []json.RawMessage{raw}
	}
	for _, entry := range list {
		item, err := splitObject(entry)
		if err != nil {
			continue
		}
		into := found.named(item.text("Name"))
		value, err := item.get("Value")
		if into == nil || err == nil && value == nil {
			continue
		}
		text := scalar(value)
		if into.given && into.text != text {
			text = ""
		}
		*into = metadataText{text, true}
	}
	return found
}

// parseCents reads a decimal number of shillings, 1, 1.00 or 1E+3, into cents.
// It refuses signs, fractions of a cent and what is beyond any payment.
func parseCents(text string) (int64, bool) {
	mantissa, exponentText, scientific := strings.Cut(strings.ToUpper(text), "E")
	exponent := 0
	if scientific {
		var err error
		if exponent, err = strconv.Atoi(exponentText); err != nil || exponent < -20 || exponent > 20 {
			return 0, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if whole == "" || len(digits) > 30 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	shift := exponent + 2 - len(fraction)
	if shift >= 0 {
		digits += strings.Repeat("0", shift)
	} else {
		keep := max(len(digits)+shift, 0)
		if strings.Trim(digits[keep:], "0") != "" {
			return 0, false
		}
		digits = digits[:keep]
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0, true
	}
	if len(digits) > 17 {
		return 0, false
	}
	cents, err := strconv.ParseInt(digits, 10, 64)
	return cents, err == nil
}

// wholeNumber writes 2.54708374149E11 and 254708374149.0 as 254708374149, since
// these fields are JSON numbers, and leaves any other text as it is.
func wholeNumber(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		return cut(text)
	}
	if cents, ok := parseCents(text); ok && cents%100 == 0 {
		return strconv.FormatInt(cents/100, 10)
	}
	return cut(text)
}

// isReceipt accepts what can be a receipt number: 10 characters of A-Z and 0-9 in
// every capture, but that is nowhere promised.
func isReceipt(text string) bool {
	return len(text) >= 4 && len(text) <= 32 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
