package sim

import (
	"io"
	"net/http"
	"slices"
	"time"
)

// Answer is how Daraja answers a request.
type Answer string

// The ways a request can be answered. After the first four, what it asked for is done all the same: a prompt is on the
// phone, a reversal goes its way. After all others nothing is.
const (
	AnswerAccepted Answer = ""         // as usual: HTTP 200, ResponseCode "0"
	AnswerLost     Answer = "lost"     // the connection ends without an answer, yet it was done
	AnswerEmpty    Answer = "empty"    // HTTP 200 and no body, yet it was done
	AnswerInternal Answer = "internal" // HTTP 500, 500.003.1001 Internal Server Error, yet it was done

	AnswerBusy        Answer = "busy"        // HTTP 500, 500.003.02 System is busy
	AnswerSpike       Answer = "spike"       // HTTP 500, 500.003.02 Error Occurred: Spike Arrest Violation
	AnswerQuota       Answer = "quota"       // HTTP 500, 500.003.03 Quota Violation
	AnswerTooMany     Answer = "toomany"     // HTTP 429, the Apigee gateway's own fault body
	AnswerLocked      Answer = "locked"      // HTTP 500, 500.001.1001 Unable to lock subscriber
	AnswerToken       Answer = "token"       // the access token is refused, however good it is
	AnswerBlocked     Answer = "blocked"     // HTTP 403, an HTML page in the way of Incapsula's
	AnswerUnavailable Answer = "unavailable" // HTTP 503, the same page
	AnswerPage        Answer = "page"        // HTTP 200, the same page
	AnswerSilent      Answer = "silent"      // nothing at all, until the caller gives up or the outage is over
	AnswerRefused     Answer = "refused"     // connection refused; over sockets, where it is too late for that, ended

	// Of an STK query. None is a verdict.
	AnswerProcessing Answer = "processing" // HTTP 500, 500.001.1001 The transaction is being processed
	AnswerInFlight   Answer = "4999"       // HTTP 200, ResultCode "4999"
	AnswerNothing    Answer = "nothing"    // HTTP 200, 500.001.1001 with an empty errorMessage
	AnswerUnknown    Answer = "unknown"    // HTTP 500, 500.001.1001 The transaction does not Exist
	AnswerSpellings  Answer = "spellings"  // 500.001.1001 with each of its texts in turn
)

// done tells whether a request that is answered so is carried out.
func (a Answer) done() bool {
	return slices.Contains([]Answer{AnswerAccepted, AnswerLost, AnswerEmpty, AnswerInternal}, a)
}

func (a Answer) known() bool {
	return a.done() || slices.Contains([]Answer{
		AnswerBusy, AnswerSpike, AnswerQuota, AnswerTooMany, AnswerLocked, AnswerToken, AnswerBlocked,
		AnswerUnavailable, AnswerPage,
		AnswerSilent, AnswerRefused, AnswerProcessing, AnswerInFlight, AnswerNothing, AnswerUnknown, AnswerSpellings,
	}, a)
}

const (
	textProcessing = "The transaction is being processed"
	textUnknown    = "The transaction does not Exist"
	textLocked     = "Unable to lock subscriber, a transaction is already in process for the current subscriber"
	textMerchant   = "Merchant does not exist"
	textPassword   = "[MerchantValidate] - Wrong credentials"
)

// spellings are the texts that 500.001.1001 is known to come with.
func spellings() []string {
	return []string{
		textProcessing, "", textUnknown, textLocked, "Internal Server Error", textMerchant, "Wrong credentials",
		textPassword,
	}
}

// answerFault is what Daraja says in place of ResponseCode 0.
func answerFault(a Answer) fault {
	switch a {
	case AnswerBusy:
		return fault{http.StatusInternalServerError, "500.003.02", "System is busy. Please try again in few minutes."}
	case AnswerSpike:
		return fault{http.StatusInternalServerError, "500.003.02", "Error Occurred: Spike Arrest Violation"}
	case AnswerQuota:
		return fault{http.StatusInternalServerError, "500.003.03", "Quota Violation"}
	case AnswerLocked:
		return notNow(textLocked)
	case AnswerProcessing, AnswerInFlight, AnswerSpellings:
		return notNow(textProcessing)
	case AnswerUnknown:
		return notNow(textUnknown)
	case AnswerNothing:
		return fault{http.StatusOK, "500.001.1001", ""}
	default:
		return fault{http.StatusInternalServerError, "500.003.1001", "Internal Server Error"}
	}
}

// answerWith answers a request in any of the ways but AnswerAccepted.
func (s *Sim) answerWith(w http.ResponseWriter, r *http.Request, a Answer) {
	switch a {
	case AnswerLost:
		dropConnection(w)
	case AnswerEmpty:
		w.WriteHeader(http.StatusOK)
	case AnswerBlocked:
		s.writeBlockPage(w, http.StatusForbidden)
	case AnswerUnavailable:
		s.writeBlockPage(w, http.StatusServiceUnavailable)
	case AnswerPage:
		s.writeBlockPage(w, http.StatusOK)
	case AnswerTooMany:
		writeSpikeArrest(w)
	case AnswerToken:
		s.refuseToken(w, r)
	case AnswerSilent:
		s.keepSilent(r)
		dropConnection(w)
	case AnswerRefused:
		refuseConnection(w)
	default:
		s.refuse(w, answerFault(a))
	}
}

// writeBlockPage is the firewall in front of Daraja (observed with 403 and 503): HTML where JSON is expected.
func (s *Sim) writeBlockPage(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body>`+
		`Request unsuccessful. Incapsula incident ID: `+s.chance.next().text(18, "0123456789")+`</body></html>`+"\n")
}

// writeSpikeArrest is the gateway's own refusal (claimed, never captured).
func writeSpikeArrest(w http.ResponseWriter) {
	type detail struct {
		Code string `json:"errorcode"`
	}
	type apigee struct {
		Text   string `json:"faultstring"`
		Detail detail `json:"detail"`
	}
	writeJSON(w, http.StatusTooManyRequests, map[string]apigee{"fault": {
		"Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5, periodInMicroseconds=1000000, " +
			"maxBurstMessageCount=1.0}",
		detail{"policies.ratelimit.SpikeArrestViolation"},
	}})
}

// dropConnection ends the connection without an answer. Where it cannot be had (HTTP/2), the answer is cut short.
func dropConnection(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
		return
	}
	w.Header().Set("Content-Length", "256")
	w.WriteHeader(http.StatusOK)
}

// refuseConnection is dropConnection, told to a caller in the same process as a connection that never was.
func refuseConnection(w http.ResponseWriter) {
	if near, ok := w.(interface{ refuseConnection() }); ok {
		near.refuseConnection()
		return
	}
	dropConnection(w)
}

// think takes its time, unless the caller goes away or the simulator is closed.
func (s *Sim) think(r *http.Request, d time.Duration) {
	if d > 0 {
		s.wait(r, s.scaled(d))
	}
}

// silence is how long a caller is left without an answer who does not give up.
const silence = 5 * time.Minute

// keepSilent waits until the caller gives up, but not longer than the outage that is the reason for it.
func (s *Sim) keepSilent(r *http.Request) {
	// else a server does not notice that its caller is gone
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxRequest))
	d := silence
	if o, dark := s.outageOf(r); dark {
		d = min(d, o.until.Sub(s.cfg.Now()))
	}
	s.wait(r, d)
}

func (s *Sim) wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.closing:
	}
}
