package checkout

import (
	"context"
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
	Pushes []store.PushID // newest first
	Since  store.Instant  // when the first of them was made
	Last   store.PushEnd  // of the last one
}

// sinceWorking is how long ago a push must have worked for codes that nobody knows to be trouble of the set-up: what
// works meanwhile is set up well.
const sinceWorking = time.Hour

// FindSetUpTrouble looks whether the last pushes, three at least, have failed for the cinema's set-up. Nil means no.
func FindSetUpTrouble(ctx context.Context, st *store.Store) (*SetUpTrouble, error) {
	ends, err := st.Tickets().LastPushes(ctx, lastPushes)
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
			found.Last = end
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
		if p.Reason == store.FailureConfig {
			return endTrouble
		}
	case store.PushUnknown:
		if p.Reason == store.FailureUnknownCode ||
			p.Reason == store.FailureOddAnswer && !strings.HasPrefix(p.Code, "5") {
			return endTrouble
		}
	case store.PushSending, store.PushPrompted:
	}
	return endOther
}

// warnResult tells the operator of a push's result that is for the operator to put right, or that nobody knows.
func (s *Service) warnResult(code mpesa.Code, text string, applied store.ApplyResult) {
	result := mpesa.Classify(code)
	if !result.Config && result.Class != mpesa.ClassUnknown || applied.Outcome.Again() {
		return
	}
	s.warnOperator("push", applied, code, text, result.Operator)
}

// warnVerdict is warnResult for Transaction Status and Reversal.
func (s *Service) warnVerdict(what string, r mpesa.AsyncResult, applied store.ApplyResult) {
	v := r.Verdict()
	if !v.Config && v.Outcome != mpesa.OutcomeUnknown || applied.Outcome.Again() {
		return
	}
	s.warnOperator(what, applied, r.Code, r.Desc, v.Operator)
}

func (s *Service) warnOperator(what string, applied store.ApplyResult, code mpesa.Code, text, means string) {
	s.log.Warn("M-PESA's result of a "+what+" needs the operator", "ticket", applied.Code, "code",
		mpesa.ShownCode(code), "text", mpesa.MaskDigits(text), "means", means)
}
