package sim_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

const (
	pullOnPath = "/pulltransactions/v1/register"
	pullPath   = "/pulltransactions/v1/query"
)

func pullOnFields() map[string]any {
	return map[string]any{
		"ShortCode": shortcode, "RequestType": "Pull", "NominatedNumber": "0722000000",
		"CallBackURL": "https://cinema.test/pull",
	}
}

func pullFields(start, end, offset string) map[string]any {
	return map[string]any{"ShortCode": shortcode, "StartDate": start, "EndDate": end, "OffSetValue": offset}
}

// pull returns the rows of a page, and the answer's code.
func (w *world) pull(start, end, offset string) (rows []map[string]any, code string) {
	w.Helper()
	a, err := w.post(pullPath, pullFields(start, end, offset))
	if err != nil || a.status != http.StatusOK {
		w.Fatalf("pull: %v %+v", err, a)
	}
	body := a.json(w.T)
	if list, _ := body["Response"].([]any); len(list) > 0 {
		for _, row := range list[0].([]any) {
			rows = append(rows, row.(map[string]any))
		}
	}
	return rows, body["ResponseCode"].(string)
}

func TestPullRegistration(t *testing.T) {
	w := newWorld(t, nil)
	for field, value := range map[string]string{
		"RequestType": "Push", "NominatedNumber": "12345", "CallBackURL": "pull",
	} {
		f := pullOnFields()
		f[field] = value
		a, err := w.post(pullOnPath, f)
		if err != nil {
			t.Fatal(err)
		}
		w.wantFault(a, http.StatusBadRequest, "400.002.02", "Bad Request - Invalid "+field)
	}
	f := pullOnFields()
	f["ShortCode"] = "600000"
	a, err := w.post(pullOnPath, f)
	if err != nil {
		t.Fatal(err)
	}
	w.wantFault(a, http.StatusBadRequest, "400.001", "Invalid ShortCode")
	for _, want := range []struct {
		status, text string
	}{{"1000", "Shortcode Registered Successfully"}, {"1001", "ShortCode already Registered"}} {
		a, err := w.post(pullOnPath, pullOnFields())
		if err != nil {
			t.Fatal(err)
		}
		if body := a.json(t); a.status != 200 || body["ResponseStatus"] != want.status ||
			body["ResponseDescription"] != want.text || body["ShortCode"] != shortcode {
			t.Errorf("HTTP %d %s, want %+v", a.status, a.body, want)
		}
	}
}

func TestPullFields(t *testing.T) {
	const start, end = "2000-01-01 00:00:00", "2000-01-02 00:00:00"
	w := newWorld(t, nil)
	for field, f := range map[string]map[string]any{
		"StartDate":   pullFields("yesterday", end, "0"),
		"EndDate":     pullFields(end, start, "0"),
		"OffSetValue": pullFields(start, end, "-1"),
	} {
		a, err := w.post(pullPath, f)
		if err != nil {
			t.Fatal(err)
		}
		w.wantFault(a, http.StatusBadRequest, "400.002.02", "Bad Request - Invalid "+field)
	}
	f := pullFields(start, end, "0")
	f["ShortCode"] = "600000"
	a, err := w.post(pullPath, f)
	if err != nil {
		t.Fatal(err)
	}
	w.wantFault(a, http.StatusBadRequest, "400.001", "Invalid ShortCode")
}

