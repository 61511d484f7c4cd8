package sim_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
)

const (
	statusPath   = "/mpesa/transactionstatus/v1/query"
	reversalPath = "/mpesa/reversal/v1/request"
)

func statusFields(receipt string) map[string]any {
	return map[string]any{
		"Initiator": "boxoffice", "SecurityCredential": "c2VjcmV0", "CommandID": "TransactionStatusQuery",
		"TransactionID": receipt,
		"PartyA":        shortcode, "IdentifierType": "4", "ResultURL": "https://cinema.test/result",
		"QueueTimeOutURL": "https://cinema.test/timeout",
		"Remarks":         "OK", "Occasion": "claim",
	}
}

func reversalFields(receipt string, amount int) map[string]any {
	return map[string]any{
		"Initiator": "boxoffice", "SecurityCredential": "c2VjcmV0", "CommandID": "TransactionReversal",
		"TransactionID": receipt,
		"Amount":        itoa(amount), "ReceiverParty": shortcode, "RecieverIdentifierType": "11",
		"ResultURL": "https://cinema.test/result", "QueueTimeOutURL": "https://cinema.test/timeout",
		"Remarks": "Refund",
	}
}

// pay has a push paid at once and returns its receipt.
func (w *world) pay(phone string, amount int) (receipt string) {
	w.Helper()
	id := w.push(phone, amount)
	if err := w.sim.PIN(phone, "1234"); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
	for _, p := range w.sim.Pushes(phone) {
		if p.CheckoutRequestID == id {
			return p.Receipt
		}
	}
	w.Fatal("the push is gone")
	return ""
}

// ask sends a request that must be accepted, and returns its ConversationID.
func (w *world) ask(path string, fields map[string]any) string {
	w.Helper()
	a, err := w.post(path, fields)
	if err != nil {
		w.Fatal(err)
	}
	body := a.json(w.T)
	if a.status != http.StatusOK || body["ResponseCode"] != "0" ||
		body["ResponseDescription"] != "Accept the service request successfully." || len(body) != 4 {
		w.Fatalf("%s: HTTP %d %s", path, a.status, a.body)
	}
	return body["ConversationID"].(string)
}

// outcome is a result as the product reads it: parameters in their order, keys as they came.
type outcome struct {
	Result struct {
		ResultType                               json.Number
		ResultCode                               any
		ResultDesc                               string
		OriginatorConversationID, ConversationID string
		TransactionID                            string
		ResultParameters                         struct{ ResultParameter json.RawMessage }
		ReferenceData                            struct{ ReferenceItem json.RawMessage }
	}
	params []parameter
}

type parameter struct {
	Key   string
	Value any
}

func (w *world) outcome(c call) outcome {
	w.Helper()
	var o outcome
	dec := json.NewDecoder(strings.NewReader(c.body))
	dec.UseNumber()
	if err := dec.Decode(&o); err != nil {
		w.Fatalf("result %s: %v", c.body, err)
	}
	if raw := o.Result.ResultParameters.ResultParameter; len(raw) > 0 && raw[0] == '[' {
		list := json.NewDecoder(strings.NewReader(string(raw)))
		list.UseNumber()
		if err := list.Decode(&o.params); err != nil {
			w.Fatalf("parameters %s: %v", raw, err)
		}
	}
	return o
}

// results waits for what was posted to ResultURL.
func (w *world) results() []outcome {
	w.Helper()
	var list []outcome
	for _, c := range w.to("/result") {
		list = append(list, w.outcome(c))
	}
	return list
}

func (w *world) onlyResult() outcome {
	w.Helper()
	list := w.results()
	if len(list) != 1 {
		w.Fatalf("%d results, want 1", len(list))
	}
	return list[0]
}

