package mpesa

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

// An outage is one however it is worded; an answer about one request or about the set-up is none.
func TestOutage(t *testing.T) {
	down := map[string]reply{
		"unavailable in JSON":      {status: 500, body: errorBody("500.002.1001", "Service unavailable")},
		"500.003.1001":             {status: 500, body: errorBody("500.003.1001", "Internal Server Error")},
		"the same with status 400": {status: 400, body: errorBody("500.003.1001", "Internal Server Error")},
		"the same with status 200": {status: 200, body: errorBody("500.002.1001", "Service unavailable")},
		"maintenance":              {status: 503, body: errorBody("", "Service is currently under maintenance")},
		"maintenance, 400": {
			status: 400, body: errorBody("400.002.02", "Service is currently under maintenance"),
		},
		"maintenance, 200":       {status: 200, body: errorBody("", "System under maintenance, try again later")},
		"no error at all":        {status: 500, body: `{"status":"error","message":"down"}`},
		"words":                  {status: 502, body: "Bad Gateway"},
		"words in JSON":          {status: 502, body: `"Bad Gateway"`},
		"list":                   {status: 500, body: `[]`},
		"503, code of a request": {status: 503, body: errorBody("404.001.01", "Resource not found")},
		"502, code of a request": {status: 502, body: errorBody("400.002.05", "Invalid Request Payload")},
		"504, wrong credentials": {status: 504, body: errorBody("500.001.1001", "Wrong credentials")},
		"503, a ResponseCode":    {status: 503, body: `{"ResponseCode":"1","ResponseDescription":"down"}`},
		"Apigee, 404, no proxy": {
			status: 404,
			body: `{"fault":{"faultstring":"Unable to identify proxy",` +
				`"detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}`,
		},
		"Apigee, 404, no route": {
			status: 404,
			body: `{"fault":{"faultstring":"Unable to route",` +
				`"detail":{"errorcode":"messaging.runtime.RouteFailed"}}}`,
		},
		"200, not taken, no id": {
			status: 200, body: `{"ResponseCode":"1","ResponseDescription":"System internal error"}`,
		},
		"201, a word, no id":         {status: 201, body: `{"ResponseCode":"Failed","ResponseDescription":"Peculiar"}`},
		"six meanings, none of them": {status: 500, body: errorBody("500.001.1001", "Unable to process")},
		"six meanings, no words":     {status: 500, body: errorBody("500.001.1001", "")},
		"Apigee time-out": {
			status: 504,
			body: `{"fault":{"faultstring":"Gateway Timeout",` +
				`"detail":{"errorcode":"messaging.adaptors.http.flow.GatewayTimeout"}}}`,
		},
		"Apigee no target": {
			status: 503,
			body: `{"fault":{"faultstring":"The Service is temporarily unavailable",` +
				`"detail":{"errorcode":"messaging.adaptors.http.flow.NoActiveTargets"}}}`,
		},
		"Apigee, 500": {
			status: 500,
			body: `{"fault":{"faultstring":"Execution of ServiceCallout failed",` +
				`"detail":{"errorcode":"steps.servicecallout.ExecutionFailed"}}}`,
		},
		"spike": {status: 500, body: errorBody("500.003.02", "Error Occurred: Spike Arrest Violation")},
		"busy": {
			status: 500, body: errorBody("500.003.02", "System is busy. Please try again in few minutes."),
		},
		"quota":        {status: 500, body: errorBody("500.003.03", "Error Occurred: Quota Violation")},
		"429":          {status: 429, body: `{"errorMessage":"Too many requests"}`},
		"429, empty":   {status: 429},
		"408":          {status: 408, body: errorBody("", "Request Timeout")},
		"408, empty":   {status: 408},
		"firewall 403": {status: 403, body: incapsulaPage},
		"firewall 200": {status: 200, body: incapsulaPage},
		"page 404":     {status: 404, body: "<html>Not Found</html>"},
		"SOAP": {
			status: 500,
			body: `<soapenv:Envelope ` +
				`xmlns:soapenv="x"><soapenv:Body><soapenv:Fault><faultstring>oops</faultstring></soapenv:Fault></soap` +
				`env:Body></soapenv:Envelope>`,
		},
		"SOAP in JSON, 200": {status: 200, body: `{"Envelope":{"Body":{"Fault":{"faultstring":"oops"}}}}`},
		"empty 200":         {status: 200},
		"empty 400":         {status: 400},
		"empty 500":         {status: 500},
		"JSON of nothing":   {status: 200, body: `{}`},
		"cut short":         {status: 200, body: `{"ResponseCode":"0","Chec`},
		"redirect":          {status: 302},
		"500 with an id":    {status: 500, body: accepted},
		"lost":              {err: errors.New("connection reset")},
		"too late":          {err: context.DeadlineExceeded},
		"nobody there":      {err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}},
		"no such host":      {err: &net.DNSError{Err: "no such host"}},
	}
	up := map[string]reply{
		"locked": {
			status: 500,
			body: errorBody("500.001.1001",
				"Unable to lock subscriber, a transaction is already in process for the current subscriber"),
		},
		"credentials": {status: 500, body: errorBody("500.001.1001", "[MerchantValidate] - Wrong credentials")},
		"merchant":    {status: 500, body: errorBody("500.001.1001", "Merchant does not exist")},
		"duplicate":   {status: 500, body: errorBody("500.002.1001", "Duplicate OriginatorConversationID.")},
		"phone":       {status: 400, body: errorBody("400.002.02", "Bad Request - Invalid PhoneNumber")},
		"phone, 500":  {status: 500, body: errorBody("400.002.02", "Bad Request - Invalid PhoneNumber")},
		"shortcode":   {status: 400, body: errorBody("400.002.02", "Bad Request - Invalid BusinessShortCode")},
		"payload":     {status: 400, body: errorBody("400.002.05", "Invalid Request Payload")},
		"resource":    {status: 404, body: errorBody("404.001.01", "Resource not found")},
		"product": {
			status: 401,
			body: `{"fault":{"faultstring":"Invalid API call as no apiproduct match found",` +
				`"detail":{"errorcode":"keymanagement.service.InvalidAPICallAsNoApiProductMatchFound"}}}`,
		},
		"token":             {status: 404, body: errorBody("404.001.03", "Invalid Access Token")},
		"forbidden in JSON": {status: 403, body: errorBody("403.001.01", "Forbidden")},
		"odd code with an id": {
			status: 200, body: strings.Replace(accepted, `"ResponseCode":"0"`, `"ResponseCode":"Success"`, 1),
		},
		"error beside an id": {
			status: 400,
			body:   `{"CheckoutRequestID":"ws_CO_1","errorCode":"400.002.02","errorMessage":"Invalid Amount"}`,
		},
		"the caller has enough": {err: context.Canceled},
	}
	for want, table := range map[bool]map[string]reply{true: down, false: up} {
		for name, r := range table {
			client, _ := answering(t, r)
			_, err := client.STKPush(t.Context(), testPush())
			fault, is := err.(*Error)
			if !is || fault.Outage() != want {
				t.Errorf("%s: %v, outage %v", name, err, !want)
			}
		}
	}
}

