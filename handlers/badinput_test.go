package handlers_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"cinemasphere/store/storetest"
)

const (
	sayPhone    = "Please enter a Safaricom number such as 0712 345 678."
	sayQuantity = "Please choose 1 to 10 tickets."
	sayName     = "Please tell us your name."
	sayLetters  = "Please leave out what cannot be printed."
	sayLong     = "Please use at most 80 characters."
)

// badFields are wrong fields and the sentence for each, the same at every form.
func badFields() []struct{ field, value, says string } {
	type row = struct{ field, value, says string }
	rows := []row{
		{"name", "", sayName}, {"name", " \t\n ", sayName}, {"name", strings.Repeat("é", 81), sayLong},
		{"name", strings.Repeat("n", 10_000), sayLong},
		{"name", "Achieng\x00", sayLetters}, {"name", "bad \xff utf-8", sayLetters}, {"name", "bell\a", sayLetters},
		{"name", "\u200b\u3164\u2800", sayName}, {"name", "\u202e\u2066", sayName},
		{"name", "A" + strings.Repeat("\u0301", 5), sayLetters},
	}
	for _, q := range []string{
		"", "0", "-1", "11", "1000000000", "1.5", "two", "１", "1e1", "99999999999999999999999", " ",
	} {
		rows = append(rows, row{"quantity", q, sayQuantity})
	}
	for _, p := range []string{
		"", "0", "712", "071234567", "07123456789", "0812345678", "0212345678", "254812345678", "+255712345678",
		"+44 20 7946 0958", "25471234567",
		"2547123456789", "0712345678 ext 1", "phone", "07l2345678", "00255712345678", "0712345678, 0722345678",
		strings.Repeat("0712345678", 1000), "0712345678\x00",
	} {
		rows = append(rows, row{"phone", p, sayPhone})
	}
	return rows
}

func TestBadFieldsInForms(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10)
	good := form(id, "0712 345 678", 1)
	for _, row := range badFields() {
		for _, entry := range []struct {
			name, path string
			form       url.Values
		}{
			{"form", "/bookings", with(good, "confirmed", "")}, {"confirmed form", "/bookings", good},
			{"dialog", "/bookings/dialog", good},
		} {
			f := with(entry.form, row.field, row.value)
			f.Set(row.field, row.value)
			w := o.post(entry.path, f)
			name := fmt.Sprintf("%s: %s %.20q", entry.name, row.field, row.value)
			if w.Code != 422 || !strings.Contains(w.Body.String(), row.says) {
				t.Errorf("%s: %d, want 422 %q", name, w.Code, row.says)
			}
			if got := page(t, w).Find(`input[name="nonce"]`).AttrOr("value", ""); got != good.Get("nonce") {
				t.Errorf("%s: the nonce is now %q", name, got)
			}
		}
	}
	if n := o.daraja.Totals(); n.Accepted+n.Refused != 0 || o.seatsTaken(id) != 0 {
		t.Errorf("something was booked: %+v", n)
	}
	o.oneLineEach()
}

func TestGoodOddInput(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 20, 20)
	for i, name := range []string{
		"Wanjikũ wa Ngũgĩ", "O'Brien-Otieno", "李小龍", "🎬 Film Fan", `<b>bold</b> & "quoted"`, strings.Repeat("é", 80),
	} {
		secret := o.book(id, storetest.Phone(i), 1)
		f := with(form(id, storetest.Phone(100+i), 1), "name", name)
		f.Set("extra", "ignored")
		f.Set("isAdmin", "1")
		w := o.post("/bookings", f)
		if w.Code != 303 {
			t.Errorf("name %q: %d %s", name, w.Code, w.Body)
			continue
		}
		tk := o.ticket(strings.TrimPrefix(w.Header().Get("Location"), "/tickets/"))
		if tk.CustomerName != name || tk.Secret == secret {
			t.Errorf("name %q is kept as %q", name, tk.CustomerName)
		}
	}
	for i, typed := range []string{
		"0733 000 ", "+254 733-001-", "254733002", "733003", " 0733004", "+254 (0)733.005.", "00254733006",
		"\u2060+254733\u00a0007\u00a0",
		"\u0660\u0667\u0663\u0663\u0660\u0660\u0668", "Ada Njeri: 0733 009 ", "https://wa.me/254733010",
	} {
		w := o.post("/bookings/dialog", with(form(id, "0", 1), "phone", typed+strconv.Itoa(600+i)))
		if w.Code != 200 {
			t.Errorf("phone %q: %d", typed, w.Code)
		}
	}
}

