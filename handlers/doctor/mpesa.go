package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"cinemasphere/store"
	"cinemasphere/store/alarm"
	"cinemasphere/views/wording"
)

func (c Config) logIn(ctx context.Context) []Finding {
	if c.LogIn == nil {
		return nil
	}
	const name = "M-PESA log-in"
	err := c.LogIn(ctx)
	if err == nil {
		return one(name, OK, "Daraja gives an access token for these credentials.", "")
	}
	do := "Copy MPESA_CONSUMER_KEY and MPESA_CONSUMER_SECRET from the Daraja portal once more, from the app of this " +
		"environment; and look whether Daraja is down."
	if c.Explain != nil {
		return one(name, Failure, "Daraja gives no access token: "+c.Explain(err)+".", do)
	}
	return one(name, Failure, "Daraja gives no access token.", do)
}

func (c Config) logins(ctx context.Context) (all []Finding) {
	for _, l := range c.Logins {
		if err := l.Try(ctx); err != nil {
			all = append(all, Finding{l.Name, Warning, "It does not let the program in: " + err.Error() + ".", l.Do})
		} else {
			all = append(all, Finding{l.Name, OK, "It lets the program in.", ""})
		}
	}
	return all
}

// How far the clock may be wrong: codes of authenticator apps last for 30 s.
const (
	clockOff  = 5 * time.Second
	clockFail = 30 * time.Second
)

// clock compares the machine's with the Date of Daraja's answer, which is in whole seconds.
func (c Config) clock(ctx context.Context) []Finding {
	if c.Daraja == "" {
		return nil
	}
	const name, do = "clock", "Turn on the synchronisation of time: timedatectl set-ntp true."
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, c.Daraja, nil)
	if err != nil {
		return one(name, Warning, "It could not be compared with Daraja's.", "")
	}
	began := c.Now()
	resp, err := c.client(0).Do(r)
	ended := c.Now()
	if err != nil {
		return one(name, Warning, "It could not be compared: Daraja does not answer.", "")
	}
	_ = resp.Body.Close()
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return one(name, Warning, "It could not be compared: Daraja's answer has no date.", "")
	}
	var off time.Duration
	way := "behind"
	switch {
	case ended.Before(theirs):
		off = theirs.Sub(ended)
	case began.After(theirs.Add(time.Second)):
		off, way = began.Sub(theirs.Add(time.Second)), "ahead"
	}
	says := fmt.Sprintf("It is %s %s of Daraja's.", off.Round(time.Second), way)
	switch {
	case off >= clockFail:
		return one(name, Failure, says, do)
	case off >= clockOff:
		return one(name, Warning, says, do)
	}
	return one(name, OK, "It is as Daraja's.", "")
}

func (c Config) till(context.Context) []Finding {
	const name = "till"
	switch {
	case c.Shortcode == "":
		return nil
	case c.BuyGoods && c.Till == c.Shortcode:
		return one(name, Warning, "The till number and the shortcode are the same.",
			"For a till MPESA_BUSINESS_SHORT_CODE is its store (head-office) number, which Safaricom tells with the "+
				"till; they are hardly ever the same.")
	case !c.BuyGoods && c.Till != "" && c.Till != c.Shortcode:
		return one(name, Warning, "A till number is set, and prompts are of the kind for a paybill: money goes to "+
			c.Shortcode+".", "Leave MPESA_TRANSACTION_TYPE out where the money is for the till.")
	case c.BuyGoods:
		return one(name, OK, "Prompts are to the till "+c.Till+" of the store "+c.Shortcode+".", "")
	}
	return one(name, OK, "Prompts are to the paybill "+c.Shortcode+".", "")
}

// certificateSoon is how long before its end M-PESA's certificate is warned of.
const certificateSoon = 30 * 24 * time.Hour

func (c Config) initiator(context.Context) []Finding {
	const name = "initiator"
	if c.Shortcode == "" {
		return nil
	}
	if !c.Initiator {
		grade := OK
		if c.Environment == store.Production {
			grade = Warning
		}
		return one(name, grade, "There is none: receipts are confirmed and refunds made by hand.",
			"Make one in the M-PESA portal, and set MPESA_INITIATOR_NAME.")
	}
	if c.Certificate == "" {
		return one(name, OK, "There is one.", "")
	}
	do := "Take the certificate of this environment from the Daraja portal."
	ends, err := certificateOf(c.Certificate)
	switch {
	case err != nil:
		return one(name, Failure, "MPESA_CERTIFICATE cannot be read: "+err.Error()+".", do)
	case !ends.After(c.Now()):
		return one(name, Failure, "M-PESA's certificate ended on "+day(ends)+".", do)
	case ends.Sub(c.Now()) < certificateSoon:
		return one(name, Warning, "M-PESA's certificate ends on "+day(ends)+".", do)
	}
	return one(name, OK, "There is one; M-PESA's certificate is good until "+day(ends)+".", "")
}

// certificateOf is when the certificate in a file ends, as PEM or DER.
func certificateOf(path string) (time.Time, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}, err
	}
	if block, _ := pem.Decode(bytes.TrimSpace(text)); block != nil {
		text = block.Bytes
	}
	cert, err := x509.ParseCertificate(text)
	if err != nil {
		return time.Time{}, errors.New("it is no certificate")
	}
	return cert.NotAfter, nil
}

func (c Config) password(context.Context) []Finding {
	if !c.Initiator || c.Certificate == "" {
		return nil // of the simulator
	}
	const name = "API password"
	const do = "Choose a new one in the M-PESA portal, and set MPESA_INITIATOR_PASSWORD with its " +
		"MPESA_INITIATOR_PASSWORD_DATE."
	if c.Password == nil {
		return one(name, Warning, "How old it is is not known, and M-PESA lets it end after 90 days.",
			"Set MPESA_INITIATOR_PASSWORD_DATE to the day on which it was chosen.")
	}
	age, ends := c.Now().Sub(*c.Password), c.Password.Add(alarm.PasswordLife)
	switch {
	case age < 0:
		return one(name, Failure, "MPESA_INITIATOR_PASSWORD_DATE is in the future.", "Set it right.")
	case age >= alarm.PasswordLife:
		return one(name, Failure, "It ended on "+day(ends)+".", do)
	case age >= alarm.PasswordWarning:
		return one(name, Warning, "It ends on "+day(ends)+".", do)
	}
	return one(name, OK, "It is good until "+day(ends)+".", "")
}

func day(t time.Time) string { return wording.Date(store.At(t)) }
