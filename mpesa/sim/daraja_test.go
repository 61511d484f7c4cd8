package sim_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
)

func basic(key, secret string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"+secret))}}
}

func TestOAuth(t *testing.T) {
	w := newWorld(t, nil)
	const path = "/oauth/v1/generate?grant_type="
	for name, test := range map[string]struct {
		method, grant string
		header        http.Header
		status        int
		code          string // "" is an empty body
	}{
		"wrong secret":   {"GET", "client_credentials", basic("key", "other"), 400, ""},
		"wrong key":      {"GET", "client_credentials", basic("other", "secret"), 400, ""},
		"no credentials": {"GET", "client_credentials", nil, 400, "400.008.01"},
		"bearer": {"GET", "client_credentials", http.Header{"Authorization": {"Bearer x"}},
			400, "400.008.01"},
		"wrong grant type": {"GET", "password", basic("key", "secret"), 400, "400.008.02"},
		"no grant type":    {"GET", "", basic("key", "secret"), 400, "400.008.02"},
		"post":             {"POST", "client_credentials", basic("key", "secret"), 405, "405.001"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := w.do(test.method, path+test.grant, test.header, "")
			if err != nil {
				t.Fatal(err)
			}
			if a.status != test.status {
				t.Errorf("HTTP %d, want %d", a.status, test.status)
			}
			if test.code == "" {
				if a.body != "" {
					t.Errorf("body %q, want none", a.body)
				}
			} else if a.json(t)["errorCode"] != test.code {
				t.Errorf("body %s, want %s", a.body, test.code)
			}
		})
	}
	a, err := w.do("GET", path+"client_credentials", basic("key", "secret"), "")
	if err != nil {
		t.Fatal(err)
	}
	body := a.json(t)
	if token, _ := body["access_token"].(string); len(token) != 28 || body["expires_in"] != "3599" {
		t.Errorf("answer %s, want a token of 28 characters and the string 3599", a.body)
	}
}

func TestTokenLife(t *testing.T) {
	wantInvalid := func(w *world) {
		w.Helper()
		a, err := w.post(pushPath, pushFields(phone, 1))
		if err != nil {
			w.Fatal(err)
		}
		w.wantFault(a, http.StatusNotFound, "404.001.03", "Invalid Access Token")
	}
	inBubble(t, nil, func(w *world) {
		old := w.token
		fresh := w.newToken()
		wantInvalid(w) // the new one has replaced it
		w.token = fresh
		w.push(phone, 1)
		if old == fresh {
			w.Error("the same token twice")
		}
		w.sim.RevokeToken()
		wantInvalid(w)
		w.token = ""
		wantInvalid(w)
	})
	inBubble(t, func(c *sim.Config) { c.TokenLife = time.Minute }, func(w *world) {
		time.Sleep(59 * time.Second)
		w.push(phone, 1)
		time.Sleep(time.Second)
		wantInvalid(w)
	})
}

func TestRequestEnvelope(t *testing.T) {
	w := newWorld(t, nil)
	header := func(auth, contentType string) http.Header {
		return http.Header{"Authorization": {auth}, "Content-Type": {contentType}}
	}
	good := "Bearer " + w.token
	for name, test := range map[string]struct {
		method, path string
		header       http.Header
		body         string
		status       int
		code, text   string
	}{
		"no header": {"POST", pushPath, nil, "{}", 404, "404.001.04", "Invalid Authentication Header"},
		"basic": {
			"POST", pushPath, header("Basic x", "application/json"), "{}", 404, "404.001.04",
			"Invalid Authentication Header",
		},
		"get": {
			"GET", pushPath, header(good, "application/json"), "", 404, "404.001.04", "Invalid Authentication Header",
		},
		"put": {"PUT", queryPath, header(good, "application/json"), "{}", 405, "405.001", "Method Not Allowed"},
		"wrong token": {
			"POST", queryPath, header("Bearer x", "application/json"), "{}", 404, "404.001.03", "Invalid Access Token",
		},
		"wrong content type": {
			"POST", pushPath, header(good, "text/plain"), "{}", 400, "400.002.02",
			"Bad Request - Invalid BusinessShortCode",
		},
		"no JSON": {
			"POST", pushPath, header(good, "application/json"), "{", 400, "400.002.05", "Invalid Request Payload",
		},
		"JSON array": {
			"POST", pushPath, header(good, "application/json"), "[]", 400, "400.002.05", "Invalid Request Payload",
		},
		"JSON null": {
			"POST", pushPath, header(good, "application/json"), "null", 400, "400.002.02",
			"Bad Request - Invalid BusinessShortCode",
		},
		"empty body": {
			"POST", pushPath, header(good, "application/json"), "", 400, "400.002.05", "Invalid Request Payload",
		},
		"unknown path": {
			"POST", "/mpesa/b2c/v3/paymentrequest", header(good, "application/json"), "{}", 404, "404.001.01",
			"Resource not found",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := w.do(test.method, test.path, test.header, test.body)
			if err != nil {
				t.Fatal(err)
			}
			w.wantFault(a, test.status, test.code, test.text)
			if got := a.header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type %q", got)
			}
			if t.Failed() {
				t.Logf("answer %+v", a)
			}
		})
	}
	if pushes := w.sim.Pushes(""); len(pushes) != 0 {
		t.Errorf("pushes %+v, want none", pushes)
	}
}
