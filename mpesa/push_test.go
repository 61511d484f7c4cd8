package mpesa

import (
	"net/http"
	"strings"
	"testing"
)

const incapsulaPage = `<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body><iframe ` +
	`src="/_Incapsula_Resource?incident_id=1234000110-5678">Request unsuccessful. Incapsula incident ID: ` +
	`1234000110-5678</iframe></body></html>`

func errorBody(code, message string) string {
	return `{"requestId":"1c5b-4ba8","errorCode":"` + code + `","errorMessage":"` + message + `"}`
}

type pushCase struct {
	name   string
	reply  reply
	kind   Kind
	locked bool
	id     bool // the id of the push stands beside the error
}

// The table of daraja error answers to a push, and what may be assumed.
func pushCases() []pushCase {
	return []pushCase{
		{
			name: "data", reply: reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid PhoneNumber")},
			kind: KindRefused,
		},
		{
			name: "amount", reply: reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid Amount")},
			kind: KindRefused,
		},
		{
			name: "remarks", reply: reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid Remarks")},
			kind: KindRefused,
		},
		{
			name:  "shortcode",
			reply: reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid BusinessShortCode")},
			kind:  KindConfig,
		},
		{
			name:  "callback",
			reply: reply{status: 400, body: errorBody("400.002.02", "Bad Request - Invalid CallBackURL")},
			kind:  KindConfig,
		},
		{
			name: "payload", reply: reply{status: 400, body: errorBody("400.002.05", "Invalid Request Payload")},
			kind: KindRefused,
		},
		{
			name: "bad request", reply: reply{status: 400, body: errorBody("400.003.02", "Bad Request")},
			kind: KindRefused,
		},
		{
			name:  "authentication type",
			reply: reply{status: 400, body: errorBody("400.008.01", "Invalid Authentication passed")}, kind: KindConfig,
		},
		{
			name: "grant type", reply: reply{status: 400, body: errorBody("400.008.02", "Invalid grant type passed")},
			kind: KindConfig,
		},
		{
			name: "resource", reply: reply{status: 404, body: errorBody("404.001.01", "Resource not found")},
			kind: KindConfig,
		},
		{
			name: "resource, other", reply: reply{status: 404, body: errorBody("404.003.01", "Resource not found")},
			kind: KindConfig,
		},
		{
			name: "header", reply: reply{status: 404, body: errorBody("404.001.04", "Invalid Authentication Header")},
			kind: KindRefused,
		},
		{
			name: "method", reply: reply{status: 405, body: errorBody("405.001", "Method Not Allowed")},
			kind: KindRefused,
		},
		{
			name: "no product",
			reply: reply{
				status: 401,
				body: `{"fault":{"faultstring":"Invalid API call as no apiproduct match found",` +
					`"detail":{"errorcode":"keymanagement.service.InvalidAPICallAsNoApiProductMatchFound"}}}`,
			}, kind: KindConfig,
		},
		{name: "plain 401", reply: reply{status: 401, body: `{"errorMessage":"Unauthorized"}`}, kind: KindToken},
		{
			name: "merchant", reply: reply{status: 500, body: errorBody("500.001.1001", "Merchant does not exist")},
			kind: KindConfig,
		},
		{
			name:  "credentials",
			reply: reply{status: 500, body: errorBody("500.001.1001", "[MerchantValidate] - Wrong credentials")},
			kind:  KindConfig,
		},
		{
			name: "locked",
			reply: reply{
				status: 500,
				body: errorBody("500.001.1001",
					"Unable to lock subscriber, a transaction is already in process for the current subscriber"),
			}, kind: KindBusy, locked: true,
		},
		{
			name:  "six meanings, being processed",
			reply: reply{status: 500, body: errorBody("500.001.1001", "The transaction is being processed")},
			kind:  KindAmbiguous,
		},
		{
			name:  "six meanings, does not exist",
			reply: reply{status: 500, body: errorBody("500.001.1001", "The transaction does not Exist")},
			kind:  KindAmbiguous,
		},
		{
			name: "six meanings, empty", reply: reply{status: 200, body: errorBody("500.001.1001", "")},
			kind: KindAmbiguous,
		},
		{
			name: "unavailable", reply: reply{status: 500, body: errorBody("500.002.1001", "Service unavailable")},
			kind: KindAmbiguous,
		},
		{
			name: "system busy",
			reply: reply{
				status: 500, body: errorBody("500.003.02", "System is busy. Please try again in few minutes."),
			}, kind: KindBusy,
		},
		{
			name:  "spike arrest",
			reply: reply{status: 500, body: errorBody("500.003.02", "Error Occurred: Spike Arrest Violation")},
			kind:  KindBusy,
		},
		{
			name: "quota", reply: reply{status: 500, body: errorBody("500.003.03", "Error Occurred: Quota Violation")},
			kind: KindBusy,
		},
		{name: "429", reply: reply{status: 429, body: ""}, kind: KindBusy},
		{name: "429 page", reply: reply{status: 429, body: incapsulaPage, mime: "text/html"}, kind: KindBusy},
		{
			name: "Apigee spike",
			reply: reply{
				status: 500,
				body: `{"fault":{"faultstring":"Spike arrest violation. Allowed rate : 5ps",` +
					`"detail":{"errorcode":"policies.ratelimit.SpikeArrestViolation"}}}`,
			}, kind: KindBusy,
		},
		{
			name: "Apigee time-out",
			reply: reply{
				status: 504,
				body: `{"fault":{"faultstring":"Gateway Timeout",` +
					`"detail":{"errorcode":"messaging.adaptors.http.flow.GatewayTimeout"}}}`,
			}, kind: KindAmbiguous,
		},
		{
			name: "server error", reply: reply{status: 500, body: errorBody("500.003.1001", "Internal Server Error")},
			kind: KindAmbiguous,
		},
		{
			name:  "server error with status 400",
			reply: reply{status: 400, body: errorBody("500.003.1001", "Internal Server Error")}, kind: KindAmbiguous,
		},
		{
			name: "SOAP in JSON",
			reply: reply{
				status: 500, body: `{"Envelope":{"Body":{"Fault":{"faultcode":"env:Server","faultstring":"oops"}}}}`,
			}, kind: KindAmbiguous,
		},
		{
			name:  "SOAP in JSON, 200",
			reply: reply{status: 200, body: `{"Envelope":{"Body":{"Fault":{"faultstring":"oops"}}}}`},
			kind:  KindAmbiguous,
		},
		{
			name: "SOAP",
			reply: reply{
				status: 500, mime: "text/xml",
				body: `<?xml version="1.0"?><soapenv:Envelope ` +
					`xmlns:soapenv="x"><soapenv:Body><soapenv:Fault><faultstring>oops</faultstring></soapenv:Fault></` +
					`soapenv:Body></soapenv:Envelope>`,
			}, kind: KindAmbiguous,
		},
		{name: "firewall 403", reply: reply{status: 403, body: incapsulaPage, mime: "text/html"}, kind: KindAmbiguous},
		{name: "firewall 503", reply: reply{status: 503, body: incapsulaPage}, kind: KindAmbiguous},
		{name: "firewall 200", reply: reply{status: 200, body: incapsulaPage}, kind: KindAmbiguous},
		{name: "text as HTML", reply: reply{status: 404, body: "not found", mime: "text/html"}, kind: KindAmbiguous},
		{name: "empty 200", reply: reply{status: 200}, kind: KindAmbiguous},
		{name: "empty 400", reply: reply{status: 400}, kind: KindAmbiguous},
		{name: "empty 503", reply: reply{status: 503}, kind: KindAmbiguous},
		{name: "JSON of nothing", reply: reply{status: 400, body: "{}"}, kind: KindAmbiguous},
		{name: "JSON array", reply: reply{status: 400, body: "[]"}, kind: KindAmbiguous},
		{name: "cut JSON", reply: reply{status: 200, body: accepted[:60]}, kind: KindAmbiguous},
		{
			id: true, name: "other ResponseCode",
			reply: reply{status: 200, body: strings.Replace(accepted, `"ResponseCode":"0"`, `"ResponseCode":"1"`, 1)},
			kind:  KindAmbiguous,
		},
		{
			id: true, name: "no ResponseCode",
			reply: reply{status: 200, body: strings.Replace(accepted, `"ResponseCode":"0",`, ``, 1)},
			kind:  KindAmbiguous,
		},
		{name: "no id", reply: reply{status: 200, body: `{"ResponseCode":"0"}`}, kind: KindAmbiguous},
		{id: true, name: "accepted with status 500", reply: reply{status: 500, body: accepted}, kind: KindAmbiguous},
		{id: true, name: "accepted with status 400", reply: reply{status: 400, body: accepted}, kind: KindAmbiguous},
		{
			name: "accepted and refused",
			reply: reply{
				status: 400, body: `{"ResponseCode":"0","errorCode":"400.002.02","errorMessage":"Invalid PhoneNumber"}`,
			}, kind: KindAmbiguous,
		},
		{
			name: "accepted and token",
			reply: reply{
				status: 404,
				body:   `{"ResponseCode":"0","errorCode":"404.001.03","errorMessage":"Invalid Access Token"}`,
			}, kind: KindAmbiguous,
		},
		{name: "time-out 408", reply: reply{status: 408, body: errorBody("", "Request Timeout")}, kind: KindAmbiguous},
		{name: "redirect", reply: reply{status: 307, body: ""}, kind: KindAmbiguous},
		{
			name: "too long", reply: reply{status: 200, body: accepted + strings.Repeat(" ", maxBody)},
			kind: KindAmbiguous,
		},
		{
			name: "not found, unknown code", reply: reply{status: 404, body: errorBody("404.009.99", "New")},
			kind: KindRefused,
		},
		{
			name:  "refused with status 200",
			reply: reply{status: 200, body: errorBody("400.002.02", "Bad Request - Invalid PhoneNumber")},
			kind:  KindRefused,
		},
	}
}

