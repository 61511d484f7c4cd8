package handlers_test

import (
	"net/netip"
	"strings"
	"testing"

	"cinemasphere/handlers"
	"cinemasphere/mpesa"
	"cinemasphere/store/storetest"
)

// TestSenders: a callback from an address that is not Safaricom's counts, and is told in the log; only where the owner
// wants it is it refused. The address is the one that a trusted proxy vouches for, and nobody else's claim.
func TestSenders(t *testing.T) {
	const proxy, safaricom, stranger = "10.0.0.1", "196.201.212.69", "203.0.113.9"
	for i, c := range []struct {
		name            string
		from, forwarded string
		refuse          bool
		status          int
		logged          bool
	}{
		{"from Safaricom", safaricom, "", false, 200, false},
		{"from elsewhere", stranger, "", false, 200, true},
		{"from Safaricom by a proxy", proxy, safaricom, false, 200, false},
		{"from elsewhere by a proxy", proxy, stranger, false, 200, true},
		{"from elsewhere, which says that it is Safaricom", stranger, safaricom, false, 200, true},
		{"from Safaricom, where others are refused", safaricom, "", true, 200, false},
		{"from Safaricom by a proxy, where others are refused", proxy, safaricom, true, 200, false},
		{"from elsewhere, refused", stranger, "", true, 403, true},
		{"from elsewhere by a proxy, refused", proxy, stranger, true, 403, true},
		{"a claim, refused", stranger, safaricom, true, 403, true},
	} {
		o := open(t, func(d *handlers.Deps) {
			d.Senders, d.RefuseOthers = mpesa.Senders(), c.refuse
			d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		})
		tk, token := o.pending(storetest.Phone(20 + i))
		q := request{method: "POST", path: "/cb/" + token, body: success(tk.Push.CheckoutRequestID, 1350), from: c.from}
		if c.forwarded != "" {
			q.headers = []string{"X-Forwarded-For", c.forwarded}
		}
		if w := o.send(q); w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.status)
		}
		if c.status == 200 {
			o.until(tk.Secret, "paid", paid)
		} else if got := o.ticket(tk.Secret); paid(got) {
			t.Errorf("%s: it was refused, and the ticket is paid", c.name)
		}
		if logged := strings.Contains(o.log.String(), "not known as Safaricom's"); logged != c.logged {
			t.Errorf("%s: logged %v", c.name, logged)
		}
		w := o.send(request{method: "POST", path: "/cb/unknown", body: "{}", from: stranger})
		if (w.Code == 403) != c.refuse {
			t.Errorf("%s: a stranger's invention: %d", c.name, w.Code)
		}
	}
}
