package notify_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"cinemasphere/handlers/notify"
	"cinemasphere/store"
)

// post is a mail server of the test: it takes mails, or does what a test says.
type post struct {
	mu       sync.Mutex
	mails    []string
	to       []string
	rcpt     error // what it says of an address
	data     error // what it says of a mail
	sender   error // what it says of a sender
	noLogIn  bool
	cutAfter bool // takes a mail, and hangs up before it says so
	hang     bool // says nothing any more once it has a mail

	addr  string
	roots *x509.CertPool
	done  chan struct{}
}

func newPost(t *testing.T, secure bool) *post {
	t.Helper()
	p := &post{roots: x509.NewCertPool(), done: make(chan struct{})}
	s := smtp.NewServer(p)
	s.Domain, s.AllowInsecureAuth = "localhost", true
	if secure {
		certified := httptest.NewTLSServer(nil)
		s.TLSConfig = &tls.Config{Certificates: certified.TLS.Certificates}
		p.roots.AddCert(certified.Certificate())
		certified.Close()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() {
		close(p.done)
		_ = s.Close()
	})
	return p
}

func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) { return &session{post: p, conn: c}, nil }

func (p *post) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mails
}

type session struct {
	*post
	conn *smtp.Conn
}

func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if s.noLogIn || user != "box-office" || password != "pass word" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error { return s.sender }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	return s.rcpt
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.data != nil {
		return s.data
	}
	s.mu.Lock()
	s.mails = append(s.mails, string(text))
	s.mu.Unlock()
	if s.cutAfter {
		return s.conn.Conn().Close()
	}
	if s.hang {
		<-s.done
	}
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

func (p *post) mailer(t *testing.T, secure bool) notify.SMTP {
	t.Helper()
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	return notify.SMTP{
		Host: host, Port: n, Plain: !secure, Username: "box-office", Password: "pass word", Roots: p.roots,
		From: mail.Address{Name: "Sunrise Cinema", Address: "tickets@sunrise.co.ke"}, Wait: 2 * time.Second,
		Now: func() time.Time { return time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC) },
	}
}

var letter = notify.Mail{
	ID: "abc.paid", To: "wanjiku@example.com", ReplyTo: "info@sunrise.co.ke", Subject: "Your ticket: Nyota — 2",
	Text: "Your ticket", HTML: `<p>Your ticket <img src="cid:ticket-code"></p>`, QR: []byte("png"), PDF: []byte("%PDF"),
	Calendar: []byte("BEGIN:VCALENDAR"),
}

// TestMail: a mail goes out over TLS after a log-in, and has what belongs to it in the places where mail programs look
// for it. Sent again it has the same name.
func TestMail(t *testing.T) {
	for _, secure := range []bool{true, false} {
		p := newPost(t, secure)
		m := p.mailer(t, secure)
		if err := m.LogIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := m.Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
		}
		got := p.got()
		if len(got) != 2 || p.to[0] != letter.To {
			t.Fatalf("%d mails to %v", len(got), p.to)
		}
		read, err := mail.ReadMessage(strings.NewReader(got[0]))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"From": `"Sunrise Cinema" <tickets@sunrise.co.ke>`, "To": "<wanjiku@example.com>",
			"Reply-To": "<info@sunrise.co.ke>", "Message-ID": "<abc.paid@sunrise.co.ke>",
			"Auto-Submitted": "auto-generated", "User-Agent": "", "X-Mailer": "",
		} {
			if is := read.Header.Get(name); is != want {
				t.Errorf("%s is %q, not %q", name, is, want)
			}
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		if err != nil || subject != letter.Subject {
			t.Errorf("the subject is %q, %v", subject, err)
		}
		const parts = "multipart/mixed( multipart/related( multipart/alternative( text/plain text/html ) " +
			"image/png;inline;<ticket-code> ) application/pdf;attachment text/calendar;attachment )"
		if is := shape(t, read.Header.Get("Content-Type"), read.Body); is != parts {
			t.Errorf("its parts are\n%s, not\n%s", is, parts)
		}
		if again, err := mail.ReadMessage(strings.NewReader(got[1])); err != nil ||
			again.Header.Get("Message-ID") != read.Header.Get("Message-ID") {
			t.Errorf("the second has another name: %v", err)
		}
	}
}

