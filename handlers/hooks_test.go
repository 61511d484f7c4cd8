package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// success is a callback that says that the push was paid.
func success(checkoutRequestID string, amount int) string {
	return fmt.Sprintf(`{"Body":{"stkCallback":{"MerchantRequestID":"m-1","CheckoutRequestID":%q,"ResultCode":0,
		"ResultDesc":"ok","CallbackMetadata":{"Item":[{"Name":"Amount","Value":%d.00},
		{"Name":"MpesaReceiptNumber","Value":%q},{"Name":"Balance"},
		{"Name":"TransactionDate","Value":20261123200000},{"Name":"PhoneNumber","Value":254712345678}]}}}}`,
		checkoutRequestID, amount, nonce()[12:])
}

// pending books and returns the ticket and its push's callback token, as Daraja was given it.
func (o *office) pending(phone string) (*store.Ticket, string) {
	o.Helper()
	o.daraja.SetScript(phone, sim.Script{})
	secret := o.book(storetest.Screening(o.T, o.store, 5, 10), phone, 1)
	pushes := o.daraja.Pushes(phone)
	u, err := url.Parse(pushes[len(pushes)-1].CallbackURL)
	if err != nil {
		o.Fatal(err)
	}
	return o.ticket(secret), strings.TrimPrefix(u.Path, "/cb/")
}

func accepted(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"ResultCode":0,"ResultDesc":"Accepted"}` {
		t.Errorf("%s: %d %s", what, w.Code, w.Body)
	}
	if w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%s: sets a cookie", what)
	}
}

func TestCallbacksAtEveryAddress(t *testing.T) {
	o := open(t)
	for i, prefix := range []string{"/cb/", "/api/mpesa-callback/"} {
		tk, token := o.pending(storetest.Phone(i))
		w := o.send(request{
			method: "POST", path: prefix + token, body: success(tk.Push.CheckoutRequestID, 1350),
			// Safaricom's headers are not ours to judge
			headers: []string{"Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site"},
		})
		accepted(t, prefix, w)
		o.until(tk.Secret, "paid", paid)
	}
}

func TestCallbacksThatMakeNoTicket(t *testing.T) {
	o := open(t)
	tk, token := o.pending(storetest.Phone(10))
	other, _ := o.pending(storetest.Phone(11))
	good := success(tk.Push.CheckoutRequestID, 1350)
	long := strings.Repeat("x", 10<<20)
	for _, tt := range []struct{ name, path, body string }{
		{"no token", "/cb", good}, {"no token", "/api/mpesa-callback", good}, {"no token", "/cb/", good},
		{"stranger's token", "/cb/ABCDEFGHIJKLMNOPQRSTUVWXYZ", good},
		{"stranger's token", "/api/mpesa-callback/" + strings.Repeat("A", 3000), good},
		{"token of another case", "/cb/" + strings.ToLower(token), good},
		{"ticket's secret for a token", "/cb/" + tk.Secret, good},
		{"empty", "/cb/" + token, ""}, {"not JSON", "/cb/" + token, "<html>"}, {"NUL", "/cb/" + token, "\x00\x00"},
		{"not UTF-8", "/cb/" + token, "\xff\xfe"},
		{"10 MB", "/cb/" + token, long}, {"10 MB for a stranger", "/cb/x", long},
		{"another push's CheckoutRequestID", "/cb/" + token, success(other.Push.CheckoutRequestID, 1350)},
		{"null", "/cb/" + token, "null"}, {"list", "/cb/" + token, "[]"}, {"string", "/cb/" + token, `"paid"`},
		{"deep", "/cb/" + token, strings.Repeat("[", 30_000)},
	} {
		w := o.send(request{method: "POST", path: tt.path, body: tt.body})
		if strings.HasSuffix(tt.path, "/cb/") {
			if w.Code != 404 && w.Code != 200 {
				t.Errorf("%s: %d", tt.path, w.Code)
			}
			continue
		}
		accepted(t, tt.name, w)
	}
	for _, secret := range []string{tk.Secret, other.Secret} {
		if got := o.ticket(secret); got.Status != store.Pending {
			t.Errorf("ticket is %s %s", got.Status, got.Reason)
		}
	}
	o.oneLineEach()
	accepted(t, "the true one", o.send(request{method: "POST", path: "/cb/" + token, body: good}))
	o.until(tk.Secret, "paid", paid)
}

func TestALongCallbackIsKeptWithItsSize(t *testing.T) {
	o := open(t)
	_, token := o.pending(storetest.Phone(20))
	body := strings.Repeat(" ", 1<<20)
	r := httptest.NewRequest("POST", baseURL+"/cb/"+token, io.MultiReader(strings.NewReader(body))) // of unknown length
	r.ContentLength = -1
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	accepted(t, "1 MB", w)
	r = httptest.NewRequest("POST", baseURL+"/cb/"+token, io.MultiReader(strings.NewReader("{"), broken{}))
	w = httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest {
		t.Errorf("one that breaks off is acknowledged: %d", w.Code)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestOtherMethodsOnCallbacks(t *testing.T) {
	o := open(t)
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		for _, path := range []string{"/cb/x", "/cb", "/api/mpesa-callback", "/api/mpesa-callback/x"} {
			if w := o.send(request{method: method, path: path}); w.Code != http.StatusMethodNotAllowed ||
				w.Header().Get("Allow") != "POST" {
				t.Errorf("%s %s: %d Allow %q", method, path, w.Code, w.Header().Get("Allow"))
			}
		}
	}
}

func TestACallbackThatCannotBeKeptIsNotAcknowledged(t *testing.T) {
	st, err := store.Open(t.Context(), store.Options{Path: tempFile(t), Environment: store.Simulator})
	if err != nil {
		t.Fatal(err)
	}
	o := openOn(t, st)
	_, token := o.pending(storetest.Phone(30))
	o.stop()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	w := o.send(request{method: "POST", path: "/cb/" + token, body: "{}"})
	if w.Code != 503 || strings.Contains(w.Body.String(), "Accepted") {
		t.Errorf("books are closed: %d %s", w.Code, w.Body)
	}
	for path, status := range map[string]int{
		"/": 503, "/films": 503, "/healthz": 503, "/api/movies": 500, "/movies/1": 500,
	} {
		w := o.get(path)
		if w.Code != status || w.Body.Len() == 0 || strings.Contains(w.Body.String(), "sql") ||
			strings.Contains(w.Body.String(), "database") {
			t.Errorf("%s with closed books: %d %s", path, w.Code, w.Body)
		}
	}
	if w := o.get("/movies/1"); !strings.Contains(w.Body.String(), "The mistake is ours") ||
		!strings.Contains(w.Body.String(), "<html") || w.Header().Get("X-Request-Id") == "" {
		t.Errorf("the last page: %v %s", w.Header(), w.Body)
	}
	if w := o.get("/healthz"); bytes.Contains(w.Body.Bytes(), []byte("closed")) {
		t.Errorf("healthz tells too much: %s", w.Body)
	}
}
