package main

import (
	"context"
	"errors"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/notify"
	"cinemasphere/handlers/watch"
	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// checkMessages looks at the settings of e-mails, SMS and of where alarms go.
func (p *plan) checkMessages(fail func(string, ...any)) {
	p.checkMail(fail)
	p.checkSMS(fail)
	for _, address := range p.AlarmEmail {
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Name != "" {
			fail("ALARM_EMAIL has an entry that is no e-mail address")
		}
	}
	for _, phone := range p.AlarmPhone {
		msisdn, err := mpesa.ParseMSISDN(phone)
		if err != nil {
			fail("ALARM_PHONE has an entry that is no number such as 0712345678")
			continue
		}
		p.alarmed = append(p.alarmed, string(msisdn))
	}
	if len(p.AlarmEmail) > 0 && p.SMTPAddr == "" && !p.simulate {
		fail("ALARM_EMAIL is set, but SMTP_ADDR is not")
	}
	if len(p.AlarmPhone) > 0 && p.SMSProvider == "off" && !p.simulate {
		fail("ALARM_PHONE is set, but SMS_PROVIDER is not")
	}
}

func (p *plan) checkMail(fail func(string, ...any)) {
	if p.SMTPAddr == "" {
		if p.MailFrom != "" || p.SMTPUsername != "" || p.SMTPPassword != "" {
			fail("SMTP_ADDR is not set, but MAIL_FROM, SMTP_USERNAME or SMTP_PASSWORD is")
		}
		return
	}
	host, port, err := net.SplitHostPort(p.SMTPAddr)
	n, err2 := strconv.ParseUint(port, 10, 16)
	if err != nil || err2 != nil || n == 0 || host == "" {
		fail("SMTP_ADDR must be a host and a port, such as smtp.example.com:587")
		return
	}
	if (p.SMTPUsername == "") != (p.SMTPPassword == "") {
		fail("SMTP_USERNAME and SMTP_PASSWORD go together: only one of them is set")
	}
	from, err := mail.ParseAddress(p.MailFrom)
	if err != nil {
		fail("MAIL_FROM must be the address that e-mails come from, such as Sunrise Cinema <tickets@sunrise.co.ke>")
		return
	}
	p.mail = notify.SMTP{
		Host: host, Port: int(n), Plain: loopback(host), Username: p.SMTPUsername, Password: p.SMTPPassword,
		From: *from, Now: time.Now,
	}
}

func (p *plan) checkSMS(fail func(string, ...any)) {
	if p.SMSProvider == "off" || p.SMSProvider == "" {
		if p.SMSAPIKey != "" || p.SMSUsername != "" || p.SMSURL != "" || p.SMSSender != "" {
			fail("SMS_PROVIDER is off, but SMS_URL, SMS_USERNAME, SMS_API_KEY or SMS_SENDER is set")
		}
		return
	}
	if p.SMSUsername == "" || p.SMSAPIKey == "" {
		fail("SMS_PROVIDER is %s, but SMS_USERNAME or SMS_API_KEY is not set", p.SMSProvider)
	}
	if p.SMSURL != "" {
		u, err := url.Parse(p.SMSURL)
		switch {
		case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" ||
			u.Scheme != "https" && u.Scheme != "http":
			fail("SMS_URL must be an address such as https://quicksms.advantasms.com")
		case u.Scheme == "http" && !loopback(u.Host):
			fail("SMS_URL must be https: the API key goes there")
		}
	}
	if p.SMSProvider == "africastalking" {
		p.sms = notify.AfricasTalking{URL: p.SMSURL, Username: p.SMSUsername, Key: p.SMSAPIKey, Sender: p.SMSSender}
		return
	}
	if p.SMSURL == "" || p.SMSSender == "" {
		fail("SMS_PROVIDER is reseller, but SMS_URL or SMS_SENDER is not set")
	}
	p.sms = notify.Reseller{URL: p.SMSURL, Partner: p.SMSUsername, Key: p.SMSAPIKey, Sender: p.SMSSender}
}

// tells is how customers are told of things: in the demo on the pages of the simulator, where nothing else is set.
func (p *plan) tells() *store.Ways {
	return &store.Ways{Email: p.mail != nil || p.simulate, SMS: p.sms != nil || p.simulate}
}

// openMessages makes what sends messages, and what tells of alarms.
func (s *server) openMessages(ctx context.Context) error {
	if s.simulate && s.mail == nil {
		s.mail = simulatedMail{s.sim}
	}
	if s.simulate && s.sms == nil {
		s.sms = simulatedSMS{s.sim}
	}
	s.notify = notify.New(notify.Config{
		Store: s.store, Mail: s.mail, SMS: s.sms, BaseURL: s.BaseURL, Pass: s.checkout.QRPayload, Log: s.log,
	})
	cinema, err := s.store.Catalogue().Cinema(ctx)
	if err != nil {
		return err
	}
	s.teller = tellers{watch.LogTeller{Log: s.log}, notify.Teller{
		Mail: s.mail, SMS: s.sms, Emails: s.AlarmEmail, Phones: s.alarmed, Cinema: cinema.Name,
	}}
	return nil
}

// tellers tell one after the other.
type tellers []watch.Teller

// Tell tells by all of them, whatever becomes of one.
func (all tellers) Tell(ctx context.Context, a store.Alarm) error {
	var errs []error
	for _, t := range all {
		errs = append(errs, t.Tell(ctx, a))
	}
	return errors.Join(errs...)
}

// logins are the services that messages go through.
func (p *plan) logins() (all []doctor.Login) {
	says := func(try func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := try(ctx); err != nil {
				return errors.New(wording.MessageFailure(store.Message{Failure: err.Error()}))
			}
			return nil
		}
	}
	if p.mail != nil {
		all = append(all, doctor.Login{
			Name: "e-mail", Try: says(p.mail.LogIn),
			Do: "Look at SMTP_ADDR, SMTP_USERNAME and SMTP_PASSWORD. Many providers want a password made for " +
				"programs, and many hosts let nothing out to port 25.",
		})
	}
	if p.sms != nil {
		all = append(all, doctor.Login{
			Name: "SMS", Try: says(p.sms.LogIn),
			Do: "Look at SMS_USERNAME and SMS_API_KEY, and at the balance of the account.",
		})
	}
	return all
}

// simulatedMail shows e-mails on the simulator's pages.
type simulatedMail struct{ sim *sim.Sim }

// Send puts a mail there.
func (s simulatedMail) Send(_ context.Context, m notify.Mail) (string, error) {
	files := []sim.File{{Name: "ticket-code.png", Type: "image/png", ID: "ticket-code", Bytes: m.QR}}
	files = append(files, sim.File{Name: "ticket.pdf", Type: "application/pdf", Bytes: m.PDF},
		sim.File{Name: "screening.ics", Type: "text/calendar; charset=utf-8", Bytes: m.Calendar})
	s.sim.Mail(sim.Mail{To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Files: files})
	return "", nil
}

// LogIn is always well.
func (simulatedMail) LogIn(context.Context) error { return nil }

// simulatedSMS shows SMS on the simulator's handsets.
type simulatedSMS struct{ sim *sim.Sim }

// Send puts an SMS there.
func (s simulatedSMS) Send(_ context.Context, t notify.Text) (string, error) {
	s.sim.Text(strings.TrimPrefix(t.To, "+"), t.Body)
	return "", nil
}

// LogIn is always well.
func (simulatedSMS) LogIn(context.Context) error { return nil }
