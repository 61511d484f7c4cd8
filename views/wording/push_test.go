package wording_test

import (
	"strings"
	"testing"

	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// TestPushErrors: each way in which Daraja does not plainly accept a push has a sentence of its own, and says whether a
// prompt may be out.
func TestPushErrors(t *testing.T) {
	seen := map[string]string{}
	for name, tt := range map[string]struct {
		err error
		out bool
	}{
		"locked":    {&mpesa.Error{Kind: mpesa.KindRefused, Locked: true}, false},
		"no token":  {&mpesa.Error{Kind: mpesa.KindToken}, false},
		"busy":      {&mpesa.Error{Kind: mpesa.KindBusy}, false},
		"refused":   {&mpesa.Error{Kind: mpesa.KindRefused}, false},
		"a setting": {&mpesa.Error{Kind: mpesa.KindConfig, Message: "Something else"}, false},
		"the passkey": {&mpesa.Error{Kind: mpesa.KindConfig,
			Message: "Bad Request - Wrong credentials"}, false},
		"the shortcode": {&mpesa.Error{Kind: mpesa.KindConfig,
			Message: "Bad Request - Invalid BusinessShortCode"}, false},
		"the merchant": {&mpesa.Error{Kind: mpesa.KindConfig, Message: "Merchant does not exist"}, false},
		"the till":     {&mpesa.Error{Kind: mpesa.KindConfig, Message: "Bad Request - Invalid PartyB"}, false},
		"the transaction type": {&mpesa.Error{Kind: mpesa.KindConfig,
			Message: "Bad Request - Invalid TransactionType"}, false},
		"the callback": {&mpesa.Error{Kind: mpesa.KindConfig,
			Message: "Bad Request - Invalid CallBackURL"}, false},
		"the clock": {&mpesa.Error{Kind: mpesa.KindConfig,
			Message: "Bad Request - Invalid Timestamp"}, false},
		"the product": {&mpesa.Error{Kind: mpesa.KindConfig,
			Message: "Invalid API call: no apiproduct match found"}, false},
		"perhaps out, with id":  {&mpesa.Error{Kind: mpesa.KindAmbiguous, CheckoutRequestID: "ws_CO_1"}, true},
		"perhaps out, no id":    {&mpesa.Error{Kind: mpesa.KindAmbiguous}, true},
		"a kind that is not it": {&mpesa.Error{Kind: "new", CheckoutRequestID: ""}, true},
	} {
		got := wording.PushError(tt.err.(*mpesa.Error))
		if maybe := strings.Contains(got, "may be on the phone"); maybe != tt.out || !strings.HasSuffix(got, ".") {
			t.Errorf("%s: %q", name, got)
		}
		if other, said := seen[got]; said && !(tt.out && tt.err.(*mpesa.Error).CheckoutRequestID == "") {
			t.Errorf("%s says the same as %s: %q", name, other, got)
		}
		seen[got] = name
	}
}

// TestPushResults: the list says of a refused push what the log said, and nothing where M-PESA
// is silent.
func TestPushResults(t *testing.T) {
	for _, tt := range []struct {
		state  store.PushState
		reason store.FailureReason
		code   string
		text   string
		want   string
	}{
		{store.PushRefused, store.FailurePhoneLocked, "500.001.1001", "Unable to lock",
			wording.PushError(&mpesa.Error{Kind: mpesa.KindRefused, Locked: true})},
		{store.PushRefused, store.FailureMpesaBusy, "500.003.02", "Busy",
			wording.PushError(&mpesa.Error{Kind: mpesa.KindBusy})},
		{store.PushRefused, store.FailureConfig, "400", "Wrong credentials",
			wording.PushError(&mpesa.Error{Kind: mpesa.KindConfig, Message: "Wrong credentials"})},
		{store.PushRefused, store.FailureRefused, "", "", wording.PushError(&mpesa.Error{Kind: mpesa.KindRefused})},
		{store.PushUnknown, "", "", "", ""},
		{store.PushUnknown, "", "0", "Accepted", ""},
		{store.PushUnknown, store.FailureConfirming, "0", "", ""},
		{store.PushUnknown, store.FailureUnknownCode, "1101", "", mpesa.Classify("1101").Operator},
		{store.PushFailed, "wrong_pin", "2001", "", mpesa.Classify("2001").Operator},
		{store.PushSoftFailed, "timeout", "1037", "", mpesa.Classify("1037").Operator},
		{store.PushPaid, "", "0", "", ""},
	} {
		if got := wording.PushResult(tt.state, tt.reason, tt.code, tt.text); got != tt.want {
			t.Errorf("%s %s %s: %q, want %q", tt.state, tt.reason, tt.code, got, tt.want)
		}
	}
}

// TestSales: the operator reads whether bookings are taken, and of trouble with the set-up what to check.
func TestSales(t *testing.T) {
	for _, s := range []store.Sales{{Paused: "counting"}, {Until: 1}, {}} {
		if got := wording.Sales(s); strings.Contains(got, "Bookings are taken") != (s == store.Sales{}) ||
			!strings.Contains(got, s.Paused) {
			t.Errorf("%+v: %q", s, got)
		}
	}
	last := store.PushEnd{State: store.PushFailed, Code: "2028", Text: "Call 0712345678."}
	what, means := wording.SetUpTrouble(3, 1, last)
	if !strings.Contains(what, "code 2028, Call 0712***678") || means != mpesa.Classify("2028").Operator {
		t.Errorf("%q, %q", what, means)
	}
}
