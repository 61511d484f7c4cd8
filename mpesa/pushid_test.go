package mpesa

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

const acceptedID = "ws_CO_100720240915261708374149"

func replaced(from, to string) string { return strings.Replace(accepted, from, to, 1) }

// Daraja has taken a push where it says so in whatever spelling.
func TestPushAccepted(t *testing.T) {
	bodies := map[string]string{
		"clean": accepted, "no MerchantRequestID": replaced(`"MerchantRequestID"`, `"other"`),
		"odd MerchantRequestID": replaced(`"2654-4b64-97ff-b827b542881d3130"`, `7`),
	}
	for _, code := range []string{`0`, `"00"`, `"00000000"`, `0.0`, `" 0 "`, `"0.00"`} {
		bodies["ResponseCode "+code] = replaced(`"ResponseCode":"0"`, `"ResponseCode":`+code)
	}
	for _, way := range waysToSend() {
		bodies[way.name] = string(way.send(accepted))
	}
	for name, body := range bodies {
		for _, status := range []int{200, 201, 202} {
			client, fake := answering(t, reply{status: status, body: body})
			answer, err := client.STKPush(t.Context(), testPush())
			if err != nil || answer.CheckoutRequestID != acceptedID {
				t.Errorf("%d, %s: %+v, %v", status, name, answer, err)
			}
			if n := fake.count("/mpesa/"); n != 1 {
				t.Errorf("%d, %s: sent %d times", status, name, n)
			}
		}
	}
}