func TestOutageOfOtherCalls(t *testing.T) {
	query := func(r reply) error {
		client, _ := answering(t, r)
		_, err := client.STKQuery(t.Context(), askedID)
		return err
	}
	login := func(r reply) error {
		fake := &fakeDaraja{logins: []reply{r}, answers: []reply{{status: 200, body: accepted}}}
		_, err := newTestClient(t, testConfig(fake)).STKPush(t.Context(), testPush())
		return err
	}
	reverse := func(r reply) error {
		client, _ := withInitiator(t, r)
		_, err := client.Reverse(t.Context(), testReversal())
		return err
	}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"query, server error": {query(reply{
			status: 500, body: errorBody("500.003.1001", "Internal Server Error"),
		}), true},
		"query, six meanings at 429": {query(reply{status: 429, body: errorBody("500.001.1001", "")}), true},
		"query, credentials": {query(reply{status: 500, body: errorBody("500.001.1001", "Wrong credentials")}),
			false},
		"query, bad id": {query(reply{
			status: 400, body: errorBody("400.002.02", "Bad Request - Invalid CheckoutRequestID"),
		}), false},
		"log-in, server error": {login(reply{
			status: 500, body: errorBody("500.002.1001", "Service unavailable"),
		}), true},
		"log-in, page":      {login(reply{status: 403, body: incapsulaPage}), true},
		"log-in, wrong key": {login(reply{status: 400}), false},
		"log-in, wrong grant": {login(reply{
			status: 400, body: errorBody("400.008.02", "Invalid grant type passed"),
		}), false},
		"log-in, lost": {login(reply{err: errors.New("reset")}), true},
		"reversal, server error": {reverse(reply{
			status: 500, body: errorBody("500.002.1001", "Service unavailable"),
		}), true},
		"reversal, duplicate": {reverse(reply{
			status: 500, body: errorBody("500.002.1001", "Duplicate OriginatorConversationID."),
		}), false},
		"reversal, time-out address": {reverse(reply{
			status: 400, body: errorBody("400.002.02", "Bad Request - Invalid QueueTimeOutURL"),
		}), false},
	} {
		fault, is := test.err.(*Error)
		if !is || fault.Outage() != test.want {
			t.Errorf("%s: %v, outage %v", name, test.err, !test.want)
		}
	}
	// What never left says nothing of Daraja.
	client, _ := answering(t, reply{status: 200, body: accepted})
	wrong := testPush()
	wrong.Amount = 0
	for name, call := range map[string]func() error{
		"push":     func() error { _, err := client.STKPush(t.Context(), wrong); return err },
		"query":    func() error { _, err := client.STKQuery(t.Context(), ""); return err },
		"reversal": func() error { _, err := client.Reverse(t.Context(), testReversal()); return err },
		"pull":     func() error { _, err := client.PullTransactions(t.Context(), PullQuery{}); return err },
		"register": func() error { return client.RegisterPull(t.Context(), PullRegistration{Shortcode: "174379"}) },
	} {
		if fault, is := call().(*Error); !is || fault.Outage() {
			t.Errorf("%s: %v", name, fault)
		}
	}
}
