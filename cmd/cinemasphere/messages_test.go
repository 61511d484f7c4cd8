package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// TestMessageSettings: what is missing or contradicts is named, and no value of a secret.
func TestMessageSettings(t *testing.T) {
	good := func() config {
		return config{
			MpesaEnv: "production", Addr: "localhost:8080", BaseURL: "https://cinema.co.ke", BookingRate: "10",
			Hold: 3 * time.Minute, LogLevel: "info", LogFormat: "text", QueryRate: 2, MpesaConsumerKey: "key",
			MpesaConsumerSecret: "secret", MpesaPasskey: "passkey", MpesaBusinessShortCode: "600100",
			TrustedProxies: []string{"loopback"}, BackupDir: "off",
			SMTPAddr: "smtp.example.com:587", SMTPUsername: "user", SMTPPassword: "hidden word",
			MailFrom: "Sunrise <tickets@sunrise.co.ke>", SMSProvider: "africastalking", SMSUsername: "sunrise",
			SMSAPIKey: "hidden", AlarmEmail: []string{"owner@sunrise.co.ke"}, AlarmPhone: []string{"0712 345 678"},
		}
	}
	for name, c := range map[string]struct {
		change func(*config)
		want   string // in the error; "" is none
	}{
		"all of it": {func(*config) {}, ""},
		"neither": {func(c *config) {
			c.SMTPAddr, c.SMTPUsername, c.SMTPPassword, c.MailFrom, c.AlarmEmail = "", "", "", "", nil
			c.SMSProvider, c.SMSUsername, c.SMSAPIKey, c.AlarmPhone = "off", "", "", nil
		}, ""},
		"no port":         {func(c *config) { c.SMTPAddr = "smtp.example.com" }, "SMTP_ADDR must be"},
		"no host":         {func(c *config) { c.SMTPAddr = ":587" }, "SMTP_ADDR must be"},
		"a port too high": {func(c *config) { c.SMTPAddr = "a:70000" }, "SMTP_ADDR must be"},
		"a URL":           {func(c *config) { c.SMTPAddr = "smtp://a:587" }, "SMTP_ADDR must be"},
		"no sender":       {func(c *config) { c.MailFrom = "" }, "MAIL_FROM must be"},
		"half a sender":   {func(c *config) { c.MailFrom = "Sunrise" }, "MAIL_FROM must be"},
		"no password":     {func(c *config) { c.SMTPPassword = "" }, "only one of them"},
		"no name":         {func(c *config) { c.SMTPUsername = "" }, "only one of them"},
		"a relay":         {func(c *config) { c.SMTPUsername, c.SMTPPassword = "", "" }, ""},
		"a sender and no server": {func(c *config) { c.SMTPAddr, c.AlarmEmail = "", nil },
			"SMTP_ADDR is not set, but MAIL_FROM"},
		"alarms and no server": {func(c *config) {
			c.SMTPAddr, c.SMTPUsername, c.SMTPPassword, c.MailFrom = "", "", "", ""
		}, "ALARM_EMAIL is set, but SMTP_ADDR is not"},
		"no key":           {func(c *config) { c.SMSAPIKey = "" }, "SMS_API_KEY is not set"},
		"a key and nobody": {func(c *config) { c.SMSProvider, c.AlarmPhone = "off", nil }, "SMS_PROVIDER is off, but"},
		"alarms and nobody": {func(c *config) {
			c.SMSProvider, c.SMSUsername, c.SMSAPIKey = "off", "", ""
		}, "ALARM_PHONE is set"},
		"in the clear": {func(c *config) { c.SMSURL = "http://sms.example.com" }, "SMS_URL must be https"},
		"no address":   {func(c *config) { c.SMSURL = "sms.example.com" }, "SMS_URL must be an address"},
		"a key in the URL": {func(c *config) { c.SMSURL = "https://sms.example.com/?k=v" },
			"SMS_URL must be an address"},
		"a reseller nowhere": {func(c *config) { c.SMSProvider = "reseller" },
			"SMS_PROVIDER is reseller, but SMS_URL or SMS_SENDER is not set"},
		"a reseller": {func(c *config) {
			c.SMSProvider, c.SMSURL, c.SMSSender = "reseller", "https://quicksms.advantasms.com", "Sunrise"
		}, ""},
		"no owner's address": {func(c *config) { c.AlarmEmail = []string{"owner"} }, "ALARM_EMAIL has an entry"},
		"no owner's number":  {func(c *config) { c.AlarmPhone = []string{"020 1"} }, "ALARM_PHONE has an entry"},
	} {
		conf := good()
		c.change(&conf)
		_, err := conf.check()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v", name, err)
		case err != nil && strings.Contains(err.Error(), "hidden"):
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
}

// letterbox is a mail server that keeps what it is given.
type letterbox struct {
	mu  sync.Mutex
	all []string
}

// NewSession begins a conversation.
func (b *letterbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &posting{box: b}, nil }

type posting struct {
	box *letterbox
	to  string
}

func (*posting) Mail(string, *smtp.MailOptions) error { return nil }

func (p *posting) Rcpt(to string, _ *smtp.RcptOptions) error {
	p.to = to
	return nil
}

func (p *posting) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	p.box.mu.Lock()
	defer p.box.mu.Unlock()
	p.box.all = append(p.box.all, p.to+"\n"+string(text))
	return err
}

