package sim

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	pathToken    = "/oauth/v1/generate"
	pathPush     = "/mpesa/stkpush/v1/processrequest"
	pathQuery    = "/mpesa/stkpushquery/v1/query"
	pathQuery2   = "/mpesa/stkpushquery/v2/query"
	pathStatus   = "/mpesa/transactionstatus/v1/query"
	pathReversal = "/mpesa/reversal/v1/request"
	pathURLs1    = "/mpesa/c2b/v1/registerurl"
	pathURLs2    = "/mpesa/c2b/v2/registerurl"
	pathPay1     = "/mpesa/c2b/v1/simulate"
	pathPay2     = "/mpesa/c2b/v2/simulate"
	pathPullOn   = "/pulltransactions/v1/register"
	pathPull     = "/pulltransactions/v1/query"
)

// Daraja serves Safaricom's API at Safaricom's paths: OAuth, STK Push and Query, Transaction Status, Reversal, the
// registration of C2B addresses, the simulation of C2B payments, and Pull Transactions. Doubled slashes, which come
// of a base address with a slash at its end, count as one.
func (s *Sim) Daraja() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(pathToken, s.generateToken)
	for path, serve := range map[string]func(http.ResponseWriter, *http.Request, fields){
		pathPush: s.stkPush, pathQuery: s.stkQuery, pathQuery2: s.stkQuery, pathStatus: s.transactionStatus,
		pathReversal: s.reversal,
		pathURLs1:    s.registerURLs, pathURLs2: s.registerURLs, pathPay1: s.payC2B, pathPay2: s.payC2B,
		pathPullOn: s.registerPull, pathPull: s.pull,
	} {
		mux.HandleFunc(path, s.authorized(serve))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.refuse(w, fault{http.StatusNotFound, "404.001.01", "Resource not found"})
	})
	return singleSlashes(s.inAllWeathers(mux))
}

// singleSlashes takes a path with doubled slashes for one without. A multiplexer would redirect it, and a POST that is
// redirected loses its body.
func singleSlashes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "//") {
			there, at := *r, *r.URL
			at.RawPath = ""
			at.Path = "/" + strings.Join(strings.FieldsFunc(at.Path, func(c rune) bool { return c == '/' }), "/")
			there.URL = &at
			r = &there
		}
		next.ServeHTTP(w, r)
	})
}

// callOf is the name of a call in Outage.Calls (and in mpesa.Error.Endpoint), and the errorCode by which its own page
// of the documentation has it refuse an access token.
func callOf(path string) (call, badToken string) {
	switch path {
	case pathToken:
		return "oauth", ""
	case pathPush:
		return "stkpush", "404.001.03"
	case pathQuery, pathQuery2:
		return "stkquery", "404.001.03"
	case pathStatus:
		return "transactionstatus", "400.003.01"
	case pathReversal:
		return "reversal", "404.001.03"
	case pathURLs1, pathURLs2:
		return "c2bregister", "400.003.01"
	case pathPay1, pathPay2:
		return "c2bsimulate", "400.003.01"
	case pathPullOn:
		return "pullregister", "401.001"
	case pathPull:
		return "pullquery", "401.001"
	}
	return "", "404.001.03"
}

// accessToken is the one token that is good: each new one makes the one before it invalid (documented).
type accessToken struct {
	value string
	ends  time.Time
}

// fault is an error of Daraja's.
type fault struct {
	status  int
	code    string
	message string
}

func invalid(field string) fault {
	return fault{http.StatusBadRequest, "400.002.02", "Bad Request - Invalid " + field}
}

func notNow(message string) fault {
	return fault{http.StatusInternalServerError, "500.001.1001", message}
}

type faultBody struct {
	RequestID    string `json:"requestId"`
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
}