// shape is how the parts of a mail are nested.
func shape(t *testing.T, contentType string, body io.Reader) string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return kind
	}
	said := []string{kind + "("}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return strings.Join(append(said, ")"), " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		one := shape(t, part.Header.Get("Content-Type"), part)
		if how, _, err := mime.ParseMediaType(part.Header.Get("Content-Disposition")); err == nil {
			one += ";" + how
		}
		if id := part.Header.Get("Content-Id"); id != "" {
			one += ";" + id
		}
		said = append(said, one)
	}
}

// TestMailServersSay: what a server says and does, and what that means for a mail. No word of it has the address, and a
// mail that may be there is never taken for one that is not.
func TestMailServersSay(t *testing.T) {
	says := func(code int) error {
		return &smtp.SMTPError{Code: code, Message: "<wanjiku@example.com>: no"}
	}
	for name, c := range map[string]struct {
		set  func(*post)
		want store.SendOutcome
		why  string
		got  int
	}{
		"no such mailbox":            {func(p *post) { p.rcpt = says(550) }, store.SendRefused, "smtp 550", 0},
		"greylisted":                 {func(p *post) { p.rcpt = says(451) }, store.SendFailed, "smtp 451", 0},
		"mailbox full":               {func(p *post) { p.rcpt = says(452) }, store.SendFailed, "smtp 452", 0},
		"spam":                       {func(p *post) { p.data = says(554) }, store.SendRefused, "smtp 554", 0},
		"busy":                       {func(p *post) { p.data = says(451) }, store.SendFailed, "smtp 451", 0},
		"another's sender":           {func(p *post) { p.sender = says(553) }, store.SendBarred, "smtp 553", 0},
		"too many for today":         {func(p *post) { p.sender = says(450) }, store.SendBarred, "smtp 450", 0},
		"no log-in":                  {func(p *post) { p.noLogIn = true }, store.SendBarred, "log-in", 0},
		"hangs up with the mail":     {func(p *post) { p.cutAfter = true }, store.SendUnsure, "no answer", 1},
		"falls silent with the mail": {func(p *post) { p.hang = true }, store.SendUnsure, "no answer", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t, true)
			c.set(p)
			_, err := p.mailer(t, true).Send(t.Context(), letter)
			f, is := errors.AsType[*notify.Fault](err)
			if !is || f.Outcome != c.want || f.Why != c.why || len(p.got()) != c.got {
				t.Errorf("it is %+v with %d mails there, not %v %q with %d", err, len(p.got()), c.want, c.why, c.got)
			}
			if is && strings.Contains(f.Error(), "example.com") {
				t.Error("the address stands in the error")
			}
		})
	}
}

// TestMailNeedsTLS: no password and no mail goes to a server that has no TLS, or whose certificate is not good.
func TestMailNeedsTLS(t *testing.T) {
	p := newPost(t, false)
	m := p.mailer(t, true)
	if _, err := m.Send(t.Context(), letter); outcome(err) != store.SendBarred || len(p.got()) != 0 {
		t.Errorf("without TLS: %v, %d mails", err, len(p.got()))
	}
	p = newPost(t, true)
	m = p.mailer(t, true)
	m.Roots = x509.NewCertPool()
	if _, err := m.Send(t.Context(), letter); outcome(err) != store.SendBarred || len(p.got()) != 0 {
		t.Errorf("with a certificate of a stranger: %v, %d mails", err, len(p.got()))
	}
	m.Port = 1
	if err := m.LogIn(t.Context()); outcome(err) != store.SendBarred {
		t.Errorf("with nobody there: %v", err)
	}
}

// TestMailAddresses: an address that would add a header or a second recipient is not written to.
func TestMailAddresses(t *testing.T) {
	p := newPost(t, true)
	for _, to := range []string{"a@b.co\r\nBcc: x@y.co", "a@b.co, x@y.co", "", "a b@c.co"} {
		m := letter
		m.To = to
		if _, err := p.mailer(t, true).Send(t.Context(), m); outcome(err) != store.SendRefused {
			t.Errorf("%q: %v", to, err)
		}
	}
	if len(p.got()) != 0 {
		t.Error("one was sent")
	}
	var out bytes.Buffer
	m := letter
	m.Subject = "Film\r\nBcc: x@y.co"
	if err := p.mailer(t, true).Write(&out, m); err != nil || strings.Contains(out.String(), "\r\nBcc:") {
		t.Errorf("a subject adds a header: %v", err)
	}
}

func outcome(err error) store.SendOutcome {
	if f, is := errors.AsType[*notify.Fault](err); is {
		return f.Outcome
	}
	return store.SendDone
}
