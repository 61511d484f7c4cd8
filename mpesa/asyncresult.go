package mpesa

import (
	"encoding/json"
	"errors"
	"slices"
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

// without leaves a key out.
func (p Parameters) without(key string) Parameters {
	return slices.DeleteFunc(p, func(one Parameter) bool { return sameName([]byte(one.Key), key) })
}

// All returns every value of key, whatever the case of its letters.
func (p Parameters) All(key string) []string {
	var values []string
	for _, parameter := range p {
		if parameter.HasValue && sameName([]byte(parameter.Key), key) {
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

// ParseResult reads the body that comes to a ResultURL, as far as it can be read without guessing. The
// result code must be there, as a number or a string, and must not be given twice with different values.
// Parameters may be a list, a single one, or an object of names and values; what cannot be read is left
// out rather than made an error. An error is as that of ParseCallback.
//
// What comes to a TimeoutURL has been seen by no one. Whatever it says, and also
// where it cannot be read, it means only that M-PESA was too busy to answer in time:
// never take a code in it for a verdict.
func ParseResult(body []byte) (AsyncResult, error) {
	doc, err := document(body)
	if err != nil {
		var result AsyncResult
		if envelope, missing := locate(intact(body, err), pathResult, isResult); missing == nil {
			result, _ = readResult(envelope)
		}
		result.Code, result.Parameters = "", result.Parameters.without("Amount")
		return result, unreadable("result", err)
	}
	envelope, err := locate(doc, pathResult, isResult)
	if err != nil {
		return AsyncResult{}, unreadable("result", err)
	}
	result, err := readResult(envelope)
	if err != nil {
		return result, unreadable("result", err)
	}
	return result, nil
}

// isResult knows the inner object of a result.
func isResult(o object) bool { return o.has("ConversationID", "OriginatorConversationID") }

// readResult reads all that it can, also where it has an error.
func readResult(envelope object) (result AsyncResult, err error) {
	err = envelope.code("ResultCode", &result.Code)
	// The address tells what it is about: an id that is none is no reason to lose it.
	result.ConversationID, _ = envelope.id("ConversationID")
	result.OriginatorConversationID, _ = envelope.id("OriginatorConversationID")
	if err == nil && result.ConversationID == "" && result.OriginatorConversationID == "" {
		err = errors.New("it has no ConversationID and no OriginatorConversationID")
	}
	result.TransactionID, _ = envelope.id("TransactionID")
	result.Type = envelope.text("ResultType")
	result.Desc = envelope.text("ResultDesc")
	result.Parameters = readParameters(envelope, "ResultParameters", "ResultParameter")
	result.References = readParameters(envelope, "ReferenceData", "ReferenceItem")
	return result, err
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
	wrapper, err := unwrap(raw, maxWraps)
	if err != nil || !wrapper.has(inner) {
		return found.appendAll(raw)
	}
	for _, m := range wrapper {
		if sameName(m.name, inner) {
			found = found.appendAll(m.raw)
		}
	}
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
	if item.has("Key") {
		value, err := item.get("Value")
		if err != nil { // two of them: neither counts
			value = nil
		}
		return p.with(item.text("Key"), value)
	}
	for _, m := range item {
		p = p.with(cut(printable(strings.TrimSpace(string(m.name)))), m.raw)
	}
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
