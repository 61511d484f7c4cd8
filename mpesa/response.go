package mpesa

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// A plain client's name is at times blocked by the firewall before Daraja.
	userAgent    = "Mozilla/5.0 (compatible; daraja-client/1.0)"
	maxErrorBody = 16 << 10
	shortSecret  = 8
	redacted     = "[redacted]"
	// tokenTries is how often a call is made whose token is not valid: who else logs in
	// with the same app may do so again meanwhile.
	tokenTries = 4
	// lacksProduct is also how an app is refused that lacks the product (observed). More
	// log-ins mend nothing then, and each costs the other calls their token.
	lacksProduct      = "401.003.01"
	lacksProductTries = 2
)

// response is one answer of Daraja, secrets taken out.
type response struct {
	endpoint string
	status   int
	body     []byte
	fault    fault
}

// took reports whether an answer is a success of HTTP, and no error by what it says.
func (x response) took() bool {
	return x.status >= 200 && x.status < 300 && x.fault.shape != shapeError && x.fault.shape != shapeSOAP
}

func (x response) rawJSON() json.RawMessage {
	doc, err := document(x.body)
	if err != nil {
		return nil
	}
	return doc
}

// signedBody is a request's body; password is the secret in it that stands nowhere
// in the configuration.
type signedBody interface{ password() string }

func (b pushBody) password() string  { return b.Password }
func (b queryBody) password() string { return b.Password }

// unsigned is part of the bodies that have no such secret.
type unsigned struct{}

func (unsigned) password() string { return "" }

// callWithToken posts once, and again with another token where Daraja says that the
// token is not valid.
func (c *Client) callWithToken(ctx context.Context, endpoint, path string,
	body func(time.Time) signedBody) (response, error) {
	for try := 1; ; try++ {
		token, err := c.tokens.get(ctx)
		if err != nil {
			return response{endpoint: endpoint}, err
		}
		got, err := c.post(ctx, endpoint, path, token, body(c.cfg.Now()))
		if err != nil {
			return got, err
		}
		switch invalid := got.fault.invalidToken(); {
		case invalid && got.fault.code == lacksProduct && try >= lacksProductTries:
			return got, c.newError(got, KindConfig)
		case invalid && try == tokenTries:
			return got, c.newError(got, KindToken)
		case invalid:
			c.tokens.drop(token)
		default:
			if got.status == http.StatusUnauthorized {
				c.tokens.drop(token)
			}
			return got, nil
		}
	}
}

func (c *Client) post(ctx context.Context, endpoint, path, token string, body signedBody) (response, error) {
	var payload bytes.Buffer
	encoder := json.NewEncoder(&payload)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return response{endpoint: endpoint}, &Error{Endpoint: endpoint, Kind: KindRefused, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.BaseURL+path,
		bytes.NewReader(bytes.TrimSpace(payload.Bytes())))
	if err != nil {
		return response{endpoint: endpoint}, &Error{Endpoint: endpoint, Kind: KindRefused, Err: err}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	return c.do(req, endpoint, token, body.password())
}

// do sends req and reads the whole answer. Without an error an answer came whole;
// whether it is a good one is for the caller to say.
func (c *Client) do(req *http.Request, endpoint string, secrets ...string) (response, error) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", userAgent)
	var sent sendTrace
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), sent.hooks()))
	got := response{endpoint: endpoint}
	if err := req.Context().Err(); err != nil {
		return got, &Error{Endpoint: endpoint, Kind: lostKind(endpoint, true), Err: err}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return got, &Error{Endpoint: endpoint, Kind: lostKind(endpoint, sent.never(err)), Err: withoutURL(err)}
	}
	defer res.Body.Close()
	got.status = res.StatusCode
	// One byte over the cap is read, so that parseObject refuses a longer body.
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	got.body = c.redact(readable(body), secrets)
	got.fault = parseFault(res.Header.Get("Content-Type"), got.body)
	if err != nil && res.StatusCode != http.StatusTooManyRequests {
		lost := c.newError(got, lostKind(endpoint, false))
		lost.Message, lost.Err = "the answer broke off", err
		return got, lost
	}
	return got, nil
}

// readable is a body as text, in which secrets can be found; or as it came, where it is none.
func readable(body []byte) []byte {
	if len(body) > maxBody {
		return body
	}
	if text, err := decode(body); err == nil {
		return text
	}
	return body
}

