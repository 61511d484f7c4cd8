package notify_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cinemasphere/handlers/notify"
	"cinemasphere/store"
)

// gateway is an SMS service of the test, which gives one answer.
type gateway struct {
	*httptest.Server
	calls atomic.Int64
	mu    sync.Mutex
	last  asked
}

// asked is a request that came.
type asked struct {
	path string
	head http.Header
	body string
}

// asked is the last request.
func (g *gateway) asked() asked {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

func newGateway(t *testing.T, status int, answer string) *gateway {
	g := &gateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.calls.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		g.mu.Lock()
		g.last = asked{r.URL.String(), r.Header, string(body)}
		g.mu.Unlock()
		if status == 0 { // it hangs up
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = c.Close()
			}
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(g.Close)
	return g
}

var text = notify.Text{ID: "abc.paid", To: "254712345678", Body: "Sunrise: paid. https://sunrise.co.ke/tickets/X"}

func TestAfricasTalking(t *testing.T) {
	answer := func(code, id string) string {
		return `{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[{"statusCode":` + code +
			`,"number":"+254712345678","cost":"KES 0.8000","messageId":"` + id + `"}]}}`
	}
	for name, c := range map[string]struct {
		status int
		answer string
		want   store.SendOutcome
		why    string
	}{
		"processed":      {201, answer("100", "ATX1"), store.SendDone, ""},
		"sent":           {201, answer("101", "ATX1"), store.SendDone, ""},
		"queued":         {200, answer("102", "ATX1"), store.SendDone, ""},
		"risk hold":      {201, answer("401", "None"), store.SendFailed, "sms 401"},
		"sender":         {201, answer("402", "None"), store.SendBarred, "sender"},
		"number":         {201, answer("403", "None"), store.SendRefused, "number"},
		"kind of number": {201, answer("404", "None"), store.SendRefused, "number"},
		"no balance":     {201, answer("405", "None"), store.SendBarred, "no balance"},
		"blacklisted":    {201, answer("406", "None"), store.SendRefused, "blocked"},
		"no route":       {201, answer("407", "None"), store.SendRefused, "number"},
		"not disturbed":  {201, answer("409", "None"), store.SendRefused, "blocked"},
		"their fault":    {201, answer("500", "None"), store.SendFailed, "sms 500"},
		"their gateway":  {201, answer("501", "None"), store.SendFailed, "sms 501"},
		"to nobody": {201, `{"SMSMessageData":{"Message":"Sent to 0/1","Recipients":[]}}`, store.SendFailed,
			"odd answer"},
		"sender, no recipient": {
			201, `{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}`, store.SendBarred, "sender",
		},
		"key":           {401, "The supplied authentication is invalid", store.SendBarred, "log-in"},
		"too many":      {429, "", store.SendBarred, "too busy"},
		"bad request":   {400, "", store.SendFailed, "http 400"},
		"broken":        {500, "<html>", store.SendUnsure, "http 500"},
		"gateway":       {504, "", store.SendUnsure, "http 504"},
		"closed":        {503, "", store.SendBarred, "too busy"},
		"moved":         {302, "", store.SendBarred, "http 302"},
		"no JSON":       {200, "<html>welcome", store.SendUnsure, "odd answer"},
		"other JSON":    {200, `{"a":1}`, store.SendUnsure, "odd answer"},
		"hangs up":      {0, "", store.SendUnsure, "no answer"},
		"cut in midway": {201, `{"SMSMessageData":{"Mess`, store.SendUnsure, "odd answer"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t, c.status, c.answer)
			a := notify.AfricasTalking{URL: g.URL, Username: "sunrise", Key: "the-key", Sender: "SUNRISE"}
			id, err := a.Send(t.Context(), text)
			f, _ := errors.AsType[*notify.Fault](err)
			if f == nil {
				f = &notify.Fault{Outcome: store.SendDone}
			}
			if f.Outcome != c.want || f.Why != c.why || c.want == store.SendDone && id != "ATX1" {
				t.Errorf("it is %+v %q, not %v %q", f, id, c.want, c.why)
			}
			if n := g.calls.Load(); n != 1 {
				t.Errorf("it was called %d times", n)
			}
			form, err := url.ParseQuery(g.asked().body)
			if err != nil || g.asked().path != "/version1/messaging" || g.asked().head.Get("apiKey") != "the-key" ||
				g.asked().head.Get("Idempotency-Key") != text.ID {
				t.Errorf("%s %v %v", g.asked().path, g.asked().head, err)
			}
			for field, want := range map[string]string{
				"username": "sunrise", "to": "+254712345678", "message": text.Body, "from": "SUNRISE",
				"bulkSMSMode": "1",
			} {
				if form.Get(field) != want {
					t.Errorf("%s is %q", field, form.Get(field))
				}
			}
		})
	}
	gone := newGateway(t, 200, "")
	gone.Close()
	_, err := notify.AfricasTalking{URL: gone.URL, Username: "x", Key: "y"}.Send(t.Context(), text)
	if outcome(err) != store.SendBarred {
		t.Errorf("nobody there: %v", err)
	}
}

