package sim_test

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

// TestPushesOfOtherClients: what public clients send by default is taken, and the log says where it is not as
// documented.
func TestPushesOfOtherClients(t *testing.T) {
	for name, test := range map[string]struct {
		change      map[string]any
		amount      int
		reference   string
		description string
		says        string // part of the log; "" says nothing
	}{
		"as documented": {nil, 1350, "K7QX2M", "Tickets", ""},
		"13 characters": {map[string]any{"TransactionDesc": "Thirteen char"}, 1350, "K7QX2M", "Thirteen char", ""},
		"long description": {map[string]any{"TransactionDesc": "Payment of tickets"}, 1350, "K7QX2M",
			"Payment of ti", "TransactionDesc"},
		"in other letters": {map[string]any{"TransactionDesc": "Mũthoni wa Ngũgĩ"}, 1350, "K7QX2M", "Mũthoni wa Ng",
			"TransactionDesc"},
		"long reference": {map[string]any{"AccountReference": "CompanyXLTD2026"}, 1350, "CompanyXLTD2026",
			"Tickets", "AccountReference"},
		"12 characters":     {map[string]any{"AccountReference": "CompanyXLTD1"}, 1350, "CompanyXLTD1", "Tickets", ""},
		"amount as 10.00":   {map[string]any{"Amount": "10.00"}, 10, "K7QX2M", "Tickets", ""},
		"amount as a float": {map[string]any{"Amount": json.Number("1.0")}, 1, "K7QX2M", "Tickets", ""},
		"more fields": {map[string]any{"Occasion": "", "Occassion": "x", "Remarks": nil,
			"passKey": map[string]any{"a": 1}}, 1350, "K7QX2M", "Tickets", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			w := newWorld(t, func(c *sim.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			f := pushFields(phone, 1350)
			maps.Copy(f, test.change)
			a, err := w.post(pushPath, f)
			if err != nil || a.status != http.StatusOK {
				t.Fatalf("%v, HTTP %d %s", err, a.status, a.body)
			}
			p := w.sim.Pushes(phone)[0]
			if p.Amount != test.amount || p.Reference != test.reference || p.Description != test.description {
				t.Errorf("push %+v", p)
			}
			if (log.Len() > 0) != (test.says != "") || !strings.Contains(log.String(), test.says) ||
				strings.Contains(log.String(), phone) {
				t.Errorf("log %q, want %q", log.String(), test.says)
			}
		})
	}
}

// TestSpellingsOfRequests: doubled slashes, the letters of headers, and version 2 of the query.
func TestSpellingsOfRequests(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/oauth/v1/generate?grant_type=client_credentials",
		"//oauth/v1/generate?grant_type=client_credentials", "//oauth//v1/generate?grant_type=client_credentials"} {
		for _, scheme := range []string{"Basic", "basic", "BASIC"} {
			a,
				err := w.do("GET", path,
				http.Header{"Authorization": {scheme + " " + base64.StdEncoding.EncodeToString([]byte("key:secret"))}},
				"")
			if err != nil || a.status != http.StatusOK {
				t.Fatalf("%s %s: %v, HTTP %d %s", scheme, path, err, a.status, a.body)
			}
			w.token = a.json(t)["access_token"].(string)
		}
	}
	text, err := json.Marshal(pushFields(phone, 1))
	if err != nil {
		t.Fatal(err)
	}
	id := ""
	for i, header := range []http.Header{
		{"Authorization": {"bearer " + w.token}, "Content-Type": {"application/json"}},
		{"Authorization": {"BEARER  " + w.token}, "Content-Type": {"Application/JSON; Charset=utf-8"}},
		{"Authorization": {"Bearer " + w.token + " "}, "Content-Type": {"application/json;charset=UTF-8"}},
	} {
		body := strings.ReplaceAll(string(text), phone, phone[:11]+string(rune('3'+i)))
		a, err := w.do("POST", "/"+pushPath, header, body)
		if err != nil || a.status != http.StatusOK {
			t.Fatalf("%v: %v, HTTP %d %s", header, err, a.status, a.body)
		}
		id = a.json(t)["CheckoutRequestID"].(string)
	}
	f := pushFields(phone, 1)
	a, err := w.post("/mpesa/stkpushquery/v2/query", map[string]any{
		"BusinessShortCode": f["BusinessShortCode"], "Password": f["Password"], "Timestamp": f["Timestamp"],
		"CheckoutRequestID": id,
	})
	// in flight, as version 1 says it first
	if err != nil || a.status != http.StatusInternalServerError || a.json(t)["requestId"] != id {
		t.Errorf("query, version 2: %v, HTTP %d %s", err, a.status, a.body)
	}
	a, err = w.do("POST", "/mpesa/stkpush/v1/processrequest", http.Header{"Authorization": {"Basic " + w.token},
		"Content-Type": {"application/json"}}, string(text))
	if err != nil || a.status != http.StatusNotFound {
		t.Errorf("another scheme: %v, HTTP %d", err, a.status)
	}
}

