package sim

import "net/http"

type queryBody struct {
	ResponseCode        string
	ResponseDescription string
	MerchantRequestID   string
	CheckoutRequestID   string
	ResultCode          string // a string here, a number in the callback (observed)
	ResultDesc          string
}

// everyFifth of the queries of a finished push is answered as if it were not (observed: 4 of 19).
const everyFifth = 5

func (s *Sim) stkQuery(w http.ResponseWriter, r *http.Request, f fields) {
	id := f.get("CheckoutRequestID")
	bad, ok := fault{}, true
	switch {
	case !shortcodeShape.MatchString(f.get("BusinessShortCode")):
		bad, ok = invalid("BusinessShortCode"), false
	case f.get("Timestamp") == "":
		bad, ok = invalid("Timestamp"), false
	case id == "":
		bad, ok = invalid("CheckoutRequestID"), false
	default:
		bad, ok = s.checkMerchant(f)
	}
	if !ok {
		s.refuse(w, bad)
		return
	}
	s.mu.Lock()
	s.totals.Queries++
	p := s.pushes[id]
	var turn int
	var as Answer
	answer := queryBody{ResponseCode: "0", ResponseDescription: "The service request has been accepted successsfully"}
	if p != nil {
		answer.MerchantRequestID, answer.CheckoutRequestID = p.MerchantRequestID, p.CheckoutRequestID
		answer.ResultCode, answer.ResultDesc = p.ResultCode, p.queryText
		turn = p.queries
		p.queries++
		if p.script.QueryTimes == 0 || turn < p.script.QueryTimes {
			as = p.script.Query
		}
	}
	s.mu.Unlock()
	switch {
	case p == nil:
		as = AnswerUnknown
	case as == AnswerAccepted:
		as = usualQuery(answer.ResultCode != "", turn)
	}
	if as == AnswerAccepted && answer.ResultCode == codePaid {
		s.mu.Lock()
		s.reported(p.Receipt, 0)
		s.mu.Unlock()
	}
	s.answerQuery(w, r, as, answer, turn)
}

// usualQuery is how the so-and-so-many-th query of a push is answered where no script speaks: of one in flight in the
// three shapes in turn, and of a finished one now and then as if it were not.
func usualQuery(settled bool, turn int) Answer {
	switch {
	case settled && turn%everyFifth < everyFifth-1:
		return AnswerAccepted
	case settled || turn%3 == 0:
		return AnswerProcessing
	case turn%3 == 1:
		return AnswerInFlight
	}
	return AnswerNothing
}

func (s *Sim) answerQuery(w http.ResponseWriter, r *http.Request, as Answer, answer queryBody, turn int) {
	id := answer.CheckoutRequestID
	switch as {
	case AnswerAccepted:
		writeJSON(w, http.StatusOK, answer)
	case AnswerProcessing:
		writeJSON(w, http.StatusInternalServerError, faultBody{id, "500.001.1001", textProcessing})
	case AnswerInFlight:
		answer.ResultCode, answer.ResultDesc = codeInFlight, "The transaction is still under processing"
		writeJSON(w, http.StatusOK, answer)
	case AnswerNothing:
		writeJSON(w, http.StatusOK, faultBody{id, "500.001.1001", ""})
	case AnswerSpellings:
		texts := spellings()
		writeJSON(w, http.StatusInternalServerError, faultBody{id, "500.001.1001", texts[turn%len(texts)]})
	default:
		s.answerWith(w, r, as)
	}
}
