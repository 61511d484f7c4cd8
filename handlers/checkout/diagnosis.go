package checkout

import (
	"context"
	"strings"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// setUpAfter is how many pushes in a row must fail for the cinema's set-up before the operator is warned unasked.
const setUpAfter = 3

// lastPushes is how many pushes are searched for that.
const lastPushes = 1000

// SetUpTrouble means that the last pushes have all failed for the cinema's set-up, or with an unknown code.
type SetUpTrouble struct {
	Pushes []store.PushID // newest first
	Since  store.Instant  // when the first of them was made
	Last   store.PushEnd  // how the last one ended
}

// sinceWorking is how recent the last success must be for unknown codes not to be the set-up's: a set-up that works
// meanwhile is right.
const sinceWorking = time.Hour

// FindSetUpTrouble checks whether the last pushes, three at least, failed for the cinema's set-up. Nil means no.
func FindSetUpTrouble(ctx context.Context, st *store.Store) (*SetUpTrouble, error) {
	ends, err := st.Tickets().LastPushes(ctx, lastPushes)
	if err != nil {
		return nil, err
	}
	var found SetUpTrouble
	config := false // one failed with a known fault of the set-up
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

// pushEnd is what the end of a push proves about the cinema's set-up.
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

// warnResult warns the operator of a push's result that the operator must repair, or whose code is unknown.
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
