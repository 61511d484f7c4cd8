package sim_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

func TestPushFields(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]any // nil deletes
		want   string
	}{
		"shortcode of letters":  {map[string]any{"BusinessShortCode": "cinema"}, "BusinessShortCode"},
		"shortcode too long":    {map[string]any{"BusinessShortCode": "12345678"}, "BusinessShortCode"},
		"no password":           {map[string]any{"Password": nil}, "Password"},
		"timestamp":             {map[string]any{"Timestamp": "20261301000000"}, "Timestamp"},
		"timestamp with zone":   {map[string]any{"Timestamp": "2026-01-02T03:04"}, "Timestamp"},
		"transaction type":      {map[string]any{"TransactionType": "CustomerPayBill"}, "TransactionType"},
		"amount 0":              {map[string]any{"Amount": 0}, "Amount"},
		"amount negative":       {map[string]any{"Amount": -1}, "Amount"},
		"amount with a point":   {map[string]any{"Amount": 1.5}, "Amount"},
		"amount as 10.01":       {map[string]any{"Amount": "10.01"}, "Amount"},
		"amount as 10.0.0":      {map[string]any{"Amount": "10.0.0"}, "Amount"},
		"amount as a point":     {map[string]any{"Amount": "."}, "Amount"},
		"amount as 1e3":         {map[string]any{"Amount": json.Number("1e3")}, "Amount"},
		"amount too large":      {map[string]any{"Amount": "250001"}, "Amount"},
		"amount very large":     {map[string]any{"Amount": "99999999999999999999"}, "Amount"},
		"amount true":           {map[string]any{"Amount": true}, "Amount"},
		"amount missing":        {map[string]any{"Amount": nil}, "Amount"},
		"party A with plus":     {map[string]any{"PartyA": "+254712345678"}, "PartyA"},
		"party B of letters":    {map[string]any{"PartyB": "till"}, "PartyB"},
		"phone of a landline":   {map[string]any{"PhoneNumber": "254201234567"}, "PhoneNumber"},
		"phone as 07":           {map[string]any{"PhoneNumber": "0712345678"}, "PhoneNumber"},
		"phone too short":       {map[string]any{"PhoneNumber": "25471234567"}, "PhoneNumber"},
		"callback with space":   {map[string]any{"CallBackURL": "https://cinema.test/a b"}, "CallBackURL"},
		"callback placeholder":  {map[string]any{"CallBackURL": "https://<host>/cb"}, "CallBackURL"},
		"callback in upper":     {map[string]any{"CallBackURL": "https://Cinema.test/cb"}, "CallBackURL"},
		"callback without host": {map[string]any{"CallBackURL": "https:///cb"}, "CallBackURL"},
		"callback by ftp":       {map[string]any{"CallBackURL": "ftp://cinema.test/cb"}, "CallBackURL"},
		"callback relative":     {map[string]any{"CallBackURL": "/cb"}, "CallBackURL"},
		"no reference":          {map[string]any{"AccountReference": ""}, "AccountReference"},
		"no description":        {map[string]any{"TransactionDesc": nil}, "Remarks"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			f := pushFields(phone, 1350)
			for k, v := range test.change {
				if f[k] = v; v == nil {
					delete(f, k)
				}
			}
			a, err := w.post(pushPath, f)
			if err != nil {
				t.Fatal(err)
			}
			w.wantFault(a, http.StatusBadRequest, "400.002.02", "Bad Request - Invalid "+test.want)
			if totals := w.sim.Totals(); totals.Accepted != 0 || totals.Refused != 1 {
				t.Errorf("totals %+v, want one refused", totals)
			}
		})
	}
}

func TestPushCredentials(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct{ field, value, message string }{
		{"BusinessShortCode", "174380", "Merchant does not exist"},
		{"Password", "bm90IGl0", "[MerchantValidate] - Wrong credentials"},
		{"Timestamp", "20260102030406", "[MerchantValidate] - Wrong credentials"}, // another than in the password
	} {
		f := pushFields(phone, 1)
		f[test.field] = test.value
		for _, path := range []string{pushPath, queryPath} {
			f["CheckoutRequestID"] = "ws_CO_1"
			a, err := w.post(path, f)
			if err != nil {
				t.Fatal(err)
			}
			w.wantFault(a, http.StatusInternalServerError, "500.001.1001", test.message)
		}
	}
}

