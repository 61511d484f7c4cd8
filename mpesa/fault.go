package mpesa

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// shape says what kind of document an answer was.
type shape int

const (
	shapeJSON  shape = iota // a JSON object that is no error
	shapeError              // a JSON error: Daraja's own, or the Apigee gateway's
	shapeEmpty
	shapeHTML
	shapeSOAP // a SOAP fault, in XML or turned into JSON
	shapeOther
)

// fault is what an answer says went wrong.
type fault struct {
	shape                    shape
	code, message, requestID string
	incidentID               string
	mixed                    bool // it has what errors have not: a ResponseCode, or the id of what was taken
}

const manyMeanings = "500.001.1001"

var (
	incidentForms = []*regexp.Regexp{
		regexp.MustCompile(`(?i)incapsula incident id:\s*([0-9-]{4,80})`),
		regexp.MustCompile(`(?i)incident_id=([0-9-]{4,80})`),
	}
	soapFault  = regexp.MustCompile(`(?is)<(?:\w+:)?(?:faultstring|text)[^>]*>([^<]{0,500})<`)
	soapMarker = regexp.MustCompile(`(?i)<(?:\w+:)?envelope[\s>]`)
)

// parseFault looks at the first byte before it believes a Content-Type: HTML has
// been seen with every status, and JSON under wrong types.
func parseFault(contentType string, body []byte) fault {
	body = trimAround(readable(body))
	switch {
	case len(body) == 0:
		return fault{shape: shapeEmpty, message: "empty body"}
	case body[0] == '<':
		return parseMarkup(body)
	}
	object, err := parseObject(body, "errorCode", "errorMessage", "fault", "Envelope")
	switch {
	case err != nil && strings.Contains(strings.ToLower(contentType), "html"):
		return parseMarkup(body)
	case err != nil:
		return fault{shape: shapeOther, message: err.Error()}
	}
	found := parseJSONFault(object)
	found.mixed = namesRequest(body)
	return found
}

// namesRequest reports whether an answer has, anywhere, what only a request that was taken gets.
func namesRequest(body []byte) (mixed bool) {
	doc, _ := document(body)
	eachObject(doc, maxWraps, func(_ json.RawMessage, o object) bool {
		mixed = mixed || o.has("ResponseCode", "CheckoutRequestID", "ConversationID")
		return true
	})
	return mixed
}

func parseMarkup(body []byte) fault {
	if soapMarker.Match(body[:min(len(body), 2048)]) {
		found := fault{shape: shapeSOAP, message: "SOAP fault"}
		if match := soapFault.FindSubmatch(body); match != nil {
			found.message += ": " + cut(printable(string(bytes.TrimSpace(match[1]))))
		}
		return found
	}
	found := fault{shape: shapeHTML, message: "a web page instead of JSON"}
	for _, form := range incidentForms {
		if match := form.FindSubmatch(body); match != nil {
			found.incidentID = string(match[1])
			found.message = "blocked by the firewall before Daraja (Incapsula)"
			break
		}
	}
	return found
}

func parseJSONFault(body object) fault {
	if envelope, err := body.object("Envelope"); err == nil {
		return fault{shape: shapeSOAP, message: soapMessage(envelope)}
	}
	if apigee, err := body.object("fault"); err == nil {
		found := fault{shape: shapeError, message: apigee.text("faultstring")}
		if detail, err := apigee.object("detail"); err == nil {
			found.code = detail.text("errorcode")
		}
		return found
	}
	found := fault{
		shape:     shapeJSON,
		code:      body.text("errorCode"),
		message:   body.text("errorMessage"),
		requestID: body.text("requestId"),
	}
	if found.code != "" || found.message != "" {
		found.shape = shapeError
	}
	return found
}

func soapMessage(envelope object) string {
	message := "SOAP fault"
	body, err := envelope.object("Body")
	if err != nil {
		return message
	}
	inner, err := body.object("Fault")
	if err != nil {
		return message
	}
	if text := inner.text("faultstring"); text != "" {
		message += ": " + text
	}
	return message
}

// invalidToken knows the four spellings of "invalid access token", that of Pull
// Transactions, and that of the Apigee gateway. All are given before the request is looked at.
func (f fault) invalidToken() bool {
	if f.shape != shapeError || f.mixed {
		return false
	}
	switch f.code {
	case "404.001.03", "400.003.01", "401.002.01", "401.003.01", "401.001",
		"keymanagement.service.invalid_access_token", "keymanagement.service.access_token_expired":
		return true
	}
	return false
}

// pushKind says what a failed push allows one to assume; locked goes with
// KindBusy. What is not understood is ambiguous.
func (f fault) pushKind(status int) (kind Kind, locked bool) {
	message := strings.ToLower(f.message)
	switch {
	case f.mixed:
		return KindAmbiguous, false
	case status == http.StatusTooManyRequests:
		return KindBusy, false
	case f.shape != shapeError:
		return KindAmbiguous, false
	case f.code == manyMeanings:
		return manyMeaningsOnPush(message)
	case f.overLimit():
		return KindBusy, false
	case f.isConfig(message):
		return KindConfig, false
	case status == http.StatusUnauthorized:
		return KindToken, false
	case strings.HasPrefix(f.code, "4"):
		return KindRefused, false
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && !strings.HasPrefix(f.code, "5"):
		return KindRefused, false
	}
	return KindAmbiguous, false
}

// manyMeaningsOnPush tells the meanings of 500.001.1001 apart by their text.
func manyMeaningsOnPush(message string) (Kind, bool) {
	switch {
	case strings.Contains(message, "lock subscriber"), strings.Contains(message, "current subscriber"):
		return KindBusy, true
	case strings.Contains(message, "wrong credentials"), strings.Contains(message, "merchant does not exist"):
		return KindConfig, false
	}
	return KindAmbiguous, false
}

func (f fault) overLimit() bool {
	code := strings.ToLower(f.code)
	return code == "500.003.02" || code == "500.003.03" || strings.Contains(code, "ratelimit") ||
		strings.Contains(code, "spikearrest")
}

func (f fault) isConfig(message string) bool {
	switch f.code {
	case "400.008.01", "400.008.02", "404.001.01", "404.003.01":
		return true
	case "400.002.02":
		return namesSetting(message)
	}
	return strings.Contains(message, "apiproduct match") ||
		strings.HasSuffix(strings.ToLower(f.code), "apiproductmatchfound")
}

// namesCallSetting is namesSetting for the calls that are neither push nor query,
// where PartyA is the shortcode and not the customer's phone.
func (f fault) namesCallSetting() bool {
	message := strings.ToLower(f.message)
	for _, setting := range []string{
		"initiator", "securitycredential", "identifiertype", "partya", "receiverparty", "url", "nominatednumber",
	} {
		if strings.Contains(message, setting) {
			return true
		}
	}
	return false
}

// namesSetting tells "Invalid BusinessShortCode", which the operator must mend,
// from "Invalid PhoneNumber", which the customer must.
func namesSetting(message string) bool {
	for _, setting := range []string{"shortcode", "partyb", "password", "timestamp", "transactiontype", "callback"} {
		if strings.Contains(message, setting) {
			return true
		}
	}
	return false
}