func TestRequestFields(t *testing.T) {
	for _, test := range []struct {
		path, field string
		value       any // nil deletes
		want        string
	}{
		{statusPath, "Initiator", nil, "Initiator"},
		{statusPath, "SecurityCredential", "", "SecurityCredential"},
		{statusPath, "CommandID", "TransactionReversal", "CommandID"},
		{statusPath, "TransactionID", nil, "TransactionID"},
		{statusPath, "PartyA", "600000", "PartyA"},
		{statusPath, "IdentifierType", "1", "IdentifierType"},
		{statusPath, "IdentifierType", "2", "IdentifierType"}, // the shortcode is no till
		{statusPath, "ResultURL", "http://<host>/", "ResultURL"},
		{statusPath, "QueueTimeOutURL", nil, "QueueTimeOutURL"},
		{statusPath, "Remarks", nil, "Remarks"},
		{statusPath, "Remarks", strings.Repeat("x", 101), "Remarks"},
		{statusPath, "Occasion", strings.Repeat("x", 101), "Occasion"},
		{reversalPath, "Initiator", "", "Initiator"},
		{reversalPath, "SecurityCredential", nil, "SecurityCredential"},
		{reversalPath, "CommandID", nil, "CommandID"},
		{reversalPath, "TransactionID", "", "TransactionID"},
		{reversalPath, "Amount", "0", "Amount"},
		{reversalPath, "Amount", "1.50", "Amount"},
		{reversalPath, "Amount", nil, "Amount"},
		{reversalPath, "ReceiverParty", "600000", "ReceiverParty"},
		{reversalPath, "RecieverIdentifierType", "4", "RecieverIdentifierType"},
		{reversalPath, "RecieverIdentifierType", nil, "RecieverIdentifierType"},
		{reversalPath, "ResultURL", nil, "ResultURL"},
		{reversalPath, "QueueTimeOutURL", "/timeout", "QueueTimeOutURL"},
		{reversalPath, "Remarks", "x", "Remarks"},
	} {
		w := newWorld(t, nil)
		f := statusFields("UA1AAAAAAA")
		if test.path == reversalPath {
			f = reversalFields("UA1AAAAAAA", 10)
			f["ReceiverIdentifierType"] = "11" // as it should be spelt, and is not
		}
		if f[test.field] = test.value; test.value == nil {
			delete(f, test.field)
		}
		a, err := w.post(test.path, f)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusBadRequest || a.json(t)["errorMessage"] != "Bad Request - Invalid "+test.want {
			t.Errorf("%s %s = %v: HTTP %d %s", test.path, test.field, test.value, a.status, a.body)
		}
		if n := len(w.sim.Requests()); n != 0 {
			t.Errorf("%s %s = %v: %d requests accepted", test.path, test.field, test.value, n)
		}
	}
}

