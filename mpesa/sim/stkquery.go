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

func (s *Sim) stkQuery(w http.ResponseWriter, _ *http.Request, f fields) {
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
	answer := queryBody{ResponseCode: "0", ResponseDescription: "The service request has been accepted successsfully"}
	if p != nil {
		answer.MerchantRequestID, answer.CheckoutRequestID = p.MerchantRequestID, p.CheckoutRequestID
		answer.ResultCode, answer.ResultDesc = p.ResultCode, p.queryText
		turn = p.queries
		p.queries++
	}
	s.mu.Unlock()

	const processing = "The transaction is being processed"
	switch {
	case p == nil:
		s.refuse(w, notNow("The transaction does not Exist"))
	case answer.ResultCode != "" && turn%everyFifth == everyFifth-1:
		writeJSON(w, http.StatusInternalServerError, faultBody{id, "500.001.1001", processing})
	case answer.ResultCode != "":
		writeJSON(w, http.StatusOK, answer)
	case turn%3 == 0:
		writeJSON(w, http.StatusInternalServerError, faultBody{id, "500.001.1001", processing})
	case turn%3 == 1:
		answer.ResultCode, answer.ResultDesc = codeInFlight, "The transaction is still under processing"
		writeJSON(w, http.StatusOK, answer)
	default:
		writeJSON(w, http.StatusOK, faultBody{id, "500.001.1001", ""})
	}
}
