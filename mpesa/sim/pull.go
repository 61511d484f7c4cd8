package sim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cinemasphere/mpesa"
)

const (
	pullLife = 48 * time.Hour // how long a payment can be pulled (documented)
	pullPage = 100            // rows (the documentation counts in pages of 100)

	pullOK      = "1000"
	pullNothing = "1001" // nothing found, or registered already
)

// registerPull serves the registration that Pull Transactions needs once.
func (s *Sim) registerPull(w http.ResponseWriter, _ *http.Request, f fields) {
	bad, wrong := firstWrong([]check{
		{"ShortCode", s.ours(f.get("ShortCode"))},
		{"RequestType", f.get("RequestType") == "Pull"},
		{"NominatedNumber",
			phoneShape.MatchString("254" +
				strings.TrimPrefix(strings.TrimPrefix(f.get("NominatedNumber"), "254"), "0"))},
		{"CallBackURL", validCallback(f.get("CallBackURL"))},
	})
	if wrong {
		s.refusePull(w, bad)
		return
	}
	s.mu.Lock()
	code, text := pullOK, "Shortcode Registered Successfully"
	if s.pulls {
		code, text = pullNothing, "ShortCode already Registered"
	}
	s.pulls = true
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, struct{ ResponseRefID, ResponseStatus, ShortCode, ResponseDescription string }{
		s.chance.next().uuid(), code, f.get("ShortCode"), text,
	})
}

// refusePull is refuse, in the one spelling that Pull Transactions has for a wrong shortcode.
func (s *Sim) refusePull(w http.ResponseWriter, bad fault) {
	if bad == invalid("ShortCode") {
		bad = fault{http.StatusBadRequest, "400.001", "Invalid ShortCode"}
	}
	s.refuse(w, bad)
}

// pulled is one payment as Pull Transactions has it (documented, and captured): keys in lower case.
type pulled struct {
	TransactionID    string          `json:"transactionId"`
	Date             string          `json:"trxDate"`
	Phone            json.RawMessage `json:"msisdn"` // a number, or text where it is masked
	Sender           string          `json:"sender"`
	Type             string          `json:"transactiontype"`
	Reference        string          `json:"billreference"`
	Amount           string          `json:"amount"`
	OrganizationName string          `json:"organizationname"`
}

// pull serves Pull Transactions: what customers paid in a span of time, by prompt and by hand. What went back stays in
// the list.
func (s *Sim) pull(w http.ResponseWriter, _ *http.Request, f fields) {
	start, startOK := pullTime(f.get("StartDate"))
	end, endOK := pullTime(f.get("EndDate"))
	offset, err := strconv.Atoi(f.get("OffSetValue"))
	bad, wrong := firstWrong([]check{
		{"ShortCode", s.ours(f.get("ShortCode"))},
		{"StartDate", startOK},
		{"EndDate", endOK && !end.Before(start)},
		{"OffSetValue", err == nil && offset >= 0},
	})
	if wrong {
		s.refusePull(w, bad)
		return
	}
	rows := s.pullRows(start, end, offset)
	if len(rows) == 0 {
		writeJSON(w, http.StatusOK, struct{ ResponseRefID, ResponseCode, ResponseMessage string }{
			s.chance.next().uuid(), pullNothing, "No records found or Organization Name not available",
		})
		return
	}
	writeJSON(w, http.StatusOK, struct {
		ResponseRefID, ResponseCode, ResponseMessage string
		Response                                     [][]pulled // a list in a list (documented, and captured)
	}{s.chance.next().uuid(), pullOK, "Success", [][]pulled{rows}})
}

func (s *Sim) pullRows(start, end time.Time, offset int) (rows []pulled) {
	oldest := s.cfg.Now().Add(-pullLife)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pulls {
		return nil
	}
	for _, e := range s.ledger {
		at := e.At.Truncate(time.Second)
		if at.Before(start) || at.After(end) || e.At.Before(oldest) {
			continue
		}
		if offset--; offset >= 0 {
			continue
		}
		s.reported(e.Receipt, e.Amount)
		if rows = append(rows, s.pulled(e)); len(rows) == s.cfg.PullPage {
			break
		}
	}
	return rows
}

func (s *Sim) pulled(e Entry) pulled {
	row := pulled{
		TransactionID: e.Receipt, Date: mpesa.InNairobi(e.At).Format(time.RFC3339), Phone: json.RawMessage(e.Phone),
		Sender: customer(e.Phone), Type: "c2b-pay-bill-debit", Reference: e.Reference,
		Amount: strconv.Itoa(e.Amount) + ".0", OrganizationName: s.cfg.CinemaName,
	}
	if s.cfg.Default.Status.Party == PartyMasked {
		row.Phone = json.RawMessage(quoted(maskedPhone(e.Phone)))
	}
	if e.BuyGoods {
		row.Type, row.Reference = "c2b-buy-goods-debit", ""
	}
	return row
}

// pullTime reads the two documented forms of a time, which are Nairobi's.
func pullTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, mpesa.InNairobi(time.Time{}).Location()); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
