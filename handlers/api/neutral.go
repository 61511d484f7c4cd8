package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"cinemasphere/views/wording"
)

// What is said of a push that found its phone in another transaction is what M-PESA says of one that could not be sent.
const (
	lockedCode  = "1001"
	notSentCode = "1025"
)

// neutral is an answer of Daraja's without what it says of another transaction of the phone, which is its owner's to
// know. All others stay as they came.
func neutral(raw json.RawMessage) json.RawMessage {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	said := maps.Clone(fields)
	locked := fmt.Sprint(fields["ResultCode"]) == lockedCode
	if locked {
		said["ResultCode"], said["ResultDesc"] = notSentCode, wording.PhoneTaken
	}
	for name, value := range fields {
		text, _ := value.(string)
		text = strings.ToLower(text)
		if strings.Contains(text, "lock subscriber") || strings.Contains(text, "current subscriber") {
			locked, said[name] = true, wording.PhoneTaken
		}
	}
	if !locked {
		return raw
	}
	changed, err := json.Marshal(said)
	if err != nil {
		return raw
	}
	return changed
}