func TestPullRows(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		const start, end = "2000-01-01 3:00:00", "2000-01-01 04:00"
		stk := w.pay(phone, 1350)
		time.Sleep(time.Minute)
		hand, toTill := w.byHand(paybill("K7QX2M", 20)), w.byHand(tillPayment(30))
		w.sim.Reverse(hand)
		if rows, code := w.pull(start, end, "0"); len(rows) != 0 || code != "1001" {
			w.Errorf("%d rows, code %s before it is registered", len(rows), code)
		}
		if _, err := w.post(pullOnPath, pullOnFields()); err != nil {
			w.Fatal(err)
		}
		rows, code := w.pull(start, end, "0")
		if code != "1000" || len(rows) != 3 {
			w.Fatalf("rows %v, code %s", rows, code)
		}
		for i, want := range []map[string]any{
			{
				"transactionId": stk, "trxDate": "2000-01-01T03:00:00+03:00", "transactiontype": "c2b-pay-bill-debit",
				"billreference": "K7QX2M", "amount": "1350.0",
			},
			{
				"transactionId": hand, "trxDate": "2000-01-01T03:01:00+03:00", "transactiontype": "c2b-pay-bill-debit",
				"billreference": "K7QX2M", "amount": "20.0",
			},
			{
				"transactionId": toTill, "trxDate": "2000-01-01T03:01:00+03:00",
				"transactiontype": "c2b-buy-goods-debit", "billreference": "", "amount": "30.0",
			},
		} {
			want["msisdn"], want["sender"], want["organizationname"] = 254712345678.0, "IAN KIPKORIR OUMA",
				"CinemaSphere"
			for key, value := range want {
				if rows[i][key] != value {
					w.Errorf("row %d: %s is %v, want %v", i, key, rows[i][key], value)
				}
			}
			if len(rows[i]) != len(want) {
				w.Errorf("row %d has %v", i, rows[i])
			}
		}
		for window, want := range map[[2]string]int{
			{"2000-01-01 03:00:01", end}: 2, {start, "2000-01-01 03:00:59"}: 1, {start, "2000-01-01 03:01:00"}: 3,
			{"2000-01-01 03:01:01", end}: 0, {"1999-12-01 00:00", "2000-01-01 02:59:59"}: 0,
		} {
			if rows, code := w.pull(window[0], window[1], "0"); len(rows) != want || (code == "1001") != (want == 0) {
				w.Errorf("%v: %d rows, code %s, want %d", window, len(rows), code, want)
			}
		}
	})
}

func TestPullPages(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.PullPage, c.Default = 4, sim.Script{Result: "0"} }, func(w *world) {
		if _, err := w.post(pullOnPath, pullOnFields()); err != nil {
			w.Fatal(err)
		}
		for i := range 10 {
			w.push(phone, i+1)
			synctest.Wait()
		}
		seen := ""
		for offset := 0; ; {
			rows, _ := w.pull("2000-01-01 00:00", "2000-01-02 00:00", itoa(offset))
			if len(rows) == 0 {
				break
			}
			if want := min(4, 10-offset); len(rows) != want {
				w.Fatalf("%d rows from %d on, want %d", len(rows), offset, want)
			}
			for _, row := range rows {
				seen += row["amount"].(string) + " "
			}
			offset += len(rows)
		}
		if seen != "1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0 9.0 10.0 " {
			w.Errorf("amounts %s", seen)
		}
	})
}

func TestPullForgetsAfterTwoDays(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		if _, err := w.post(pullOnPath, pullOnFields()); err != nil {
			w.Fatal(err)
		}
		w.pay(phone, 10)
		for _, want := range []int{1, 0} {
			time.Sleep(48 * time.Hour * time.Duration(want))
			time.Sleep(time.Second * time.Duration(1-want))
			w.token = w.newToken()
			if rows, _ := w.pull("1999-12-01 00:00", "2001-01-01 00:00", "0"); len(rows) != want {
				w.Errorf("%d rows, want %d", len(rows), want)
			}
		}
	})
}

func TestPullMasksNumbers(t *testing.T) {
	inBubble(t, func(c *sim.Config) { c.Default.Status.Party = sim.PartyMasked }, func(w *world) {
		if _, err := w.post(pullOnPath, pullOnFields()); err != nil {
			w.Fatal(err)
		}
		w.pay(phone, 10)
		a, err := w.post(pullPath, pullFields("2000-01-01 00:00", "2000-01-02 00:00", "0"))
		if err != nil || !strings.Contains(a.body, `"msisdn":"2547 ***** 678"`) {
			w.Errorf("%v %s", err, a.body)
		}
	})
}