func (s *Sim) refuse(w http.ResponseWriter, f fault) {
	writeJSON(w, f.status, faultBody{s.chance.next().uuid(), f.code, f.message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (s *Sim) generateToken(w http.ResponseWriter, r *http.Request) {
	key, secret, basic := r.BasicAuth()
	switch {
	case r.Method != http.MethodGet:
		s.refuse(w, fault{http.StatusMethodNotAllowed, "405.001", "Method Not Allowed"})
	case !basic:
		s.refuse(w, fault{http.StatusBadRequest, "400.008.01", "Invalid Authentication passed"})
	case !equal(key, s.cfg.ConsumerKey) || !equal(secret, s.cfg.ConsumerSecret):
		w.WriteHeader(http.StatusBadRequest) // observed: no body at all
	case r.URL.Query().Get("grant_type") != "client_credentials":
		s.refuse(w, fault{http.StatusBadRequest, "400.008.02", "Invalid grant type passed"})
	default:
		now := s.cfg.Now()
		s.mu.Lock()
		s.totals.Tokens++
		token := accessToken{s.chance.id("token", "", uint64(s.totals.Tokens)).token(), now.Add(s.cfg.TokenLife)}
		s.token = token
		s.mu.Unlock()
		life := max(int(s.cfg.TokenLife/time.Second)-1, 0)
		writeJSON(w, http.StatusOK, struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   string `json:"expires_in"`
		}{token.value, strconv.Itoa(life)})
	}
}

// RevokeToken makes the present access token invalid, as a second program on the same app does by asking for one.
func (s *Sim) RevokeToken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = accessToken{}
}

// refuseToken says that an access token is not good, in the spelling of Config.InvalidToken or of the call itself.
func (s *Sim) refuseToken(w http.ResponseWriter, r *http.Request) {
	code := s.cfg.InvalidToken
	if code == "" {
		_, code = callOf(r.URL.Path)
	}
	status, err := strconv.Atoi(code[:min(3, len(code))])
	if err != nil || status < 400 {
		status = http.StatusUnauthorized
	}
	s.refuse(w, fault{status, code, "Invalid Access Token"})
}

// authorized lets requests with the present token pass, with their JSON fields.
func (s *Sim) authorized(next func(http.ResponseWriter, *http.Request, fields)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		bearer = strings.TrimSpace(bearer)
		if !strings.EqualFold(scheme, "Bearer") || r.Method == http.MethodGet {
			s.refuse(w, fault{http.StatusNotFound, "404.001.04", "Invalid Authentication Header"})
			return
		}
		if r.Method != http.MethodPost {
			s.refuse(w, fault{http.StatusMethodNotAllowed, "405.001", "Method Not Allowed"})
			return
		}
		s.mu.Lock()
		token := s.token
		s.mu.Unlock()
		if token.value == "" || !equal(bearer, token.value) || !s.cfg.Now().Before(token.ends) {
			s.refuseToken(w, r)
			return
		}
		// A wrong content type is reported as a wrong shortcode (documented).
		if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != "application/json" {
			s.refuse(w, invalid("BusinessShortCode"))
			return
		}
		f, err := readFields(r.Body)
		if err != nil {
			s.refuse(w, fault{http.StatusBadRequest, "400.002.05", "Invalid Request Payload"})
			return
		}
		next(w, r, f)
	}
}

// fields are a request's members, strings and numbers alike as their characters.
type fields map[string]fieldText

type fieldText string

// UnmarshalJSON takes a JSON string or number; anything else is as good as absent.
func (t *fieldText) UnmarshalJSON(b []byte) error {
	*t = ""
	switch c := b[0]; {
	case c == '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*t = fieldText(text)
	case c == '-' || '0' <= c && c <= '9':
		*t = fieldText(b)
	}
	return nil
}

const maxRequest = 64 << 10 // bytes of a request's body

func readFields(body io.Reader) (fields, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxRequest))
	if err != nil {
		return nil, err
	}
	if f, plain := plainFields(text); plain {
		return f, nil
	}
	var f fields
	err = json.Unmarshal(text, &f)
	return f, err
}

// plainFields reads what nearly every request is, an object of ASCII strings and whole numbers without escapes or
// spaces, at a fraction of the cost; of anything else it says that it is not plain.
func plainFields(text []byte) (f fields, plain bool) {
	if len(text) < 2 || text[0] != '{' {
		return nil, false
	}
	f = make(fields, 16)
	for rest := text; rest[0] == '{' || rest[0] == ','; {
		key, after, ok := plainString(rest[1:])
		if !ok || len(after) < 2 || after[0] != ':' {
			return nil, false
		}
		var value string
		if after[1] == '"' {
			value, rest, ok = plainString(after[1:])
		} else {
			value, rest, ok = plainNumber(after[1:])
		}
		if !ok || len(rest) == 0 {
			return nil, false
		}
		f[key] = fieldText(value)
		if string(rest) == "}" {
			return f, true
		}
	}
	return nil, false
}

func plainString(text []byte) (value string, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		return "", nil, false
	}
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return string(text[1:i]), text[i+1:], true
		case c == '\\' || c < ' ' || c > '~':
			return "", nil, false
		}
	}
	return "", nil, false
}

func plainNumber(text []byte) (value string, rest []byte, ok bool) {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return string(text[:n]), text[n:], n > 0 && (text[0] != '0' || n == 1)
}

func (f fields) get(name string) string { return string(f[name]) }

// amount is the field Amount in whole shillings, 0 where it is none. Clients whose numbers have a fraction write 10.0.
func (f fields) amount() int {
	text, fraction, _ := strings.Cut(f.get("Amount"), ".")
	if strings.Trim(text, "0123456789")+strings.Trim(fraction, "0") != "" {
		return 0
	}
	amount, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return amount
}

// checkMerchant checks the shortcode and the password that both calls carry.
func (s *Sim) checkMerchant(f fields) (fault, bool) {
	if f.get("BusinessShortCode") != s.cfg.Shortcode {
		return notNow(textMerchant), false
	}
	want := base64.StdEncoding.EncodeToString([]byte(s.cfg.Shortcode + s.cfg.Passkey + f.get("Timestamp")))
	if !equal(f.get("Password"), want) {
		return notNow(textPassword), false
	}
	return fault{}, true
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
