package handlers_test

import (
	"strings"
	"testing"

	"cinemasphere/store/storetest"
)

// What stands behind a token takes nothing from a callback; a request by another method is told in the log, and not
// kept. The question before a payment is answered with yes, whatever it is.
func TestOddCallbackRequests(t *testing.T) {
	o := open(t)
	tk, token := o.pending(storetest.Phone(1))
	body := success(tk.Push.CheckoutRequestID, 1350)
	if w := o.send(request{method: "PUT", path: "/cb/" + token, body: body}); w.Code != 405 ||
		!strings.Contains(o.log.String(), "was not a POST") {
		t.Errorf("PUT: %d, %s", w.Code, o.log.String())
	}
	if strings.Contains(o.log.String(), token) {
		t.Error("the log has the token")
	}
	if w := o.send(request{method: "POST", path: "/cb/check/" + token, body: "{"}); w.Code != 200 ||
		!strings.Contains(w.Body.String(), `"0"`) {
		t.Errorf("validation: %d %s", w.Code, w.Body)
	}
	accepted(t, "more behind the token", o.send(request{method: "POST", path: "/cb/" + token + "/x", body: body}))
	o.until(tk.Secret, "paid", paid)
}