func TestTokenSpellings(t *testing.T) {
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		pushPath: {404, "404.001.03"}, queryPath: {404, "404.001.03"}, reversalPath: {404, "404.001.03"},
		statusPath: {400, "400.003.01"}, "/mpesa/c2b/v1/registerurl": {400, "400.003.01"},
		"/mpesa/c2b/v2/registerurl":     {400, "400.003.01"},
		"/pulltransactions/v1/register": {401, "401.001"}, "/pulltransactions/v1/query": {401, "401.001"},
	} {
		w := newWorld(t, nil)
		w.token = "stale"
		a, err := w.post(path, map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		w.wantFault(a, want.status, want.code, "Invalid Access Token")
	}
	for _, code := range []string{"404.001.03", "400.003.01", "401.002.01", "401.003.01"} {
		w := newWorld(t, func(c *sim.Config) { c.InvalidToken = code })
		w.sim.RevokeToken()
		a, err := w.post(statusPath, map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		if a.json(t)["errorCode"] != code || itoa(a.status) != code[:3] {
			t.Errorf("HTTP %d %s, want %s", a.status, a.body, code)
		}
	}
}

func TestInitiator(t *testing.T) {
	key, certificate, err := sim.NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, another, err := sim.NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	encrypted := func(password string, certificate []byte) string {
		sealed, err := mpesa.SecurityCredential(password, certificate, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	right := encrypted("Pa55word!", certificate)
	full := func(c *sim.Config) { c.Initiator, c.InitiatorPassword, c.CredentialKey = "boxoffice", "Pa55word!", key }
	for name, test := range map[string]struct {
		config                func(*sim.Config)
		initiator, credential string
		want                  any
	}{
		"nothing is checked": {nil, "anyone", "anything", json.Number("0")},
		"right":              {full, "boxoffice", right, json.Number("0")},
		"wrong name":         {full, "someone", right, json.Number("2001")},
		"wrong password":     {full, "boxoffice", encrypted("pa55word!", certificate), json.Number("2001")},
		"password as it is":  {full, "boxoffice", "Pa55word!", json.Number("2001")},
		"password in base64": {full, "boxoffice", base64.StdEncoding.EncodeToString([]byte("Pa55word!")),
			json.Number("2001")},
		"name alone is checked": {func(c *sim.Config) { c.Initiator = "boxoffice" }, "boxoffice", "anything",
			json.Number("0")},
		"the key alone is checked": {func(c *sim.Config) { c.CredentialKey = key }, "anyone",
			encrypted("x", certificate), json.Number("0")},
		"the key alone, unencrypted": {func(c *sim.Config) { c.CredentialKey = key }, "anyone", "anything",
			json.Number("2001")},
		"another certificate": {full, "boxoffice", encrypted("Pa55word!", another), json.Number("2001")},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, test.config, func(w *world) {
				for _, path := range []string{statusPath, reversalPath} {
					f := statusFields(w.pay(phone, 10))
					if path == reversalPath {
						f = reversalFields(f["TransactionID"].(string), 10)
					}
					f["Initiator"], f["SecurityCredential"] = test.initiator, test.credential
					w.ask(path, f)
					time.Sleep(2 * time.Second)
				}
				for i, o := range w.results() {
					if o.Result.ResultCode != test.want {
						w.Errorf("result %d: code %v, want %v", i, o.Result.ResultCode, test.want)
					}
				}
				if back := w.sim.Totals().Reversed; (back == 1) != (test.want == json.Number("0")) {
					w.Errorf("%d reversed", back)
				}
			})
		})
	}
}

// What may befall a request befalls both kinds alike.
func TestCallsOfScripts(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		call              sim.Call
		answered          bool
		results, timeOuts []time.Duration // after the request
		done              bool            // the money went back
	}{
		"ordinary": {sim.Call{}, true, []time.Duration{s}, nil, true},
		"slow": {sim.Call{AnswerAfter: 2 * s, ResultAfter: 85 * s}, true, []time.Duration{85 * s},
			nil, true},
		"before its answer":    {sim.Call{AnswerAfter: 2 * s, ResultFirst: true}, true, []time.Duration{0}, nil, true},
		"answer lost":          {sim.Call{Answer: sim.AnswerLost}, false, []time.Duration{s}, nil, true},
		"answer lost, undone":  {sim.Call{Answer: sim.AnswerLost, Undone: true}, false, nil, nil, false},
		"undone":               {sim.Call{Undone: true}, true, nil, nil, false},
		"refused":              {sim.Call{Answer: sim.AnswerQuota}, false, nil, nil, false},
		"result never comes":   {sim.Call{Results: sim.NoCallback}, true, nil, nil, true},
		"result twice":         {sim.Call{Results: 2}, true, []time.Duration{s, 2 * s}, nil, true},
		"fails":                {sim.Call{Result: "2006"}, true, []time.Duration{s}, nil, false},
		"timed out, then done": {sim.Call{TimedOut: true}, true, []time.Duration{2 * s}, []time.Duration{s}, true},
		"timed out, no result": {sim.Call{TimedOut: true, Results: sim.NoCallback}, true, nil,
			[]time.Duration{s}, true},
		"timed out and failed": {sim.Call{TimedOut: true, Result: "11", Results: sim.NoCallback}, true, nil,
			[]time.Duration{s}, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				receipt := w.pay(phone, 10)
				w.sim.SetScript(phone, sim.Script{Status: test.call, Reversal: test.call})
				for _, f := range []map[string]any{statusFields(receipt), reversalFields(receipt, 10)} {
					path := map[any]string{
						"TransactionStatusQuery": statusPath, "TransactionReversal": reversalPath,
					}[f["CommandID"]]
					began, before := time.Since(w.born), len(w.received())
					a, err := w.post(path, f)
					if ok := err == nil && a.status == 200; ok != test.answered {
						w.Errorf("%s: %v %+v", path, err, a)
					}
					if test.call.ResultFirst && len(w.received()) != before+1 {
						w.Errorf("%s: no result when the request was answered", path)
					}
					time.Sleep(time.Hour)
					w.token = w.newToken()
					w.wantTimes(w.received()[before:], began, test.results, test.timeOuts)
				}
				if back := w.sim.Totals().Reversed; (back == 1) != test.done {
					w.Errorf("%d reversed, want it done: %v", back, test.done)
				}
			})
		})
	}
}

