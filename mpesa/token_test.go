package mpesa

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// loginServer gives out numbered tokens, after delay, and takes only the last.
type loginServer struct {
	delay     time.Duration
	expiresIn string
	status    int
	logins    atomic.Int64
	calls     atomic.Int64
}

func (s *loginServer) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.Path, "/oauth/") {
		s.calls.Add(1)
		if req.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", s.logins.Load()) {
			return jsonResponse(404, errorBody("404.001.03", "Invalid Access Token")), nil
		}
		return jsonResponse(200, accepted), nil
	}
	n := s.logins.Add(1)
	select {
	case <-time.After(s.delay):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if s.status != 0 {
		return jsonResponse(s.status, ""), nil
	}
	return jsonResponse(200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":%s}`, n, s.expiresIn)), nil
}

func jsonResponse(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

func (s *loginServer) client(t *testing.T) *Client {
	cfg := testConfig(s)
	cfg.Now = time.Now // the bubble's clock
	if s.expiresIn == "" {
		s.expiresIn = `"3599"`
	}
	return newTestClient(t, cfg)
}

func TestTokenIsKeptUntilAMinuteBeforeItsEnd(t *testing.T) {
	for _, expiresIn := range []string{`"3599"`, `3599`, `3599.0`, `" 3599 "`} {
		synctest.Test(t, func(t *testing.T) {
			server := &loginServer{expiresIn: expiresIn}
			client := server.client(t)
			for _, step := range []struct {
				wait   time.Duration
				logins int64
			}{{0, 1}, {0, 1}, {3539*time.Second - time.Millisecond, 1}, {time.Millisecond, 2}, {time.Second, 2}} {
				time.Sleep(step.wait)
				if _, err := client.STKPush(t.Context(), testPush()); err != nil {
					t.Fatal(err)
				}
				if got := server.logins.Load(); got != step.logins {
					t.Errorf("expires_in %s, after %v: %d log-ins, want %d", expiresIn, step.wait, got, step.logins)
				}
			}
		})
	}
}

func TestTokenLifeThatIsOdd(t *testing.T) {
	for expiresIn, want := range map[string]time.Duration{
		`null`: 3540 * time.Second, `"soon"`: 3540 * time.Second, `0`: 3540 * time.Second, `-5`: 3540 * time.Second,
		`"60"`: 30 * time.Second, `10`: 5 * time.Second, `"120"`: 60 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			server := &loginServer{expiresIn: expiresIn}
			client := server.client(t)
			for _, step := range []struct {
				wait   time.Duration
				logins int64
			}{{0, 1}, {want - time.Millisecond, 1}, {time.Millisecond, 2}} {
				time.Sleep(step.wait)
				if _, err := client.STKPush(t.Context(), testPush()); err != nil {
					t.Fatal(err)
				}
				if got := server.logins.Load(); got != step.logins {
					t.Errorf("expires_in %s, after %v: %d log-ins, want %d", expiresIn, step.wait, got, step.logins)
				}
			}
		})
	}
}

func TestOneLogInForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &loginServer{delay: 2 * time.Second}
		client := server.client(t)
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				if _, err := client.STKPush(t.Context(), testPush()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if server.logins.Load() != 1 || server.calls.Load() != 100 {
			t.Errorf("%d log-ins, %d pushes", server.logins.Load(), server.calls.Load())
		}
	})
}

func TestCancelOfOneFailsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &loginServer{delay: 2 * time.Second}
		client := server.client(t)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wait sync.WaitGroup
		// The impatient one starts the flight.
		wait.Go(func() {
			started := time.Now()
			_, err := client.STKPush(impatient, testPush())
			wantKind(t, "impatient", err, KindToken)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != time.Second {
				t.Errorf("after %v: %v", time.Since(started), err)
			}
		})
		synctest.Wait()
		for range 10 {
			wait.Go(func() {
				if _, err := client.STKPush(t.Context(), testPush()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if server.logins.Load() != 1 || server.calls.Load() != 10 {
			t.Errorf("%d log-ins, %d pushes", server.logins.Load(), server.calls.Load())
		}
	})
}

func TestFailedLogInIsNotRepeatedByEachWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &loginServer{delay: time.Second, status: 503}
		client := server.client(t)
		var wait sync.WaitGroup
		for i := range 50 {
			wait.Go(func() {
				time.Sleep(time.Duration(i) * 50 * time.Millisecond) // to 2.45 s: during and after the flight
				_, err := client.STKPush(t.Context(), testPush())
				wantKind(t, "waiter", err, KindToken)
			})
		}
		wait.Wait()
		if got := server.logins.Load(); got != 1 {
			t.Errorf("%d log-ins", got)
		}
		time.Sleep(failureHold)
		server.status = 0
		if _, err := client.STKPush(t.Context(), testPush()); err != nil {
			t.Errorf("after the pause: %v", err)
		}
		if got := server.logins.Load(); got != 2 {
			t.Errorf("%d log-ins after the pause", got)
		}
	})
}

func TestLogInThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &loginServer{delay: time.Hour}
		client := server.client(t)
		started := time.Now()
		_, err := client.STKPush(t.Context(), testPush())
		wantKind(t, "hang", err, KindToken)
		if took := time.Since(started); took != 15*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// Another process logs in with the same app, and the token of this one is dead.
func TestTokenLostUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &loginServer{delay: time.Second}
		client := server.client(t)
		if _, err := client.STKPush(t.Context(), testPush()); err != nil {
			t.Fatal(err)
		}
		server.logins.Add(1)
		var wait sync.WaitGroup
		for range 64 {
			wait.Go(func() {
				if _, err := client.STKPush(t.Context(), testPush()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if got := server.logins.Load(); got != 3 { // the first, the other process's, one for all 64
			t.Errorf("%d log-ins", got)
		}
	})
}

// A refusal of the old token that comes late must not cost the new one.
func TestDropSparesTheNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &loginServer{}
		client := server.client(t)
		for range 2 {
			if _, err := client.tokens.get(t.Context()); err != nil {
				t.Fatal(err)
			}
			client.tokens.drop("token-1")
		}
		token, err := client.tokens.get(t.Context())
		if token != "token-2" || err != nil || server.logins.Load() != 2 {
			t.Errorf("%s, %v after %d log-ins", token, err, server.logins.Load())
		}
	})
}

// A 401 in other words is not sent again, but the next call logs in anew.
func TestPlain401DropsTheToken(t *testing.T) {
	fake := &fakeDaraja{
		logins: []reply{{status: 200, body: goodLogin}}, answers: []reply{{status: 401}, {status: 200, body: accepted}},
	}
	client := newTestClient(t, testConfig(fake))
	_, err := client.STKPush(t.Context(), testPush())
	wantKind(t, "empty 401", err, KindAmbiguous)
	if fake.count("/mpesa/") != 1 {
		t.Errorf("%d pushes", fake.count("/mpesa/"))
	}
	if _, err := client.STKPush(t.Context(), testPush()); err != nil {
		t.Fatal(err)
	}
	if fake.count("/oauth/") != 2 {
		t.Errorf("%d log-ins", fake.count("/oauth/"))
	}
}

