package sim

import (
	"net/http"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// Request is a Transaction Status or Reversal request that Daraja accepted.
type Request struct {
	CommandID                string     `json:"commandId"` // TransactionStatusQuery or TransactionReversal
	ConversationID           string     `json:"conversationId"`
	OriginatorConversationID string     `json:"originatorConversationId"`
	Receipt                  string     `json:"receipt"` // the TransactionID that it names
	Amount                   int        `json:"amount"`  // of a reversal, in whole shillings
	ResultURL                string     `json:"resultUrl"`
	QueueTimeOutURL          string     `json:"queueTimeOutUrl"`
	At                       time.Time  `json:"at"`
	ResultCode               string     `json:"resultCode"` // "" while it is not carried out
	ResultDesc               string     `json:"resultDesc"`
	DoneAt                   time.Time  `json:"doneAt"`
	Deliveries               []Delivery `json:"deliveries"` // results and time-outs posted and answered, or not
}

const (
	commandStatus   = "TransactionStatusQuery"
	commandReversal = "TransactionReversal"
)

// request is a Request with what it takes to carry it out.
type request struct {
	Request
	call       Call
	initiator  string
	credential string
	original   string // OriginalConversationID
	occasion   string

	carryOut func(r *request, now time.Time) outcome // s.mu is held
}

// outcome is what came of a request.
type outcome struct {
	code, desc string
	receipt    string // of the transaction that it was itself
	params     []param
	references []param
	tells      func() // notes what the product knows by it; may be nil. Sim.mu is held
}

// keptRequests are kept for Requests and for OriginalConversationID, the newest ones.
const keptRequests = 10_000

// Requests lists the newest 10,000 requests accepted, oldest first.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Request, len(s.requests))
	for i, r := range s.requests {
		list[i] = r.Request
		list[i].Deliveries = slices.Clone(r.Deliveries)
	}
	return list
}

// check is one field of a request, and whether it is right.
type check struct {
	field string
	right bool
}

// firstWrong names the first field that is wrong.
func firstWrong(checks []check) (fault, bool) {
	for _, c := range checks {
		if !c.right {
			return invalid(c.field), true
		}
	}
	return fault{}, false
}

var receiptShape = regexp.MustCompile(`^[A-Z0-9]{10}$`)

func between(text string, least, most int) bool {
	n := utf8.RuneCountInString(text)
	return least <= n && n <= most
}

// newRequest has the fields that both requests share.
func (s *Sim) newRequest(f fields, now time.Time) *request {
	return &request{
		Request: Request{
			CommandID: f.get("CommandID"), Receipt: f.get("TransactionID"), ResultURL: f.get("ResultURL"),
			QueueTimeOutURL: f.get("QueueTimeOutURL"), At: now,
		},
		initiator: f.get("Initiator"), credential: f.get("SecurityCredential"), occasion: f.get("Occasion"),
	}
}

// receive answers a request by its call and has it carried out.
func (s *Sim) receive(w http.ResponseWriter, r *http.Request, q *request, of func(*Script) *Call) {
	if !s.admit(q, of) {
		s.refuse(w, answerFault(AnswerBusy))
		return
	}
	if q.call.Answer.done() && q.call.ResultFirst && !q.call.Undone {
		s.carryOut(q)
		s.running.Done()
	}
	s.think(r, q.call.AnswerAfter)
	if q.call.Answer != AnswerAccepted {
		s.answerWith(w, r, q.call.Answer)
		return
	}
	writeJSON(w, http.StatusOK, struct {
		OriginatorConversationID, ConversationID, ResponseCode, ResponseDescription string
	}{q.OriginatorConversationID, q.ConversationID, "0", "Accept the service request successfully."})
}

// admit finds the call of a request, writes the request down where it is to be carried out, and sees to that. It is
// false where the simulator is closed. One that is carried out before its answer is counted as running.
func (s *Sim) admit(q *request, of func(*Script) *Call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	q.call = s.takeCallOf(q.Receipt, of)
	if !q.call.Answer.done() {
		return true
	}
	s.totals.Requests++
	what := q.CommandID + q.Receipt + q.original
	s.asked[what]++
	id := s.chance.id("request", what, s.asked[what])
	q.ConversationID, q.OriginatorConversationID = id.conversation(q.At), id.uuid()
	if s.requests = append(s.requests, q); len(s.requests) > keptRequests {
		s.requests = append(s.requests[:0], s.requests[1:]...)
	}
	switch {
	case q.call.Undone:
	case q.call.ResultFirst:
		s.running.Add(1)
	default:
		s.after(s.scaled(q.call.resultAfter()), func() { s.carryOut(q) })
	}
	return true
}

// takeCallOf is takeCall for the payment with this receipt. s.mu must be held.
func (s *Sim) takeCallOf(receipt string, of func(*Script) *Call) Call {
	i, found := s.receipts[receipt]
	if !found || i < 0 {
		return s.takeCall("", nil, of)
	}
	e := &s.ledger[i]
	if p := s.pushes[e.CheckoutRequestID]; p != nil {
		return s.takeCall(e.Phone, &p.script, of)
	}
	return s.takeCall(e.Phone, nil, of)
}

// carryOut does what was asked, and posts what came of it.
func (s *Sim) carryOut(q *request) {
	now := s.cfg.Now()
	s.mu.Lock()
	var done outcome
	switch {
	case q.call.Result != "":
		done = failed(q.call.Result)
	case !s.mayAsk(q.initiator, q.credential):
		done = failed(codeWrongPIN)
	default:
		done = q.carryOut(q, now)
	}
	if q.call.ResultDesc != "" {
		done.desc = q.call.ResultDesc
	}
	if done.receipt == "" {
		done.receipt = noReceipt(now)
	}
	q.ResultCode, q.ResultDesc, q.DoneAt = done.code, done.desc, now
	posts := s.postsOf(q, done)
	for i, n := range posts {
		if i > 0 {
			s.after(s.scaled(time.Duration(i)*duplicateGap), func() { s.deliver(n) })
		}
	}
	s.mu.Unlock()
	if len(posts) > 0 {
		s.deliver(posts[0])
	}
}

// postsOf is what is posted about a request, in its order. s.mu must be held.
func (s *Sim) postsOf(q *request, done outcome) (posts []*notice) {
	post := func(to, code string, body []byte, tells func()) {
		posts = append(posts, &notice{
			to: to, code: code, body: body, log: &q.Deliveries, ok: &s.totals.ResultsOK,
			failed: &s.totals.ResultsFailed, later: s.after, tells: tells,
		})
	}
	if q.call.TimedOut {
		post(q.QueueTimeOutURL, "timeout", timeOutBody(q), nil)
	}
	if q.call.Results == NoCallback {
		return posts
	}
	for range max(q.call.Results, 1) {
		post(q.ResultURL, done.code, resultBody(q, done), done.tells)
	}
	return posts
}

// failed is the outcome of a request that came to nothing.
func failed(code string) outcome { return outcome{code: code, desc: requestText(code)} }