func TestPushAccepted(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		f := pushFields(phone, 1)
		maps.Copy(f, map[string]any{ // numbers where others send strings
			"BusinessShortCode": 174379, "Amount": 250000, "PartyA": 254112345678, "PhoneNumber": 254112345678,
			"PartyB":           174379,
			"AccountReference": "longer-than-12-characters",
		})
		a, err := w.post(pushPath, f)
		if err != nil {
			w.Fatal(err)
		}
		body := a.json(w.T)
		const accepted = "Success. Request accepted for processing"
		if a.status != 200 || body["ResponseCode"] != "0" || body["ResponseDescription"] != accepted ||
			body["CustomerMessage"] != accepted || len(body) != 5 {
			w.Errorf("HTTP %d %s", a.status, a.body)
		}
		// A bubble begins at midnight UTC of 1 January 2000; Nairobi is three hours ahead.
		if got := body["CheckoutRequestID"]; got != "ws_CO_01012000030000000112345678" {
			w.Errorf("CheckoutRequestID %v", got)
		}
		merchant := regexp.MustCompile(`^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\d{4,6}$`)
		if got := body["MerchantRequestID"].(string); !merchant.MatchString(got) {
			w.Errorf("MerchantRequestID %q", got)
		}
		want := sim.Push{
			MerchantRequestID: body["MerchantRequestID"].(string),
			CheckoutRequestID: body["CheckoutRequestID"].(string), Phone: "254112345678", Amount: 250000,
			TransactionType: "CustomerPayBillOnline", PartyB: "174379", Reference: "longer-than-12-characters",
			Description: "Tickets", CallbackURL: f["CallBackURL"].(string), At: time.Now(),
			PromptEnds: time.Now().Add(time.Minute),
		}
		pushes := w.sim.Pushes("254112345678")
		if len(pushes) != 1 || !equalPush(pushes[0], want) {
			w.Errorf("pushes %+v, want %+v", pushes, want)
		}
	})
}

func equalPush(a, b sim.Push) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestOnePromptPerPhone(t *testing.T) {
	const locked = "Unable to lock subscriber, a transaction is already in process for the current subscriber"
	inBubble(t, nil, func(w *world) {
		first := w.push(phone, 100)
		a, err := w.post(pushPath, pushFields(phone, 100))
		if err != nil {
			w.Fatal(err)
		}
		w.wantFault(a, http.StatusInternalServerError, "500.001.1001", locked)
		w.push("254712345679", 100) // another phone is free
		if err := w.sim.PIN(phone, "1234"); err != nil {
			w.Fatal(err)
		}
		if second := w.push(phone, 100); second == first { // in the same millisecond
			w.Errorf("CheckoutRequestID %s twice", second)
		}
		time.Sleep(time.Minute + time.Millisecond)
		synctest.Wait()
		w.push(phone, 100) // the prompt has timed out
	})
}

func TestReceiverMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		kind, partyB, reference string
		want                    any // ResultCode of the callback
	}{
		"paybill":            {"CustomerPayBillOnline", shortcode, "A", json.Number("0")},
		"till":               {"CustomerBuyGoodsOnline", till, "A", json.Number("0")},
		"till type, paybill": {"CustomerBuyGoodsOnline", shortcode, "A", json.Number("2028")},
		"paybill type, till": {"CustomerPayBillOnline", till, "A", json.Number("2028")},
		"nobody's":           {"CustomerBuyGoodsOnline", "999999", "A", "SFC_IC0003"},
		"prompt of 183 characters": {"CustomerPayBillOnline", shortcode,
			strings.Repeat("A", 183-len("Pay KSh 1,350 to CinemaSphere? Account ")), json.Number("1025")},
		"prompt of 182 characters": {"CustomerPayBillOnline", shortcode,
			strings.Repeat("A", 182-len("Pay KSh 1,350 to CinemaSphere? Account ")), json.Number("0")},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *sim.Config) {
				c.Default = sim.Script{Result: "0", ResultAfter: time.Second}
			}, func(w *world) {
				f := pushFields(phone, 1350)
				f["TransactionType"], f["PartyB"], f["AccountReference"] = test.kind, test.partyB, test.reference
				if a, err := w.post(pushPath, f); err != nil || a.status != http.StatusOK {
					w.Fatalf("%v %+v, want it accepted", err, a)
				}
				time.Sleep(2 * time.Second)
				calls := w.received()
				if len(calls) != 1 {
					w.Fatalf("%d callbacks, want 1", len(calls))
				}
				if code, _ := calls[0].result(w.T); code != test.want {
					w.Errorf("ResultCode %#v, want %#v", code, test.want)
				}
				if paid := len(w.sim.Ledger()); (paid == 1) != (test.want == json.Number("0")) {
					w.Errorf("%d ledger entries", paid)
				}
			})
		})
	}
}
