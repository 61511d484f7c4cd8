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

// Password is the Password of STK Push and Query: base64 of shortcode, passkey and
// the same timestamp that stands in the request.
func Password(shortcode, passkey, timestamp string) string {
	return base64.StdEncoding.EncodeToString([]byte(shortcode + passkey + timestamp))
}