// Where an answer is no plain yes, the id in it is kept all the same, and the push is not refused.
func TestPushIDBesideAnError(t *testing.T) {
	id := `{"CheckoutRequestID":"` + acceptedID + `"`
	for name, test := range map[string]reply{
		"no ResponseCode":       {status: 200, body: id + `}`},
		"ResponseCode in words": {status: 200, body: replaced(`"ResponseCode":"0"`, `"ResponseCode":"Success"`)},
		"ResponseCode 1":        {status: 202, body: replaced(`"ResponseCode":"0"`, `"ResponseCode":1`)},
		"ResponseCode null":     {status: 200, body: replaced(`"ResponseCode":"0"`, `"ResponseCode":null`)},
		"ResponseCode true":     {status: 200, body: replaced(`"ResponseCode":"0"`, `"ResponseCode":true`)},
		"ResponseCode empty":    {status: 200, body: replaced(`"ResponseCode":"0"`, `"ResponseCode":""`)},
		"two ResponseCodes":     {status: 200, body: replaced(`{`, `{"responseCode":"1",`)},
		"small letters":         {status: 200, body: `{"checkoutrequestid":"` + acceptedID + `"}`},
		"spaces around the id":  {status: 200, body: `{"checkoutRequestId":" ` + acceptedID + ` "}`},
		"in an envelope":        {status: 200, body: `{"data":` + id + `},"ok":true}`},
		"in a string":           {status: 200, body: `{"data":` + quoted(id+`}`) + `}`},
		"in an envelope of an error": {
			status: 400, body: `{"errorCode":"400.002.02","errorMessage":"Invalid PhoneNumber","data":` + id + `}}`,
		},
		"beside an error": {status: 400, body: id + `,"errorCode":"400.002.02","errorMessage":"Invalid PhoneNumber"}`},
		"beside wrong credentials": {
			status: 500, body: id + `,"errorCode":"500.001.1001","errorMessage":"Wrong credentials"}`,
		},
		"beside a token": {
			status: 404, body: id + `,"errorCode":"404.001.03","errorMessage":"Invalid Access Token"}`,
		},
		"busy":                    {status: 429, body: accepted},
		"single quotes":           {status: 200, body: strings.ReplaceAll(accepted, `"`, `'`)},
		"a PHP warning before it": {status: 200, body: "Warning: foo in bar.php on line 3\n" + accepted},
		"HTML around it": {
			status: 502, body: "<html><body>Bad gateway " + accepted + "</body></html>", mime: "text/html",
		},
		"XML": {
			status: 200, body: "<response><CheckoutRequestID>" + acceptedID + "</CheckoutRequestID></response>",
		},
		"a cached page behind it": {status: 200, body: accepted + "<!-- cached -->"},
		"as another id of an error": {
			status: 500, body: `{"requestId":"` + acceptedID + `","errorCode":"500.001.1001","errorMessage":"odd"}`,
		},
		"in a text of an error": {
			status: 400, body: `{"errorCode":"400.002.02","errorMessage":"Duplicate of ` + acceptedID + `."}`,
		},
		"in plain text":  {status: 500, body: "failed after " + acceptedID + "."},
		"forbidden":      {status: 403, body: accepted},
		"server error":   {status: 503, body: accepted},
		"redirect":       {status: 302, body: accepted},
		"as HTML":        {status: 500, body: accepted, mime: "text/html"},
		"cut short":      {status: 200, body: accepted[:strings.Index(accepted, `,"ResponseDescription`)]},
		"cut short, 500": {status: 500, body: accepted[:len(accepted)-1]},
		"more behind":    {status: 200, body: accepted + "<html>"},
	} {
		client, fake := answering(t, test)
		answer, err := client.STKPush(t.Context(), testPush())
		fault := faultOf(t, name, err, KindAmbiguous)
		if fault == nil {
			continue
		}
		if answer.CheckoutRequestID != acceptedID || fault.CheckoutRequestID != acceptedID || !MayHaveSent(err) {
			t.Errorf("%s: %+v, %+v", name, answer, fault)
		}
		if n := fake.count("/mpesa/"); n != 1 {
			t.Errorf("%s: sent %d times", name, n)
		}
		if strings.Contains(err.Error(), acceptedID) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is no id, or may be one of two, is none.
func TestPushIDThatIsNone(t *testing.T) {
	for name, body := range map[string]string{
		"null":         `{"CheckoutRequestID":null}`,
		"null as text": `{"CheckoutRequestID":"null","ResponseCode":"0"}`,
		"N/A":          `{"CheckoutRequestID":"N/A","ResponseCode":"0"}`,
		"zero":         `{"CheckoutRequestID":"0","ResponseCode":"0"}`,
		"empty":        `{"CheckoutRequestID":"","ResponseCode":"0"}`,
		"number":       `{"CheckoutRequestID":1,"ResponseCode":"0"}`,
		"space in it":  `{"CheckoutRequestID":"ws_CO_1 2","ResponseCode":"0"}`,
		"NUL in it":    `{"CheckoutRequestID":"ws_CO_1\u0000","ResponseCode":"0"}`,
		"too long":     `{"CheckoutRequestID":"` + strings.Repeat("1", maxID+1) + `","ResponseCode":"0"}`,
		"two":          `{"CheckoutRequestID":"ws_CO_1","checkoutRequestID":"ws_CO_2","ResponseCode":"0"}`,
		"two documents": `{"CheckoutRequestID":"ws_CO_1","ResponseCode":"0"}{"CheckoutRequestID":"ws_CO_2",` +
			`"ResponseCode":"0"}`,
		"two in a list": `[{"CheckoutRequestID":"ws_CO_1","ResponseCode":"0"},` +
			`{"CheckoutRequestID":"ws_CO_2","ResponseCode":"0"}]`,
		"cut in the middle":  `{"ResponseCode":"0","CheckoutRequestID":"ws_CO_1007202409152617`,
		"cut before the end": `{"ResponseCode":"0","CheckoutRequestID":"ws_CO_1007202409152617\`,
		"only the merchant":  `{"ResponseCode":"0","MerchantRequestID":"1-2-3"}`,
	} {
		client, _ := answering(t, reply{status: 200, body: body})
		answer, err := client.STKPush(t.Context(), testPush())
		if fault := faultOf(t, name, err, KindAmbiguous); fault != nil &&
			(answer.CheckoutRequestID != "" || fault.CheckoutRequestID != "") {
			t.Errorf("%s: %+v, %+v", name, answer, fault)
		}
	}
}

// An answer that breaks off may have named the push before.
func TestPushIDOfAnAnswerThatBreaksOff(t *testing.T) {
	s, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, accepted[:len(accepted)-10])
		w.(http.Flusher).Flush()
		hangUp(w)
	})
	answer, err := clientOf(t, s.URL).STKPush(t.Context(), testPush())
	if fault := faultOf(t, "push", err, KindAmbiguous); fault != nil &&
		(answer.CheckoutRequestID != acceptedID || fault.CheckoutRequestID != acceptedID) {
		t.Errorf("%+v, %+v", answer, fault)
	}
}

// A log-in, a query and an acknowledgement are read as bodies are.
func TestAnswersAsTheyAreSent(t *testing.T) {
	for _, way := range waysToSend() {
		for _, status := range []int{200, 201} {
			fake := &fakeDaraja{
				logins:  []reply{{status: status, body: string(way.send(goodLogin))}},
				answers: []reply{{status: status, body: string(way.send(queryAnswer))}},
			}
			client := newTestClient(t, testConfig(fake))
			answer, err := client.STKQuery(t.Context(), askedID)
			if err != nil || answer.Class != ClassFinalFailure || answer.ResultCode != "1032" || answer.Raw == nil {
				t.Errorf("query, %s: %+v, %v", way.name, answer, err)
			}
			if len(fake.requests) > 1 &&
				fake.requests[1].Header.Get("Authorization") != "Bearer c9SQxWWhmdVRlyh0zh8gZDTkubVF" {
				t.Errorf("token, %s: %q", way.name, fake.requests[1].Header.Get("Authorization"))
			}
			initiator, _ := withInitiator(t, reply{status: status, body: string(way.send(acknowledged))})
			if ack, err := initiator.Reverse(t.Context(), testReversal()); err != nil || ack.ConversationID == "" ||
				ack.ResponseCode != Success {
				t.Errorf("acknowledgement, %s: %+v, %v", way.name, ack, err)
			}
		}
	}
}

func TestTokenAsItIsSent(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"spaces":            {`{"access_token":" abcDEF123\r\n","expires_in":3599}`, "abcDEF123"},
		"mark in it":        {"{\"access_token\":\"\ufeffabcDEF123\",\"expires_in\":\"3599\"}", "abcDEF123"},
		"camel case":        {`{"accessToken":"abcDEF123","expiresIn":"3599"}`, "abcDEF123"},
		"capitals":          {`{"ACCESS_TOKEN":"abcDEF123"}`, "abcDEF123"},
		"two":               {`{"access_token":"abcDEF123","Access_Token":"other"}`, ""},
		"space in it":       {`{"access_token":"abc DEF123"}`, ""},
		"control in it":     {"{\"access_token\":\"abc\x01DEF123\"}", ""},
		"null":              {`{"access_token":null}`, ""},
		"number":            {`{"access_token":12345}`, ""},
		"cut in the middle": {`{"access_token":"abcDEF123`, ""},
	} {
		token, _, err := parseToken([]byte(test.body))
		if token != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: %q, %v", name, token, err)
		}
	}
}
