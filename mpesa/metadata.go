package mpesa

import "encoding/json"

// metadata is what CallbackMetadata says under the names that count, "" where it
// says nothing usable.
type metadata struct{ amount, receipt, phone, date metadataText }

type metadataText struct {
	text  string
	raw   json.RawMessage
	given bool
}

func (m *metadata) named(name string) *metadataText {
	switch name := []byte(name); {
	case sameName(name, "Amount"):
		return &m.amount
	case sameName(name, "MpesaReceiptNumber"):
		return &m.receipt
	case sameName(name, "PhoneNumber"):
		return &m.phone
	case sameName(name, "TransactionDate"):
		return &m.date
	}
	return nil
}

// readMetadata reads CallbackMetadata by name: the order changes, and Balance
// comes without a value (both observed). A name that comes twice with different
// values is left out.
func readMetadata(result object) (found metadata) {
	raw, err := result.get("CallbackMetadata")
	if err != nil || len(raw) == 0 {
		return found
	}
	if wrapper, err := unwrap(raw, maxWraps); err == nil && wrapper.has("Item") {
		if raw, err = wrapper.get("Item"); err != nil || len(raw) == 0 {
			return found
		}
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
			text, value = "", nil
		}
		*into = metadataText{text, value, true}
	}
	return found
}