func TestPushErrors(t *testing.T) {
	for _, test := range pushCases() {
		client, fake := answering(t, test.reply)
		answer, err := client.STKPush(t.Context(), testPush())
		fault := faultOf(t, test.name, err, test.kind)
		if fault == nil {
			continue
		}
		var want PushAnswer
		if test.id {
			want.CheckoutRequestID, want.MerchantRequestID = acceptedID, "2654-4b64-97ff-b827b542881d3130"
		}
		if answer != want || fault.CheckoutRequestID != want.CheckoutRequestID ||
			fault.MerchantRequestID != want.MerchantRequestID {
			t.Errorf("%s: %+v beside %+v, want %+v", test.name, answer, fault, want)
		}
		if fault.HTTPStatus != test.reply.status || fault.Endpoint != "stkpush" || fault.Locked != test.locked {
			t.Errorf("%s: %+v", test.name, fault)
		}
		if want := min(len(test.reply.body), maxErrorBody); len(fault.Body) != want {
			t.Errorf("%s: %d bytes of the body are kept, want %d", test.name, len(fault.Body), want)
		}
		if strings.Contains(test.reply.body, "Incapsula") && fault.IncidentID != "1234000110-5678" {
			t.Errorf("%s: incident %q", test.name, fault.IncidentID)
		}
		if n := fake.count("/mpesa/"); n != 1 {
			t.Errorf("%s: the push was sent %d times", test.name, n)
		}
	}
}