func TestInvalidTokenSpellings(t *testing.T) {
	for _, test := range []struct {
		reply  reply
		always Kind
		tries  int
	}{
		{reply{status: 404, body: `{"requestId":"","errorCode":"404.001.03","errorMessage":"Invalid Access Token"}`},
			KindToken, tokenTries},
		{reply{status: 400, body: errorBody("400.003.01", "Invalid Access Token")}, KindToken, tokenTries},
		{reply{status: 401, body: errorBody("401.002.01", "Error Occurred - Invalid Access Token - xyz")},
			KindToken, tokenTries},
		{reply{status: 401, body: errorBody("401.003.01", "Error Occurred")}, KindConfig, lacksProductTries},
		{reply{
			status: 401,
			body: `{"fault":{"faultstring":"Invalid access token",` +
				`"detail":{"errorcode":"keymanagement.service.invalid_access_token"}}}`,
		}, KindToken, tokenTries},
	} {
		logins := []reply{{status: 200, body: `{"access_token":"first","expires_in":"3599"}`},
			{status: 200, body: `{"access_token":"second","expires_in":"3599"}`}}
		fake := &fakeDaraja{logins: logins, answers: []reply{test.reply, {status: 200, body: accepted}}}
		client := newTestClient(t, testConfig(fake))
		if _, err := client.STKPush(t.Context(), testPush()); err != nil {
			t.Errorf("%s: %v", test.reply.body, err)
		}
		if len(fake.requests) != 4 || fake.requests[1].Header.Get("Authorization") != "Bearer first" ||
			fake.requests[3].Header.Get("Authorization") != "Bearer second" {
			t.Errorf("%s: %d requests", test.reply.body, len(fake.requests))
		}

		fake = &fakeDaraja{logins: logins, answers: []reply{test.reply}}
		client = newTestClient(t, testConfig(fake))
		_, err := client.STKPush(t.Context(), testPush())
		wantKind(t, test.reply.body, err, test.always)
		if fake.count("/oauth/") != test.tries || fake.count("/mpesa/") != test.tries {
			t.Errorf("%s: %d log-ins, %d pushes; want %d", test.reply.body, fake.count("/oauth/"),
				fake.count("/mpesa/"), test.tries)
		}
	}
}

func TestLogInErrors(t *testing.T) {
	for _, test := range []struct {
		name  string
		reply reply
		kind  Kind
	}{
		{"wrong credentials", reply{status: 400}, KindConfig},
		{"authentication type",
			reply{status: 400, body: errorBody("400.008.01", "Invalid Authentication passed")}, KindConfig},
		{"grant type", reply{status: 400, body: errorBody("400.008.02", "Invalid grant type passed")}, KindConfig},
		{"unauthorized",
			reply{
				status: 401,
				body:   `{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}`,
			}, KindConfig},
		{"firewall", reply{status: 403, body: incapsulaPage, mime: "text/html"}, KindToken},
		{"page with 400", reply{status: 400, body: incapsulaPage, mime: "text/html"}, KindToken},
		{"empty 503", reply{status: 503}, KindToken},
		{"server error", reply{status: 500, body: errorBody("500.003.1001", "Internal Server Error")}, KindToken},
		{"spike arrest", reply{status: 500, body: errorBody("500.003.02", "Spike Arrest Violation")}, KindBusy},
		{"429", reply{status: 429}, KindBusy},
		{"redirect", reply{status: 302}, KindToken},
		{"lost", reply{err: errors.New("reset")}, KindToken},
		{"page with 200", reply{status: 200, body: incapsulaPage}, KindToken},
		{"empty 200", reply{status: 200}, KindToken},
		{"no token", reply{status: 200, body: `{"expires_in":"3599"}`}, KindToken},
		{"empty token", reply{status: 200, body: `{"access_token":"","expires_in":"3599"}`}, KindToken},
		{"number as token", reply{status: 200, body: `{"access_token":5,"expires_in":"3599"}`}, KindToken},
		{"token with newline",
			reply{status: 200, body: `{"access_token":"secret\r\nX: y","expires_in":"3599"}`}, KindToken},
		{"two tokens", reply{status: 200, body: `{"access_token":"secret1","access_token":"secret2"}`}, KindToken},
	} {
		fake := &fakeDaraja{logins: []reply{test.reply}, answers: []reply{{status: 200, body: accepted}}}
		client := newTestClient(t, testConfig(fake))
		_, err := client.STKPush(t.Context(), testPush())
		fault := faultOf(t, test.name, err, test.kind)
		if fault == nil {
			continue
		}
		if fault.Endpoint != "oauth" || fault.HTTPStatus != test.reply.status {
			t.Errorf("%s: %+v", test.name, fault)
		}
		if strings.Contains(err.Error()+string(fault.Body), "secret") && test.reply.status == 200 {
			t.Errorf("%s: the token is shown: %v %s", test.name, err, fault.Body)
		}
		if fake.count("/mpesa/") != 0 {
			t.Errorf("%s: the push was sent without a token", test.name)
		}
		if answer, err := client.STKQuery(t.Context(), askedID); err == nil || answer.Class != ClassPending {
			t.Errorf("%s: query %+v, %v", test.name, answer, err)
		}
	}
}