const (
	payPath1 = "/mpesa/c2b/v1/simulate"
	payPath2 = "/mpesa/c2b/v2/simulate"
)

func payFields() map[string]any {
	return map[string]any{
		"ShortCode": shortcode, "CommandID": "CustomerPayBillOnline", "Amount": 100, "Msisdn": phone,
		"BillRefNumber": "K7QX2M",
	}
}

// TestSimulatedC2B: a simulated payment by hand is one, and is confirmed to the addresses that are registered.
func TestSimulatedC2B(t *testing.T) {
	for name, test := range map[string]struct {
		path   string
		change map[string]any
		amount int
		to     string
		kind   string
		ref    string
		keys   []string
	}{
		"version 1": {payPath1, nil, 100, shortcode, "Pay Bill", "K7QX2M",
			[]string{"ConversationID", "OriginatorCoversationID", "ResponseDescription"}},
		"version 2": {payPath2, nil, 100, shortcode, "Pay Bill", "K7QX2M",
			[]string{"OriginatorCoversationID", "ResponseCode", "ResponseDescription"}},
		"all strings": {payPath2, map[string]any{"Amount": "5270"}, 5270, shortcode, "Pay Bill", "K7QX2M", nil},
		"all numbers": {payPath2, map[string]any{"ShortCode": 174379, "Msisdn": 254712345678,
			"Amount": json.Number("100.0"), "BillRefNumber": 12}, 100, shortcode, "Pay Bill", "12", nil},
		"till": {payPath2, map[string]any{"ShortCode": till, "CommandID": "CustomerBuyGoodsOnline",
			"BillRefNumber": nil}, 100, till, "Buy Goods", "", nil},
		"till, as text": {payPath1, map[string]any{"ShortCode": till, "CommandID": "CustomerBuyGoodsOnline",
			"BillRefNumber": "null"}, 100, till, "Buy Goods", "", nil},
		"doubled slash": {"/" + payPath2, nil, 100, shortcode, "Pay Bill", "K7QX2M", nil},
		"reference of 20": {payPath2, map[string]any{"BillRefNumber": strings.Repeat("r", 20)}, 100, shortcode,
			"Pay Bill", strings.Repeat("r", 20), nil},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.register(urlsPath2)
				f := payFields()
				maps.Copy(f, test.change)
				a, err := w.post(test.path, f)
				if err != nil || a.status != http.StatusOK {
					w.Fatalf("%v, HTTP %d %s", err, a.status, a.body)
				}
				if keys := slices.Sorted(maps.Keys(a.json(w.T))); test.keys != nil && !slices.Equal(keys, test.keys) {
					w.Errorf("answer %s", a.body)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				posted := w.to("/confirmation")
				if len(posted) != 1 {
					w.Fatalf("%d confirmations", len(posted))
				}
				got := answer{body: posted[0].body}.json(w.T)
				ledger := w.sim.Ledger()
				if len(ledger) != 1 || ledger[0].Amount != test.amount || ledger[0].Phone != phone ||
					got["TransID"] != ledger[0].Receipt ||
					got["BusinessShortCode"] != test.to || got["TransactionType"] != test.kind ||
					got["BillRefNumber"] != test.ref {
					w.Errorf("ledger %+v, confirmation %s", ledger, posted[0].body)
				}
			})
		})
	}
}

func TestSimulatedC2BRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]any
		want   string
	}{
		"another shortcode":   {map[string]any{"ShortCode": "600000"}, "ShortCode"},
		"no command":          {map[string]any{"CommandID": nil}, "CommandID"},
		"goods at a paybill":  {map[string]any{"CommandID": "CustomerBuyGoodsOnline"}, "CommandID"},
		"bill at a till":      {map[string]any{"ShortCode": till}, "CommandID"},
		"phone as 07":         {map[string]any{"Msisdn": "0712345678"}, "Msisdn"},
		"no phone":            {map[string]any{"Msisdn": nil}, "Msisdn"},
		"no reference":        {map[string]any{"BillRefNumber": nil}, "BillRefNumber"},
		"reference too long":  {map[string]any{"BillRefNumber": strings.Repeat("r", 21)}, "BillRefNumber"},
		"amount 0":            {map[string]any{"Amount": 0}, "Amount"},
		"amount with a point": {map[string]any{"Amount": 1.5}, "Amount"},
	} {
		w := newWorld(t, nil)
		f := payFields()
		maps.Copy(f, test.change)
		a, err := w.post(payPath2, f)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusBadRequest || a.json(t)["errorMessage"] != "Bad Request - Invalid "+test.want ||
			len(w.sim.Ledger()) != 0 {
			t.Errorf("%s: HTTP %d %s", name, a.status, a.body)
		}
	}
}
