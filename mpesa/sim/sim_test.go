package sim_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

const (
	shortcode = "174379"
	till      = "5123456"
	passkey   = "a-passkey"
	phone     = "254712345678" // no scenario
)

// call is a callback as the product received it.
type call struct {
	at     time.Duration // since the world began
	path   string
	header http.Header
	body   string
}

func (c call) result(t *testing.T) (code any, items map[string]any) {
	t.Helper()
	var cb struct {
		Body struct {
			StkCallback struct {
				ResultCode       any
				CallbackMetadata struct {
					Item []struct {
						Name  string
						Value any
					}
				}
			} `json:"stkCallback"`
		}
	}
	dec := json.NewDecoder(strings.NewReader(c.body))
	dec.UseNumber()
	if err := dec.Decode(&cb); err != nil {
		t.Fatalf("callback %s: %v", c.body, err)
	}
	items = map[string]any{}
	for _, item := range cb.Body.StkCallback.CallbackMetadata.Item {
		items[item.Name] = item.Value
	}
	return cb.Body.StkCallback.ResultCode, items
}

// world is a simulator, a product that notes its callbacks, and a client with a token, all in one process.
type world struct {
	*testing.T
	sim    *sim.Sim
	client *http.Client
	token  string
	born   time.Time

	mu    sync.Mutex
	calls []call
	reply int                        // status of the product
	says  func(c call) (body string) // what the product answers, where it says more than a status
}

func newWorld(t *testing.T, change func(*sim.Config)) *world {
	w := &world{T: t, born: time.Now(), reply: http.StatusOK}
	cfg := sim.Config{
		ConsumerKey: "key", ConsumerSecret: "secret", Passkey: passkey, Shortcode: shortcode, Till: till,
		Callback: sim.InProcess(http.HandlerFunc(w.callback)),
	}
	if change != nil {
		change(&cfg)
	}
	w.sim = sim.New(cfg)
	t.Cleanup(w.sim.Close)
	w.client = &http.Client{Transport: sim.InProcess(w.sim.Handler())}
	w.token = w.newToken()
	return w
}

// inBubble runs a test in a synctest bubble.
func inBubble(t *testing.T, change func(*sim.Config), test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t, change)) })
}

func (w *world) callback(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c := call{time.Since(w.born), r.URL.Path, r.Header, string(body)}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	reply, says := w.reply, w.says
	w.mu.Unlock()
	text := ""
	if says != nil {
		text = says(c)
	}
	rw.WriteHeader(reply)
	_, _ = io.WriteString(rw, text)
}

// to is what was posted to one path.
func (w *world) to(path string) []call {
	return slices.DeleteFunc(w.received(), func(c call) bool { return c.path != path })
}

func (w *world) received() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]call(nil), w.calls...)
}

// answer is an HTTP answer, read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("HTTP %d %q is no JSON object: %v", a.status, a.body, err)
	}
	return m
}

func (w *world) do(method, path string, header http.Header, body string) (answer, error) {
	w.Helper()
	req, err := http.NewRequest(method, "http://daraja.test"+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	maps.Copy(req.Header, header)
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}, nil
}

func (w *world) newToken() string {
	w.Helper()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("key:secret"))
	a, err := w.do("GET", "/oauth/v1/generate?grant_type=client_credentials", http.Header{"Authorization": {basic}}, "")
	if err != nil || a.status != http.StatusOK {
		w.Fatalf("token: %v %+v", err, a)
	}
	return a.json(w.T)["access_token"].(string)
}

func (w *world) post(path string, body any) (answer, error) {
	w.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	return w.do("POST", path, http.Header{
		"Authorization": {"Bearer " + w.token}, "Content-Type": {"application/json"},
	}, string(text))
}

const (
	pushPath  = "/mpesa/stkpush/v1/processrequest"
	queryPath = "/mpesa/stkpushquery/v1/query"
)

func pushFields(phone string, amount int) map[string]any {
	const timestamp = "20260102030405"
	return map[string]any{
		"BusinessShortCode": shortcode,
		"Password":          base64.StdEncoding.EncodeToString([]byte(shortcode + passkey + timestamp)),
		"Timestamp":         timestamp,
		"TransactionType":   "CustomerPayBillOnline",
		"Amount":            amount,
		"PartyA":            phone,
		"PartyB":            shortcode,
		"PhoneNumber":       phone,
		"CallBackURL":       "https://cinema.test/cb/" + phone,
		"AccountReference":  "K7QX2M",
		"TransactionDesc":   "Tickets",
	}
}

// push sends a push that must be accepted and returns its CheckoutRequestID.
func (w *world) push(phone string, amount int) string {
	w.Helper()
	a, err := w.post(pushPath, pushFields(phone, amount))
	if err != nil {
		w.Fatal(err)
	}
	body := a.json(w.T)
	if a.status != http.StatusOK || body["ResponseCode"] != "0" {
		w.Fatalf("push to %s: HTTP %d %s", phone, a.status, a.body)
	}
	return body["CheckoutRequestID"].(string)
}

func (w *world) query(id string) answer {
	w.Helper()
	f := pushFields(phone, 1)
	a, err := w.post(queryPath, map[string]any{
		"BusinessShortCode": f["BusinessShortCode"], "Password": f["Password"], "Timestamp": f["Timestamp"],
		"CheckoutRequestID": id,
	})
	if err != nil {
		w.Fatal(err)
	}
	return a
}

// wantFault checks an error body of Daraja's.
func (w *world) wantFault(a answer, status int, code, message string) {
	w.Helper()
	if a.status != status {
		w.Errorf("HTTP %d %s, want %d", a.status, a.body, status)
		return
	}
	if body := a.json(w.T); body["errorCode"] != code || body["errorMessage"] != message {
		w.Errorf("body %s, want %s %q", a.body, code, message)
	}
}
