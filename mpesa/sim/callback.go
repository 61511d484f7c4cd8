package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// callbackBody is the callback for the present result of a push. Its shape is observed: Balance without a value, the
// amount as a decimal number, date and phone as numbers, no metadata for a failure, a code that is no number as a string.
func callbackBody(p *Push, amount int) []byte {
	b := make([]byte, 0, 512)
	b = appendQuoted(append(b, `{"Body":{"stkCallback":{"MerchantRequestID":`...), p.MerchantRequestID)
	b = appendQuoted(append(b, `,"CheckoutRequestID":`...), p.CheckoutRequestID)
	b = append(b, `,"ResultCode":`...)
	if isNumber(p.ResultCode) {
		b = append(b, p.ResultCode...)
	} else {
		b = appendQuoted(b, p.ResultCode)
	}
	b = appendQuoted(append(b, `,"ResultDesc":`...), p.ResultDesc)
	if p.ResultCode == codePaid {
		b = strconv.AppendInt(append(b, `,"CallbackMetadata":{"Item":[{"Name":"Amount","Value":`...), int64(amount), 10)
		b = appendQuoted(append(b, `.00},{"Name":"MpesaReceiptNumber","Value":`...), p.Receipt)
		b = append(append(b, `},{"Name":"Balance"},{"Name":"TransactionDate","Value":`...), stamp(p.SettledAt)...)
		b = append(append(b, `},{"Name":"PhoneNumber","Value":`...), p.Phone...)
		b = append(b, `}]}`...)
	}
	return append(b, `}}}`...)
}

// isNumber reports whether a result code is a JSON number.
func isNumber(code string) bool {
	_, err := strconv.ParseUint(code, 10, 32)
	return err == nil && (code[0] != '0' || code == codePaid)
}

// appendQuoted appends a JSON string.
func appendQuoted(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || strings.IndexByte(`"\\<>&`, c) >= 0 {
			quoted, _ := json.Marshal(text) // of a string it cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// deliver sends one callback, once: Safaricom does not try again (observed).
func (s *Sim) deliver(p *push, code string, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.CallbackTimeout)
	defer cancel()
	done := Delivery{ResultCode: code}
	status, err := s.post(ctx, p.CallbackURL, body)
	done.Status = status
	if err != nil {
		done.Error = err.Error()
	}
	done.At = s.cfg.Now()

	s.mu.Lock()
	defer s.mu.Unlock()
	p.Deliveries = append(p.Deliveries, done)
	if status/100 == 2 {
		s.totals.CallbacksOK++
	} else {
		s.totals.CallbacksFailed++
	}
}

func (s *Sim) post(ctx context.Context, address string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json;charset=UTF-8")
	req.Header.Set("Businessshortcode", s.cfg.Shortcode)
	req.Header.Set("User-Agent", "M-PESA simulator")
	resp, err := s.client.Do(req)
	if withURL, ok := errors.AsType[*url.Error](err); ok {
		err = withURL.Err // the URL is a secret of the product's
	}
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, err
}