func TestBadRequestsToForms(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10)
	urlencoded := []string{"Content-Type", "application/x-www-form-urlencoded"}
	good := form(id, "0712345678", 1).Encode()
	for _, path := range []string{"/bookings", "/bookings/dialog", "/tickets/NOSUCHSECRETNOSUCHSECRET22/retry",
		"/tickets/NOSUCHSECRETNOSUCHSECRET22/retry/status",
		"/tickets/NOSUCHSECRETNOSUCHSECRET22/receipt", "/tickets/NOSUCHSECRETNOSUCHSECRET22/receipt/status"} {
		for _, tt := range []struct {
			name   string
			q      request
			status int
			says   string
		}{
			{"too long", request{body: good + "&x=" + strings.Repeat("x", 64<<10), headers: urlencoded}, 413,
				"larger than any of our forms"},
			{"broken escapes", request{body: "screening=%zz", headers: urlencoded}, 400, "not right"},
			{"JSON", request{body: `{}`, headers: []string{"Content-Type", "application/json"}}, 415,
				"not a form of ours"},
			{"multipart", request{body: "x", headers: []string{"Content-Type", "multipart/form-data"}}, 415,
				"not a form of ours"},
			{"no type", request{body: good}, 415, "not a form of ours"},
			{"nonsense type", request{body: good, headers: []string{"Content-Type", ";;"}}, 415, "not a form of ours"},
			{"empty", request{headers: urlencoded}, 404, "nothing at this address"},
		} {
			tt.q.method, tt.q.path = "POST", path
			if w := o.send(tt.q); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("%s at %s: %d, want %d %q\n%s", tt.name, path, w.Code, tt.status, tt.says, w.Body)
			}
		}
	}
	o.oneLineEach()
}

