package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"cinemasphere/store"
)

// Reseller sends SMS through one of the Kenyan resellers that share an API, such as Advanta and Celcom.
type Reseller struct {
	URL     string // such as https://quicksms.advantasms.com
	Partner string // the partner ID
	Key     string
	Sender  string            // the sender ID, to the letter
	Through http.RoundTripper // nil is the usual one
}

// resellerAnswer is the part of an answer that says what came of a request. Its name has been misspelt for years, and
// some write it right.
type resellerAnswer struct {
	Code     json.Number     `json:"response-code"`
	Misspelt json.Number     `json:"respose-code"`
	ID       json.RawMessage `json:"messageid"`
}

func (a resellerAnswer) code() int {
	n, err := strconv.Atoi(a.Code.String())
	if err != nil {
		n, _ = strconv.Atoi(a.Misspelt.String()) // 0 is no code
	}
	return n
}

func (s Reseller) call(ctx context.Context, path string, body map[string]string, id string, into any) error {
	body["apikey"], body["partnerID"] = s.Key, s.Partner
	text, err := json.Marshal(body)
	if err != nil {
		return fault(store.SendFailed, cannotMake)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(s.URL, "/")+"/api/services/"+path,
		bytes.NewReader(text))
	if err != nil {
		return fault(store.SendBarred, unreachable)
	}
	r.Header.Set("Content-Type", "application/json")
	if id != "" {
		r.Header.Set("Idempotency-Key", id)
	}
	return smsClient{s.Through}.call(ctx, r, into)
}

// Send hands an SMS over.
func (s Reseller) Send(ctx context.Context, t Text) (string, error) {
	var answer struct {
		resellerAnswer
		Responses []resellerAnswer `json:"responses"`
	}
	body := map[string]string{"message": t.Body, "shortcode": s.Sender, "mobile": t.To}
	err := s.call(ctx, "sendsms", body, t.ID, &answer)
	if err != nil {
		return "", err
	}
	said := answer.resellerAnswer
	if len(answer.Responses) > 0 {
		said = answer.Responses[0]
	}
	return strings.Trim(string(said.ID), `"`), resellerFault(said.code())
}

// resellerFault is what a code means, nil where the SMS was accepted.
func resellerFault(code int) error {
	switch code {
	case 200:
		return nil
	case 0:
		return fault(store.SendUnsure, oddAnswer)
	case 1001:
		return fault(store.SendBarred, badSender)
	case 1002, 1003:
		return fault(store.SendRefused, badNumber)
	case 1004:
		return fault(store.SendBarred, noBalance)
	case 1006, 4091, 4092, 4093:
		return fault(store.SendBarred, logIn)
	}
	return fault(store.SendFailed, "sms "+strconv.Itoa(code))
}

// LogIn asks for the balance.
func (s Reseller) LogIn(ctx context.Context) error {
	var answer resellerAnswer
	if err := s.call(ctx, "getbalance", map[string]string{}, "", &answer); err != nil {
		return err
	}
	return resellerFault(answer.code())
}