func TestReseller(t *testing.T) {
	answer := func(code string) string {
		return `{"responses":[{"respose-code":` + code + `,"response-description":"x","mobile":"254712345678",` +
			`"messageid":8290842,"networkid":"1"}]}`
	}
	for name, c := range map[string]struct {
		status int
		answer string
		want   store.SendOutcome
		why    string
	}{
		"accepted":          {200, answer("200"), store.SendDone, ""},
		"accepted, spelt":   {200, strings.Replace(answer("200"), "respose", "response", 1), store.SendDone, ""},
		"accepted, as text": {200, answer(`"200"`), store.SendDone, ""},
		"sender":            {200, answer("1001"), store.SendBarred, "sender"},
		"network":           {200, answer("1002"), store.SendRefused, "number"},
		"number":            {200, answer("1003"), store.SendRefused, "number"},
		"credit":            {200, answer("1004"), store.SendBarred, "no balance"},
		"system":            {200, answer("1005"), store.SendFailed, "sms 1005"},
		"credentials":       {200, `{"response-code":1006,"response-description":"x"}`, store.SendBarred, "log-in"},
		"later":             {200, answer("4090"), store.SendFailed, "sms 4090"},
		"no key":            {200, answer("4092"), store.SendBarred, "log-in"},
		"no code":           {200, `{"responses":[{}]}`, store.SendUnsure, "odd answer"},
		"hangs up":          {0, "", store.SendUnsure, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t, c.status, c.answer)
			s := notify.Reseller{URL: g.URL + "/", Partner: "77", Key: "the-key", Sender: "Sunrise"}
			id, err := s.Send(t.Context(), text)
			f, _ := errors.AsType[*notify.Fault](err)
			if f == nil {
				f = &notify.Fault{Outcome: store.SendDone}
			}
			if f.Outcome != c.want || f.Why != c.why || c.want == store.SendDone && id != "8290842" {
				t.Errorf("it is %+v %q, not %v %q", f, id, c.want, c.why)
			}
			var sent map[string]string
			got := g.asked()
			if err := json.Unmarshal([]byte(got.body), &sent); err != nil || got.path != "/api/services/sendsms" ||
				sent["apikey"] != "the-key" || sent["partnerID"] != "77" || sent["mobile"] != "254712345678" ||
				sent["message"] != text.Body || sent["shortcode"] != "Sunrise" {
				t.Errorf("%s %v %v", got.path, sent, err)
			}
			if n := g.calls.Load(); n != 1 {
				t.Errorf("it was called %d times", n)
			}
		})
	}
}

// TestLogIns: what the check-up finds.
func TestLogIns(t *testing.T) {
	for _, c := range []struct {
		answer string
		status int
		want   store.SendOutcome
	}{
		{`{"UserData":{"balance":"KES 1785.50"}}`, 200, store.SendDone},
		{`{"UserData":{"balance":"KES 0.00"}}`, 200, store.SendBarred},
		{`nothing`, 401, store.SendBarred},
	} {
		g := newGateway(t, c.status, c.answer)
		err := notify.AfricasTalking{URL: g.URL, Username: "sun rise", Key: "k"}.LogIn(t.Context())
		if outcome(err) != c.want || g.asked().path != "/version1/user?username=sun+rise" {
			t.Errorf("%s: %v at %s", c.answer, err, g.asked().path)
		}
	}
	g := newGateway(t, 200, `{"response-code":200,"credit":"12","partner-id":"77"}`)
	if err := (notify.Reseller{URL: g.URL, Partner: "77", Key: "k"}).LogIn(t.Context()); err != nil {
		t.Error(err)
	}
	g = newGateway(t, 200, `{"response-code":1006}`)
	err := notify.Reseller{URL: g.URL, Partner: "77", Key: "k"}.LogIn(t.Context())
	if outcome(err) != store.SendBarred {
		t.Error(err)
	}
}