func (w *world) wantTimes(calls []call, began time.Duration, results, timeOuts []time.Duration) {
	w.Helper()
	got := map[string][]time.Duration{}
	for _, c := range calls {
		got[c.path] = append(got[c.path], c.at-began)
	}
	for path, want := range map[string][]time.Duration{"/result": results, "/timeout": timeOuts} {
		if len(got[path]) != len(want) {
			w.Errorf("%s: posted after %v, want %v", path, got[path], want)
			continue
		}
		for i := range want {
			if got[path][i] != want[i] {
				w.Errorf("%s: posted after %v, want %v", path, got[path], want)
			}
		}
	}
}

func TestCallTimes(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		first, second := w.pay(phone, 10), w.pay("254712345679", 20)
		w.sim.SetScript(phone, sim.Script{Status: sim.Call{Result: "8006", Times: 2}})
		w.sim.SetScript("*", sim.Script{Status: sim.Call{Result: "21", Times: 1}})
		for _, receipt := range []string{first, first, first, second, second, "NOSUCHONE1"} {
			w.ask(statusPath, statusFields(receipt))
			time.Sleep(2 * time.Second)
		}
		codes := ""
		for _, o := range w.results() {
			codes += o.Result.ResultCode.(json.Number).String() + " "
		}
		if codes != "8006 8006 0 21 0 2032 " {
			w.Errorf("codes %s", codes)
		}
		// A push that followed a script keeps it for its payment, however short the script lived.
		w.sim.ClearScript(phone)
		w.sim.ClearScript("*")
		w.sim.SetScript(phone, sim.Script{Result: "0", Times: 1, Reversal: sim.Call{Result: "1"}})
		w.push(phone, 30)
		synctest.Wait()
		w.ask(reversalPath, reversalFields(w.sim.Ledger()[2].Receipt, 30))
		time.Sleep(2 * time.Second)
		if list := w.results(); list[len(list)-1].Result.ResultCode != json.Number("1") {
			w.Errorf("result %+v, want the code 1 of the push's own script", list[len(list)-1])
		}
	})
}

func TestRequestsAreListed(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		receipt := w.pay(phone, 10)
		id := w.ask(reversalPath, reversalFields(receipt, 10))
		if r := w.sim.Requests(); len(r) != 1 || r[0].ResultCode != "" || !r[0].DoneAt.IsZero() ||
			len(r[0].Deliveries) != 0 {
			w.Errorf("requests %+v, want one that is not done", r)
		}
		time.Sleep(2 * time.Second)
		w.mu.Lock()
		w.reply = http.StatusInternalServerError
		w.mu.Unlock()
		w.ask(statusPath, statusFields(receipt))
		time.Sleep(2 * time.Second)
		list := w.sim.Requests()
		if len(list) != 2 || list[0].ConversationID != id || list[0].Receipt != receipt || list[0].Amount != 10 ||
			list[0].CommandID != "TransactionReversal" ||
			list[0].ResultCode != "0" || list[0].DoneAt.Sub(list[0].At) != time.Second ||
			len(list[0].Deliveries) != 1 || list[0].Deliveries[0].Status != 200 {
			w.Errorf("requests %+v", list)
		}
		if got := w.sim.Totals(); got.Requests != 2 || got.ResultsOK != 1 || got.ResultsFailed != 1 {
			w.Errorf("totals %+v", got)
		}
	})
}