func (c *Client) redact(body []byte, secrets []string) []byte {
	// An echo may leave the padding of base64 out, or escape it, and the slashes.
	credential := strings.TrimRight(c.cfg.SecurityCredential, "=")
	for _, secret := range append(secrets, c.cfg.Passkey, c.cfg.ConsumerSecret, c.cfg.ConsumerKey,
		credential, strings.ReplaceAll(credential, "/", `\/`)) {
		if len(secret) >= shortSecret {
			body = bytes.ReplaceAll(body, []byte(secret), []byte(redacted))
		}
	}
	return body
}

// newError makes the error for an answer that came.
func (c *Client) newError(got response, kind Kind) *Error {
	return &Error{
		Endpoint: got.endpoint, HTTPStatus: got.status, Kind: kind,
		Code: got.fault.code, Message: MaskDigits(got.fault.message),
		RequestID: got.fault.requestID, IncidentID: got.fault.incidentID,
		Body: bytes.Clone(got.body[:min(len(got.body), maxErrorBody)]),
	}
}

func (c *Client) pushError(got response) *Error {
	kind, locked := got.fault.pushKind(got.status)
	fault := c.newError(got, kind)
	fault.Locked = locked
	if code, text := responseCode(got.body); fault.Code == "" && code != "" {
		fault.Code, fault.Message = code, cmp.Or(MaskDigits(text), fault.Message)
	}
	return fault
}

// queryError returns nil where Daraja answered in order but without a verdict:
// 500.001.1001 on a query never is one, whatever its text (observed).
func (c *Client) queryError(got response) *Error {
	kind, _ := got.fault.pushKind(got.status)
	if got.fault.code == manyMeanings && kind != KindConfig && got.status != http.StatusTooManyRequests {
		return nil
	}
	if kind == KindAmbiguous {
		kind = KindNoAnswer
	}
	return c.newError(got, kind)
}

// callError is pushError for the calls that are neither push nor query.
func (c *Client) callError(got response) *Error {
	kind, _ := got.fault.pushKind(got.status)
	switch {
	case kind == KindRefused && got.fault.namesCallSetting():
		kind = KindConfig
	case kind == KindAmbiguous && isQuestion(got.endpoint):
		kind = KindNoAnswer
	}
	return c.newError(got, kind)
}

// unclear is the error for a success of HTTP that does not say what it should.
func (c *Client) unclear(got response, err error) *Error {
	kind := KindAmbiguous
	if isQuestion(got.endpoint) {
		kind = KindNoAnswer
	}
	fault := c.newError(got, kind)
	fault.Message, fault.Err = err.Error(), err
	if code, text := responseCode(got.body); code != "" && fault.Code == "" {
		fault.Code, fault.Message = code, cmp.Or(MaskDigits(text), fault.Message)
	}
	return fault
}

// responseCode is with which code an answer takes a request otherwise than it should, and its text: "" where the code
// says nothing else than that the request was taken, in whatever way, or where there is none.
func responseCode(body []byte) (code, text string) {
	object, err := parseObject(body, "ResponseCode", "ResponseStatus")
	if err != nil {
		return "", ""
	}
	code = cmp.Or(object.text("ResponseCode"), object.text("ResponseStatus"))
	if strings.Trim(code, "0.") == "" || tookWords.MatchString(code) {
		return "", ""
	}
	return code, cmp.Or(object.text("ResponseDescription"), object.text("ResponseMessage"), object.text("errorMessage"))
}

// tookWords are words that stand for a code.
var tookWords = regexp.MustCompile(`(?i)^(success(ful|fully)?|ok|accepted|true|null|none|undefined)$`)

// isQuestion tells the calls that change nothing at M-PESA.
func isQuestion(endpoint string) bool {
	return endpoint == endpointQuery || endpoint == endpointStatus || endpoint == endpointPullQuery
}

// lostKind is the kind of a call that brought no whole answer.
func lostKind(endpoint string, neverSent bool) Kind {
	switch {
	case endpoint == endpointOAuth:
		return KindToken
	case isQuestion(endpoint):
		return KindNoAnswer
	case neverSent:
		return KindRefused
	}
	return KindAmbiguous
}

func withoutURL(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// sendTrace watches whether a request can have been written.
type sendTrace struct{ asked, connected atomic.Bool }

func (s *sendTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { s.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { s.connected.Store(true) },
	}
}

// never is true only where it is certain that no byte was written: the transport
// told that it looked for a connection and never had one, or, for a transport that
// tells nothing, the error is one of connecting.
func (s *sendTrace) never(err error) bool {
	if s.connected.Load() {
		return false
	}
	if s.asked.Load() {
		return true
	}
	var op *net.OpError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &op) && strings.HasPrefix(op.Op, "dial") || errors.As(err, &dns) ||
		errors.As(err, &certificate) || errors.Is(err, syscall.ECONNREFUSED)
}