// apiBase is a good booking; each of its fields can be replaced with another JSON value.
func apiBody(id int64, change map[string]string) string {
	fields := map[string]string{
		"screeningId": strconv.FormatInt(id, 10), "customerName": `"Achieng"`, "phoneNumber": `"0712345678"`,
		"quantity": "1",
	}
	for k, v := range change {
		if v == "" {
			delete(fields, k)
			continue
		}
		fields[k] = v
	}
	parts := []string{}
	for k, v := range fields {
		parts = append(parts, strconv.Quote(k)+":"+v)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestBadInputToTheAPI(t *testing.T) {
	o := open(t)
	id := int64(storetest.Screening(t, o.store, 5, 10))
	const whole = "The field quantity must be a whole number from 1 to 10."
	for _, tt := range []struct {
		field, value string
		status       int
		says         string
	}{
		{"screeningId", "", 400, "Missing required field: movieId"},
		{"screeningId", "null", 400, "Missing required field: movieId"},
		{"customerName", "", 400, "Missing required field: customerName"},
		{"customerName", "null", 400, "Missing required field: customerName"},
		{"phoneNumber", "", 400, "Missing required field: phoneNumber"},
		{"quantity", "", 400, "Missing required field: quantity"},
		{"screeningId", `"abc"`, 400, "The field screeningId must be a number."},
		{"screeningId", "1.5", 400, "The field screeningId must be a number."},
		{"screeningId", "true", 400, "The field screeningId must be a number."},
		{"screeningId", "[1]", 400, "The field screeningId must be a number."},
		{"screeningId", "-1", 404, "Screening not found"}, {"screeningId", "0", 404, "Screening not found"},
		{"screeningId", "99999999999999999999999", 404, "Screening not found"},
		{"screeningId", `"12"`, 404, "Screening not found"},
		{"quantity", "0", 400, sayQuantity}, {"quantity", "-1", 400, sayQuantity}, {"quantity", "11", 400, sayQuantity},
		{"quantity", "1000000000", 400, sayQuantity},
		{"quantity", "99999999999999999999", 400, sayQuantity}, {"quantity", "1.5", 400, whole},
		{"quantity", "1e9", 400, sayQuantity}, {"quantity", `"two"`, 400, whole},
		{"quantity", "2.5", 400, whole}, {"quantity", `"2.5"`, 400, whole}, {"quantity", "25e-1", 400, whole},
		{"quantity", `""`, 400, whole}, {"quantity", `"2x"`, 400, whole},
		{"quantity", "1e99", 400, sayQuantity}, {"quantity", "1e999999999", 400, whole},
		{"quantity", "0.0", 400, sayQuantity}, {"quantity", `"11"`, 400, sayQuantity},
		{"quantity", "-2.0", 400, sayQuantity}, {"screeningId", `"1.5"`, 400,
			"The field screeningId must be a number."}, {"screeningId", "1e60", 404, "Screening not found"},
		{"quantity", "true", 400, whole}, {"quantity", "[]", 400, whole}, {"quantity", "{}", 400, whole},
		{"customerName", "12", 400, "The field customerName must be a string."},
		{"customerName", `["A"]`, 400, "The field customerName must be a string."},
		{"customerName", `""`, 400, sayName}, {"customerName", `"\u0000"`, 400, sayLetters},
		{"customerName", strconv.Quote(strings.Repeat("n", 10_000)), 400, sayLong},
		{"phoneNumber", "12", 400, "This number has 7 digits too few. " + sayPhone},
		{"phoneNumber", "{}", 400, "The field phoneNumber must be a string."},
		{"phoneNumber", "true", 400, "The field phoneNumber must be a string."},
		{"phoneNumber", `""`, 400, sayPhone}, {"phoneNumber", `"0812345678"`, 400,
			"Mobile numbers begin with 07 or 01. " + sayPhone},
		{"phoneNumber", `"+44 20 7946 0958"`, 400, "This is a number of another country. " + sayPhone},
		{"customerName", `"\u202e\u3164"`, 400, sayName},
	} {
		w := o.call("/api/make-payment", apiBody(id, map[string]string{tt.field: tt.value}))
		if got := decode(t, w)["error"]; w.Code != tt.status || got != tt.says {
			t.Errorf("%s %.30s: %d %v, want %d %q", tt.field, tt.value, w.Code, got, tt.status, tt.says)
		}
	}
	if n := o.daraja.Totals(); n.Accepted+n.Refused != 0 {
		t.Errorf("Daraja was called: %+v", n)
	}
	o.oneLineEach()
	if w := o.call("/api/make-payment",
		apiBody(id, map[string]string{"phoneNumber": "254712345678", "extra": "[1,2,3]"})); w.Code != 200 {
		t.Errorf("a number for a phone number: %d %s", w.Code, w.Body)
	}
}

// TestNumbersOfTheAPI: a whole number is one however a program writes it.
func TestNumbersOfTheAPI(t *testing.T) {
	o := open(t)
	id := int64(storetest.Screening(t, o.store, 50, 40))
	ids := []string{fmt.Sprint(id), fmt.Sprintf("%d.0", id), fmt.Sprintf("%d.000e0", id), fmt.Sprintf("%d0E-1", id),
		fmt.Sprintf("%q", fmt.Sprint(id)), fmt.Sprintf(`" %d.0 "`, id)}
	for i, quantity := range []string{"2", "2.0", "2e0", "2E+0", "20e-1", "0.2e1", `"2"`, `" 2 "`, `"2.0"`} {
		phone := []string{`"+254 (0)712 346 %03d"`, "254712346%03d", "254712346%03d.0", "712346%03d",
			"0.254712346%03de12"}[i%5]
		w := o.call("/api/make-payment", apiBody(id, map[string]string{
			"screeningId": ids[i%len(ids)], "quantity": quantity, "phoneNumber": fmt.Sprintf(phone, i),
		}))
		if w.Code != 200 {
			t.Errorf("quantity %s: %d %s", quantity, w.Code, w.Body)
			continue
		}
		tk := o.ticket(decode(t, w)["ticketSecret"].(string))
		if want := fmt.Sprintf("254712346%03d", i); tk.Quantity != 2 || tk.Phone != want {
			t.Errorf("quantity %s: %d for %s, want 2 for %s", quantity, tk.Quantity, tk.Phone, want)
		}
	}
}

func TestBadRequestsToTheAPI(t *testing.T) {
	o := open(t)
	id := int64(storetest.Screening(t, o.store, 5, 10))
	asJSON := []string{"Content-Type", "application/json; charset=utf-8"}
	for _, path := range []string{"/api/make-payment", "/api/query-payment-status"} {
		for _, tt := range []struct {
			name, body string
			headers    []string
			status     int
			says       string
		}{
			{"broken", `{"movieId":1`, asJSON, 400, "The body is not valid JSON."},
			{"empty", "", asJSON, 400, "The body is not valid JSON."},
			{"two objects", `{}{}`, asJSON, 400, "The body is not valid JSON."},
			{"list", `[]`, asJSON, 400, "The body must be a JSON object."},
			{"null", `null`, asJSON, 400, "The body must be a JSON object."},
			{"text", `"x"`, asJSON, 400, "The body must be a JSON object."},
			{"nested deeply", strings.Repeat("[", 20_000), asJSON, 400, "The body is not valid JSON."},
			{"too long", `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, asJSON, 413,
				"The body may have at most 65536 bytes."},
			{"form", "movieId=1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415,
				"The body must be JSON, with Content-Type: application/json."},
			{"no type", apiBody(id, nil), nil, 415, "The body must be JSON, with Content-Type: application/json."},
		} {
			w := o.send(request{method: "POST", path: path, body: tt.body, headers: tt.headers})
			if got := decode(t, w)["error"]; w.Code != tt.status || got != tt.says {
				t.Errorf("%s at %s: %d %v, want %d %q", tt.name, path, w.Code, got, tt.status, tt.says)
			}
		}
	}
	for _, body := range []string{
		`{"checkoutRequestId":1}`, `{"checkoutRequestId":["x"]}`, `{"checkoutRequestId":null}`,
	} {
		if w := o.call("/api/query-payment-status", body); w.Code != 400 {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	o.oneLineEach()
}

// oneLineEach checks that no request so far got a 500 and that each left one line in the log.
func (o *office) oneLineEach() {
	o.Helper()
	for line := range strings.Lines(o.log.String()) {
		if strings.Contains(line, `"status":500`) || strings.Contains(line, "goroutine") {
			o.Errorf("log: %s", line)
		}
	}
	lines, served := int64(0), int64(0)
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		// A callback that is being answered in the background has its line, and is not counted yet.
		if lines, served = int64(strings.Count(o.log.String(), `"msg":"request"`)), o.served.Load(); lines == served {
			break
		}
	}
	if lines != served || served == 0 {
		o.Errorf("%d log lines for %d requests", lines, served)
	}
}

func TestPayloadsParseAsText(t *testing.T) {
	o := open(t)
	id := storetest.Screening(t, o.store, 5, 10)
	for _, payload := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`,
		`</title><script>alert(1)</script>`,
		`javascript:alert(1)`, `" onfocus="alert(1)" autofocus="`, `<!--`, `{{7*7}}`, `</textarea><script>1</script>`,
		`&lt;b&gt;`,
	} {
		f := with(with(form(id, payload, 1), "name", payload), "quantity", payload)
		for _, path := range []string{"/bookings", "/bookings/dialog"} {
			noPayload(t, path+" 422", o.post(path, f), payload)
		}
		confirm := with(with(form(id, "0712345678", 1), "name", payload), "confirmed", "")
		w := o.post("/bookings", confirm)
		noPayload(t, "confirm page", w, payload)
		if got := page(t, w).Find(`input[name="name"]`).AttrOr("value", ""); w.Code == 200 && got != payload {
			t.Errorf("the confirm page carries %q on, want %q", got, payload)
		}
		w = o.get("/?genre=" + url.QueryEscape(payload))
		noPayload(t, "genre", w, payload)
	}
	secret := o.book(id, storetest.Phone(1), 1)
	w := o.post("/tickets/"+secret+"/retry", url.Values{"phone": {`"><script>alert(1)</script>`}})
	noPayload(t, "retry", w, "")
	for _, path := range []string{"/receipt", "/receipt/status"} {
		const payload = `</textarea><script>alert(1)</script><img src=x onerror=alert(1)>`
		w := o.post("/tickets/"+secret+path, url.Values{"receipt": {payload}})
		noPayload(t, path, w, payload)
		if got := page(t, w).Find("textarea").Text(); w.Code != 422 || got != payload {
			t.Errorf("%s: %d shows back %q", path, w.Code, got)
		}
	}
}

// noPayload checks that nothing but our own script elements, and no event handlers, came of what was typed.
func noPayload(t *testing.T, where string, w *httptest.ResponseRecorder, payload string) {
	t.Helper()
	doc := page(t, w)
	for _, script := range doc.Find("script").EachIter() {
		if src := script.AttrOr("src", ""); !strings.HasPrefix(src, "/assets/") ||
			strings.TrimSpace(script.Text()) != "" {
			t.Errorf("%s: %q made a script element %q", where, payload, script.Text())
		}
	}
	for _, el := range doc.Find("*").EachIter() {
		for _, a := range el.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") ||
				(a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("%s: %q made %s=%q", where, payload, a.Key, a.Val)
			}
		}
	}
	if doc.Find(`img[src="x"]`).Length() != 0 {
		t.Errorf("%s: %q made an image", where, payload)
	}
}
