package mpesa

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// AsyncResult is what M-PESA delivers to the ResultURL of a Transaction Status or a
// Reversal. It is not signed: trust it for its address (a token in the path).
type AsyncResult struct {
	// Type is ResultType, "0" in every capture.
	Type string
	Code Code
	Desc string
	// ConversationID and OriginatorConversationID are those of the Acknowledgement; at
	// most one is empty.
	ConversationID, OriginatorConversationID string
	// TransactionID is as it came. For a Reversal it is the reversal's own receipt; for
	// a Transaction Status and after a failure a placeholder, such as MBN0000000.
	TransactionID string
	// Parameters are ResultParameters, References ReferenceData.
	Parameters, References Parameters
}

// Parameter is one pair of key and value.
type Parameter struct {
	Key string
	// Value is a string's content or a number as it was written.
	Value string
	// HasValue is false where there was none, or none that is text or a number.
	HasValue bool
}

// Parameters are in the order in which they came. A key may come more than once:
// Transaction Status is documented to give DebitPartyName to both parties.
type Parameters []Parameter

// All returns every value of key.
func (p Parameters) All(key string) []string {
	var values []string
	for _, parameter := range p {
		if parameter.Key == key && parameter.HasValue {
			values = append(values, parameter.Value)
		}
	}
	return values
}

// Get returns the value of key, or "" where it is missing, has no value, or has
// different ones.
func (p Parameters) Get(key string) string {
	found := ""
	for _, value := range p.All(key) {
		if value == "" || value == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = value
	}
	return found
}

func (p Parameters) time(key string) time.Time {
	at, err := ParseTime(p.Get(key))
	if err != nil {
		return time.Time{}
	}
	return at
}

// ParseResult reads the body that comes to a ResultURL. The result code must be
// there, as a number or a string, and must not be given twice with different values;
// keys count only as M-PESA spells them. Parameters may be a list, a single one, or
// an object of names and values; what cannot be read is left out rather than made an
// error.
//
// What comes to a TimeoutURL has been seen by no one. Whatever it says, and also
// where it cannot be read, it means only that M-PESA was too busy to answer in time:
// never take a code in it for a verdict.
func ParseResult(body []byte) (AsyncResult, error) {
	result, err := parseResult(body)
	if err != nil {
		return AsyncResult{}, fmt.Errorf("mpesa result: %w", err)
	}
	return result, nil
}

func parseResult(body []byte) (AsyncResult, error) {
	root, err := parseObject(body)
	if err != nil {
		return AsyncResult{}, err
	}
	envelope, err := root.object("Result")
	if err != nil {
		return AsyncResult{}, err
	}
	var result AsyncResult
	if err := envelope.code("ResultCode", &result.Code); err != nil {
		return AsyncResult{}, err
	}
	// The address tells what it is about: an id that is none is no reason to lose it.
	result.ConversationID, _ = envelope.id("ConversationID")
	result.OriginatorConversationID, _ = envelope.id("OriginatorConversationID")
	if result.ConversationID == "" && result.OriginatorConversationID == "" {
		return AsyncResult{}, errors.New("it has no ConversationID and no OriginatorConversationID")
	}
	result.TransactionID, _ = envelope.id("TransactionID")
	result.Type = envelope.text("ResultType")
	result.Desc = envelope.text("ResultDesc")
	result.Parameters = readParameters(envelope, "ResultParameters", "ResultParameter")
	result.References = readParameters(envelope, "ReferenceData", "ReferenceItem")
	return result, nil
}

// succeeded asks for more than the code: a type other than 0 was never seen, and
// what it would mean is not known.
func (r AsyncResult) succeeded() bool {
	return r.Code == Success && (r.Type == "0" || r.Type == "")
}

// readParameters reads the pairs below two keys, the second of which may itself come
// more than once.
func readParameters(envelope object, outer, inner string) (found Parameters) {
	raw, err := envelope.get(outer)
	if err != nil || len(raw) == 0 {
		return nil
	}
	if raw[0] != '{' {
		return found.appendAll(raw)
	}
	// The keys were unquoted before, when the envelope was found to be valid.
	_ = eachMember(raw, func(name string, value []byte) {
		if name == inner {
			found = found.appendAll(value)
		}
	})
	return found
}

func (p Parameters) appendAll(raw []byte) Parameters {
	list, isList := splitList(raw)
	if !isList {
		list = []json.RawMessage{raw}
	}
	for _, entry := range list {
		p = p.appendOne(entry)
	}
	return p
}

func (p Parameters) appendOne(raw []byte) Parameters {
	item, err := splitObject(raw)
	if err != nil {
		return p
	}
	if _, keyed := item["Key"]; keyed {
		value, err := item.get("Value")
		if err != nil { // two of them: neither counts
			value = nil
		}
		return p.with(item.text("Key"), value)
	}
	_ = eachMember(raw, func(name string, value []byte) {
		p = p.with(cut(printable(strings.TrimSpace(name))), value)
	})
	return p
}

func (p Parameters) with(key string, raw []byte) Parameters {
	switch {
	case key == "":
		return p
	case !isScalar(raw):
		return append(p, Parameter{Key: key})
	}
	return append(p, Parameter{Key: key, Value: cut(scalar(raw)), HasValue: true})
}

func isScalar(raw []byte) bool {
	return len(raw) > 0 && (raw[0] == '"' || raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9')
}

// realReceipt is text where it can be a receipt and is no placeholder.
func realReceipt(text string) string {
	if !isReceipt(text) || strings.HasSuffix(text, "0000000") {
		return ""
	}
	return text
}
