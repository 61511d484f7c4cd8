package checkout

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// setUpAfter is how many pushes must fail running for the cinema's set-up before that is said where nobody has asked.
const setUpAfter = 3

// lastPushes is how many pushes are looked through for that.
const lastPushes = 1000

// SetUpTrouble is that the last pushes have all failed for what the cinema must put right, or with a code that nobody
// knows.
type SetUpTrouble struct {
	Pushes     []store.PushID // newest first
	Since      store.Instant  // when the first of them was made
	Code, Text string         // M-PESA's, of the last one
	Operator   string         // what it means, and what to do
}

// oddCode reports whether a push is without a verdict for a code that does not say what became of it.
func oddCode(reason string) bool {
	return reason == store.ReasonUnknownCode || reason == store.ReasonOddAnswer
}

// sinceWorking is how long ago a push must have worked for codes that nobody knows to be trouble of the set-up: what
// works meanwhile is set up well.
const sinceWorking = time.Hour

// FindSetUpTrouble looks whether the last pushes, three at least, have failed for the cinema's set-up. Nil means no.
func FindSetUpTrouble(ctx context.Context, st *store.Store) (*SetUpTrouble, error) {
	ends, err := st.LastPushes(ctx, lastPushes)
	if err != nil {
		return nil, err
	}
	var found SetUpTrouble
	config := false // one has failed with what is known to be the set-up's
	for _, end := range ends {
		what := whatEnd(end)
		if what == endOther {
			continue
		}
		if what == endWorks {
			if !config && len(found.Pushes) > 0 && end.CreatedAt.Add(sinceWorking) > found.Since {
				return nil, nil
			}
			break
		}
		config = config || end.State != store.PushUnknown
		if len(found.Pushes) == 0 {
			found.Code, found.Text = end.Code, mpesa.MaskDigits(end.Text)
			found.Operator = operatorSays(string(end.State), end.Reason, end.Code, end.Text)
		}
		found.Pushes, found.Since = append(found.Pushes, end.ID), end.CreatedAt
	}
	if len(found.Pushes) < setUpAfter {
		return nil, nil
	}
	return &found, nil
}

// pushEnd is what the end of a push shows of the cinema's set-up.
type pushEnd int

const (
	endOther   pushEnd = iota // nothing
	endWorks                  // it works
	endTrouble                // the operator must look into it
)

func whatEnd(p store.PushEnd) pushEnd {
	switch p.State {
	case store.PushPaid, store.PushSoftFailed:
		return endWorks
	case store.PushFailed:
		if mpesa.Classify(mpesa.Code(p.Code)).Config {
			return endTrouble
		}
		return endWorks
	case store.PushRefused:
		if p.Reason == ReasonConfig {
			return endTrouble
		}
	case store.PushUnknown:
		if p.Reason == store.ReasonUnknownCode || p.Reason == store.ReasonOddAnswer && !strings.HasPrefix(p.Code, "5") {
			return endTrouble
		}
	case store.PushSending, store.PushPrompted:
	}
	return endOther
}

// operatorSays is what the result of a push means to who runs the box office, "" where M-PESA has not said anything.
func operatorSays(state, reason, code, text string) string {
	switch {
	case state == string(store.PushRefused) && reason == ReasonConfig:
		return refusedSetUp(text)
	case state == string(store.PushRefused):
		return "Daraja did not take the push, and no prompt went out."
	case state == string(store.PushUnknown) && reason == store.ReasonOddAnswer:
		return "Daraja's answer to the prompt does not say whether it went out: a callback, or asking M-PESA, tells."
	case code == "" || state == string(store.PushUnknown) && reason != store.ReasonUnknownCode:
		return ""
	}
	return mpesa.Classify(mpesa.Code(code)).Operator
}

// refusedSetUp says which setting a push was refused for, as far as Daraja's words tell.
func refusedSetUp(text string) string {
	words := strings.ToLower(text)
	for _, known := range []struct{ word, what string }{
		{"wrong credentials", "check that MPESA_PASSKEY is the passkey of MPESA_BUSINESS_SHORT_CODE"},
		{"merchant does not exist", "check MPESA_BUSINESS_SHORT_CODE: M-PESA does not know it in this environment"},
		{"shortcode", "check MPESA_BUSINESS_SHORT_CODE; for a till it is the store (head-office) number"},
		{"partyb", "check MPESA_TILL_NUMBER and MPESA_BUSINESS_SHORT_CODE"},
		{"transactiontype", "check MPESA_TRANSACTION_TYPE: a paybill and a till take different ones"},
		{"callback", "check MPESA_CALLBACK_URL: Safaricom does not take this address"},
		{"password", "check MPESA_PASSKEY"},
		{"timestamp", "check this machine's clock"},
		{"product", "your Daraja app lacks the product M-PESA Express: add it in the Daraja portal"},
	} {
		if strings.Contains(words, known.word) {
			return "Daraja refuses every push for a setting: " + known.what + "."
		}
	}
	return "Daraja refuses every push for a setting: compare MPESA_CONSUMER_KEY, MPESA_CONSUMER_SECRET, MPESA_PASSKEY " +
		"and the shortcode with the Daraja portal."
}

// answeredWith is M-PESA's code with its text, for customers and operators alike: masked, and short.
func answeredWith(code, text string) string {
	text = short(mpesa.MaskDigits(strings.TrimRight(strings.Join(strings.Fields(text), " "), ".")))
	if code = shortCode(code); text == "" {
		return "code " + code
	}
	return fmt.Sprintf("code %s, %s", code, text)
}

// short cuts a text of M-PESA's for one line.
func short(text string) string {
	const most = 120
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// shortCode is a result code as it can be shown: some are words.
func shortCode(code string) string {
	const most = 40
	if runes := []rune(code); len(runes) > most {
		code = string(runes[:most]) + "…"
	}
	return mpesa.MaskDigits(cmp.Or(code, "unknown"))
}

// AnsweredWith says with which code that nobody knows M-PESA has answered to the latest push of a ticket, or about
// it, "" where it has not.
func AnsweredWith(t *store.Ticket) string {
	if t.Push.State != store.PushUnknown || !oddCode(t.Push.Reason) {
		return ""
	}
	return "M-PESA answered with " + answeredWith(t.Push.ResultCode, t.Push.ResultText) + "."
}

// warnResult tells the operator of a push's result that is for the operator to put right, or that nobody knows.
func (s *Service) warnResult(code mpesa.Code, text string, applied store.Applied) {
	result := mpesa.Classify(code)
	repeated := []string{"duplicate", "unknown code, as before", "not completed, as before"}
	if !result.Config && result.Class != mpesa.ClassUnknown || slices.Contains(repeated, applied.Outcome) {
		return
	}
	s.warnOperator("push", applied, code, text, result.Operator)
}

// warnVerdict is warnResult for Transaction Status and Reversal.
func (s *Service) warnVerdict(what string, r mpesa.AsyncResult, applied store.Applied) {
	v := r.Verdict()
	if !v.Config && v.Outcome != mpesa.OutcomeUnknown || applied.Outcome == "duplicate" {
		return
	}
	s.warnOperator(what, applied, r.Code, r.Desc, v.Operator)
}

func (s *Service) warnOperator(what string, applied store.Applied, code mpesa.Code, text, means string) {
	s.log.Warn("M-PESA's result of a "+what+" needs the operator", "ticket", applied.Code, "code", shortCode(string(code)),
		"text", mpesa.MaskDigits(text), "means", means)
}