func TestErrorFields(t *testing.T) {
	client, _ := answering(t, reply{
		status: 400, body: errorBody("400.002.02", "Bad Request - Invalid PhoneNumber 254708374149"),
	})
	_, err := client.STKPush(t.Context(), testPush())
	fault := faultOf(t, "fields", err, KindRefused)
	if fault.Code != "400.002.02" || fault.RequestID != "1c5b-4ba8" ||
		fault.Message != "Bad Request - Invalid PhoneNumber 2547*****149" {
		t.Errorf("%+v", fault)
	}
	if got, want := err.Error(),
		"mpesa stkpush: refused: HTTP 400: 400.002.02: Bad Request - Invalid PhoneNumber 2547*****149"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	for name, body := range map[string]string{
		"Apigee":       `{"fault":{"faultstring":"oops"}}`,
		"SOAP in JSON": `{"Envelope":{"Body":{"Fault":{"faultstring":"oops"}}}}`,
		"SOAP": `<soapenv:Envelope ` +
			`xmlns:soapenv="x"><soapenv:Body><soapenv:Fault><faultstring>oops</faultstring></soapenv:Fault></soapenv:` +
			`Body></soapenv:Envelope>`,
	} {
		client, _ := answering(t, reply{status: 500, body: body})
		if _, err := client.STKPush(t.Context(), testPush()); err == nil || !strings.HasSuffix(err.Error(), "oops") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		client, fake := answering(t, reply{status: status, body: accepted})
		_, err := client.STKPush(t.Context(), testPush())
		wantKind(t, http.StatusText(status), err, KindAmbiguous)
		if len(fake.requests) != 2 {
			t.Errorf("%d: %d requests", status, len(fake.requests))
		}
	}
}

func FuzzPushAnswer(f *testing.F) {
	for _, test := range pushCases() {
		if len(test.reply.body) < 4096 {
			f.Add(test.reply.status, test.reply.mime, []byte(test.reply.body))
		}
	}
	f.Add(200, "application/json", []byte(accepted))
	client := newTestClient(f, testConfig(&fakeDaraja{}))
	f.Fuzz(func(t *testing.T, status int, mime string, body []byte) {
		got := response{endpoint: endpointPush, status: status, body: body, fault: parseFault(mime, body)}
		answer, err := client.readPush(got)
		accepts := says(body, "ResponseCode", anyZero)
		if err == nil && (status/100 != 2 || !accepts || answer.CheckoutRequestID == "") {
			t.Fatalf("%d %q is accepted as %+v", status, body, answer)
		}
		fault, _ := err.(*Error)
		if err != nil &&
			(answer.CheckoutRequestID != fault.CheckoutRequestID ||
				answer.CheckoutRequestID != "" && fault.Kind != KindAmbiguous) {
			t.Fatalf("%d %q: %+v beside %+v", status, body, answer, fault)
		}
		if err != nil && accepts && !MayHaveSent(err) {
			t.Fatalf("%d %q accepts, but the error is %v", status, body, err)
		}
		if accepts && got.fault.invalidToken() {
			t.Fatalf("%d %q accepts, but would be sent again", status, body)
		}
	})
}
