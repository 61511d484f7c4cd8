package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"cinemasphere/store"
)

// SMTP sends e-mails through a mail server.
type SMTP struct {
	Host     string
	Port     int // 465 speaks TLS from the start; any other has STARTTLS
	Plain    bool
	Username string // "" logs in as nobody
	Password string
	From     mail.Address
	Roots    *x509.CertPool
	Wait     time.Duration // for each step of the conversation; 0 is 15 s
	Now      func() time.Time
}

const smtpWait = 15 * time.Second

func (s SMTP) client() (*gomail.Client, error) {
	wait := s.Wait
	if wait == 0 {
		wait = smtpWait
	}
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(wait), gomail.WithHELO(s.domain()),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch {
	case s.Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	case s.Port == 465:
		options = append(options, gomail.WithSSL())
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.Username != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.Plain {
			auth = gomail.SMTPAuthPlainNoEnc
		}
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.Username),
			gomail.WithPassword(s.Password))
	}
	c, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return c, nil
}

// domain is that of the sender, for names that must be ours.
func (s SMTP) domain() string {
	_, domain, _ := strings.Cut(s.From.Address, "@")
	return domain
}

// Send hands a mail to the server.
func (s SMTP) Send(ctx context.Context, m Mail) (string, error) {
	msg, err := s.message(m)
	if err != nil {
		return "", err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return "", err
	}
	err = c.Send(msg)
	_ = c.Close() // what was taken is taken
	if msg.IsDelivered() {
		return "", nil
	}
	return "", sendFault(err)
}

// dial connects and logs in.
func (s SMTP) dial(ctx context.Context) (*gomail.Client, error) {
	c, err := s.client()
	if err != nil {
		return nil, fault(store.SendBarred, unreachable)
	}
	if err := c.DialWithContext(ctx); err != nil {
		if strings.Contains(strings.ToLower(err.Error()), "auth") {
			return nil, fault(store.SendBarred, logIn)
		}
		return nil, fault(store.SendBarred, unreachable)
	}
	return c, nil
}

// LogIn connects, logs in, and says goodbye.
func (s SMTP) LogIn(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	_ = c.Close() // it has let us in
	return nil
}

// sendFault says what an error in the conversation means for the mail. Only once its last line was sent may the server
// have taken it without our knowing.
func sendFault(err error) error {
	var of *gomail.SendError
	if !errors.As(err, &of) {
		return fault(store.SendBarred, unreachable)
	}
	code := of.ErrorCode()
	why := noAnswer
	if code != 0 {
		why = fmt.Sprint("smtp ", code)
	}
	switch {
	case of.Reason == gomail.ErrSMTPDataClose && code == 0:
		return fault(store.SendUnsure, why)
	case of.Reason == gomail.ErrSMTPRcptTo && code >= 500, of.Reason == gomail.ErrSMTPDataClose && code >= 500,
		of.Reason == gomail.ErrSMTPData && code >= 500:
		return fault(store.SendRefused, why)
	case of.Reason == gomail.ErrGetRcpts:
		return fault(store.SendRefused, badAddress)
	case of.Reason == gomail.ErrSMTPMailFrom, of.Reason == gomail.ErrConnCheck, of.Reason == gomail.ErrGetSender:
		return fault(store.SendBarred, why) // it is the sender that the server does not like now
	}
	return fault(store.SendFailed, why)
}

// message makes what is sent: text and HTML, with the QR code inside and the rest attached. Sent again it has the same
// Message-ID, by which mail programs know a second one.
func (s SMTP) message(m Mail) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&s.From)
	if err := msg.To(m.To); err != nil {
		return nil, fault(store.SendRefused, badAddress)
	}
	if m.ReplyTo != "" {
		_ = msg.ReplyTo(m.ReplyTo) // of one that is none nothing is said
	}
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain())
	msg.SetDateWithValue(s.Now())
	msg.Subject(m.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	method := "PUBLISH"
	if m.Cancels {
		method = "CANCEL"
	}
	var errs []error
	if m.QR != nil {
		errs = append(errs, msg.EmbedReader("ticket-code.png", bytes.NewReader(m.QR),
			gomail.WithFileContentID("<"+qrName+">"), gomail.WithFileContentType("image/png")))
	}
	if m.PDF != nil {
		errs = append(errs, msg.AttachReader("ticket.pdf", bytes.NewReader(m.PDF),
			gomail.WithFileContentType("application/pdf")))
	}
	if m.Calendar != nil {
		errs = append(errs, msg.AttachReader("screening.ics", bytes.NewReader(m.Calendar),
			gomail.WithFileContentType(gomail.ContentType("text/calendar; charset=utf-8; method="+method))))
	}
	if errors.Join(errs...) != nil { // of readers in memory: never
		return nil, fault(store.SendFailed, cannotMake)
	}
	return msg, nil
}

// qrName is the Content-ID of the QR code, as the HTML of a letter names it.
const qrName = "ticket-code"

// Write writes a mail as it would be sent.
func (s SMTP) Write(w io.Writer, m Mail) error {
	msg, err := s.message(m)
	if err != nil {
		return err
	}
	if _, err := msg.WriteTo(w); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	return nil
}
