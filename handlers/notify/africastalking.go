package notify

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cinemasphere/store"
)

// AfricasTalking sends SMS through Africa's Talking. It calls the endpoint that their own programs call, and that their
// sandbox has too.
type AfricasTalking struct {
	URL      string // "" is theirs: the sandbox's for the user name sandbox
	Username string
	Key      string
	Sender   string            // the sender ID; "" is the one that all share
	Through  http.RoundTripper // nil is the usual one
}

func (a AfricasTalking) url(path string) string {
	base := a.URL
	if base == "" {
		base = "https://api.africastalking.com"
		if a.Username == "sandbox" {
			base = "https://api.sandbox.africastalking.com"
		}
	}
	return strings.TrimRight(base, "/") + path
}

// Send hands an SMS over. They know no key by which they would see that one comes twice.
func (a AfricasTalking) Send(ctx context.Context, t Text) (string, error) {
	form := url.Values{
		"username": {a.Username}, "to": {international(t.To)}, "message": {t.Body},
		"bulkSMSMode": {"1"}, "enqueue": {"1"},
	}
	if a.Sender != "" {
		form.Set("from", a.Sender)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url("/version1/messaging"),
		strings.NewReader(form.Encode()))
	if err != nil {
		return "", fault(store.SendBarred, unreachable)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Idempotency-Key", t.ID)
	r.Header.Set("apiKey", a.Key)
	var answer struct {
		SMSMessageData *struct {
			Message    string
			Recipients []struct {
				StatusCode int    `json:"statusCode"`
				MessageID  string `json:"messageId"`
			}
		}
	}
	if err := (smsClient{a.Through}).call(ctx, r, &answer); err != nil {
		return "", err
	}
	data := answer.SMSMessageData
	switch {
	case data == nil:
		return "", fault(store.SendUnsure, oddAnswer)
	case len(data.Recipients) == 0 && strings.Contains(strings.ToLower(data.Message), "sender"):
		return "", fault(store.SendBarred, badSender)
	case len(data.Recipients) == 0:
		return "", fault(store.SendFailed, oddAnswer) // an answer without a recipient: it went to nobody
	}
	to := data.Recipients[0]
	if to.MessageID == "None" {
		to.MessageID = ""
	}
	return to.MessageID, africasTalkingFault(to.StatusCode)
}

// africasTalkingFault is what a status means, nil where the SMS was accepted.
func africasTalkingFault(status int) error {
	switch status {
	case 100, 101, 102:
		return nil
	case 402:
		return fault(store.SendBarred, badSender)
	case 405:
		return fault(store.SendBarred, noBalance)
	case 403, 404, 407:
		return fault(store.SendRefused, badNumber)
	case 406, 409:
		return fault(store.SendRefused, blocked)
	}
	return fault(store.SendFailed, "sms "+strconv.Itoa(status))
}

// LogIn asks for the account.
func (a AfricasTalking) LogIn(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		a.url("/version1/user?username="+url.QueryEscape(a.Username)), http.NoBody)
	if err != nil {
		return fault(store.SendBarred, unreachable)
	}
	r.Header.Set("apiKey", a.Key)
	var answer struct {
		UserData struct {
			Balance string `json:"balance"`
		}
	}
	if err := (smsClient{a.Through}).call(ctx, r, &answer); err != nil {
		return err
	}
	amount, err := strconv.ParseFloat(lastWord(answer.UserData.Balance), 64)
	if err == nil && amount <= 0 {
		return fault(store.SendBarred, noBalance)
	}
	return nil
}

// lastWord is the amount of KES 1785.50.
func lastWord(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}