func (*posting) Reset()        {}
func (*posting) Logout() error { return nil }

func (b *letterbox) got() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}

// TestMessagesOfTheProgram buys a ticket with an e-mail address from the real program: the ticket comes there and by
// SMS, once, and a refund that is written down at the command line is told too. No address stands in the log or in the
// books but the ticket's.
func TestMessagesOfTheProgram(t *testing.T) {
	box := &letterbox{}
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	var mu sync.Mutex
	var texts []string
	sms := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if texts = append(texts, string(body)); err == nil {
			_, _ = io.WriteString(w, `{"responses":[{"response-code":200,"messageid":1}]}`)
		}
	}))
	t.Cleanup(sms.Close)
	sent := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(texts)
	}
	env := []string{
		"MPESA_ENV=simulator", "SMTP_ADDR=" + l.Addr().String(), "MAIL_FROM=Sunrise <tickets@sunrise.co.ke>",
		"SMS_PROVIDER=reseller", "SMS_URL=" + sms.URL, "SMS_USERNAME=77", "SMS_API_KEY=the-api-key",
		"SMS_SENDER=Sunrise",
	}
	p := start(t, "", env...)
	c := p.customer()
	const address, phone = "wanjiku@example.com", "0711000001" // which pays by itself
	home := c.get("/")
	link, _ := home.Find(`main a[href^="/screenings/"]`).First().Attr("href")
	confirm := c.submit(c.get(link), `form[action="/bookings"]`, map[string]string{
		"name": "Wanjiku", "phone": phone, "email": address,
	})
	if !strings.Contains(confirm.Find("main").Text(), address) {
		t.Fatalf("the address is not shown before the prompt: %s", confirm.Find("main").Text())
	}
	ticket := c.submit(confirm, `form:has(input[name="confirmed"])`, nil)
	eventually(t, 20*time.Second, "the ticket came", func() bool { return len(box.got()) == 1 && sent() == 1 })
	if got := box.got()[0]; !strings.HasPrefix(got, address+"\n") || !strings.Contains(got, "ticket.pdf") {
		t.Errorf("the mail is %s", got)
	}
	if !strings.Contains(texts[0], p.base+ticket.url.Path) || !strings.Contains(texts[0], "254711000001") {
		t.Errorf("the SMS is %s", texts[0])
	}
	code := regexp.MustCompile(`Ticket code: (\w+)`).FindStringSubmatch(box.got()[0])
	if code == nil {
		t.Fatal("the mail has no ticket code")
	}
	out, err := subcommandWith(t, p.dir, []string{"DATABASE_URL=demo.db"}, "refund", code[1], "--by-hand=CASH")
	if err != nil {
		t.Fatal(err, out)
	}
	eventually(t, 20*time.Second, "the refund is told", func() bool { return len(box.got()) == 2 && sent() == 2 })
	log := p.log.String()
	for _, hidden := range []string{address, "example.com", "711000001", "the-api-key"} {
		if strings.Contains(log, hidden) {
			t.Errorf("the log says %s", hidden)
		}
	}
	out, err = subcommandWith(t, p.dir, append(env, "DATABASE_URL=demo.db"), "doctor")
	if !strings.Contains(out, "e-mail") || !strings.Contains(out, "SMS") {
		t.Errorf("the check-up does not look at both: %v\n%s", err, out)
	}
}
