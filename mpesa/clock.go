package mpesa

import (
	"encoding/base64"
	"errors"
	"time"
)

const stampLayout = "20060102150405"

// nairobi is a fixed zone on purpose: Kenya has kept UTC+3 since 1960, and so no
// zone database is needed on the host.
var nairobi = time.FixedZone("EAT", 3*60*60)

// InNairobi is the time as the clocks of Kenya show it, whatever the host's zone is.
func InNairobi(t time.Time) time.Time { return t.In(nairobi) }

// Timestamp writes t as Daraja wants it, YYYYMMDDHHmmss in Nairobi time. Sources
// disagree whether UTC is accepted; Nairobi time always was.
func Timestamp(t time.Time) string { return t.In(nairobi).Format(stampLayout) }

// ParseTimestamp reads YYYYMMDDHHmmss in Nairobi time (observed in callbacks and
// in the ids of pushes). The result is in that zone.
func ParseTimestamp(text string) (time.Time, error) {
	if len(text) != len(stampLayout) {
		return time.Time{}, errors.New("a timestamp has 14 digits")
	}
	return time.ParseInLocation(stampLayout, text, nairobi)
}

// otherLayouts are the other forms of a time that Daraja is documented to use: in
// results of B2C, in requests of Pull Transactions (one digit will do for the hour)
// and in their answers.
var otherLayouts = []string{"02.01.2006 15:04:05", "2006-01-02 15:04:05", time.RFC3339}

// ParseTime reads a time in any form that Daraja uses, in Nairobi time where it
// names no zone: 20240706224852, 06.07.2024 22:48:52, 2024-07-06 22:48:52,
// 2024-07-06T22:48:52Z. The result is in Nairobi time.
func ParseTime(text string) (time.Time, error) {
	if at, err := ParseTimestamp(wholeNumber(text)); err == nil {
		return at, nil
	}
	for _, layout := range otherLayouts {
		if at, err := time.ParseInLocation(layout, text, nairobi); err == nil {
			return at.In(nairobi), nil
		}
	}
	return time.Time{}, errors.New("not a time in a form that M-PESA uses")
}

// Password is the Password of STK Push and Query: base64 of shortcode, passkey and
// the same timestamp that stands in the request.
func Password(shortcode, passkey, timestamp string) string {
	return base64.StdEncoding.EncodeToString([]byte(shortcode + passkey + timestamp))
}
