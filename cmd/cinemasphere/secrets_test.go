package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSeededSecrets runs the whole program with a seed in every secret, at the log's lowest level: bookings, the
// partner's API, mail and SMS that lead nowhere, errors to a tracker that is not there, backups to a bucket that is
// not there, the back office, metrics, and what strangers send. No seed stands in the log, in metrics or on a page, no
// phone number in log or metrics, and what a stranger sends begins no line of the log.
func TestSeededSecrets(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) { seededSecrets(t, format) })
	}
}

func seededSecrets(t *testing.T, format string) {
	dead, metrics := freeAddr(t), freeAddr(t)
	const seed = "Geheimnis"
	seeded := func(name string) string { return seed + name + "0123456789abcdefghij" }
	env := []string{
		"MPESA_ENV=simulator", "LOG_LEVEL=debug", "LOG_FORMAT=" + format, "METRICS_ADDR=" + metrics,
		"MPESA_CONSUMER_KEY=" + seeded("Key"), "MPESA_CONSUMER_SECRET=" + seeded("Secret"),
		"MPESA_PASSKEY=" + seeded("Passkey"), "SECRET_KEY=" + seeded("Signing"),
		"PARTNER_KEYS=school:" + seeded("Partner"),
		"SENTRY_DSN=http://" + seeded("DSN") + "@" + dead + "/1", "SMTP_ADDR=" + dead, "SMTP_USERNAME=cinema",
		"SMTP_PASSWORD=" + seeded("Mail"), "MAIL_FROM=tickets@cinema.test", "SMS_PROVIDER=africastalking",
		"SMS_URL=http://" + dead, "SMS_USERNAME=cinema", "SMS_API_KEY=" + seeded("SMS"),
		"BACKUP_BUCKET=http://" + dead + "/bucket", "BACKUP_BUCKET_KEY=" + seeded("BucketKey"),
		"BACKUP_BUCKET_SECRET=" + seeded("BucketSecret"),
	}
	p := start(t, "", env...)
	c := p.customer()
	ticket := c.book("0712345001", 2) // who pays by itself
	seen := []string{}
	eventually(t, 20*time.Second, "the ticket is paid", func() bool {
		text := c.get(ticket.url.Path).Find("main").Text()
		seen = append(seen, text)
		return strings.Contains(text, "Show this at the door")
	})
	ask := func(method, path, body string, headers ...string) {
		r, err := http.NewRequestWithContext(t.Context(), method, p.base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		resp, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		seen = append(seen, string(text))
	}
	partner := "Bearer " + seeded("Partner")
	ask("POST", "/api/make-payment", `{"phoneNumber":"0712345002"}`, "Authorization", partner,
		"Content-Type", "application/json")
	ask("POST", "/api/query-payment-status", `{"checkoutRequestId":"ws_CO_0712345002"}`, "Authorization", partner,
		"Content-Type", "application/json")
	ask("GET", "/nowhere/0712345003?phone=0712345003&key="+seeded("Partner"), "",
		"User-Agent", "x level=ERROR msg=forged")
	ask("GET", "/nowhere%0Atime=2026-01-01%20level=ERROR%20msg=forged", "")
	ask("POST", "/cb/x%0D%0Alevel=ERROR", "\nlevel=ERROR msg=forged 254712345003")
	ask("POST", "/bookings", "name=%0Alevel%3DERROR+msg%3Dforged&phone=0712345003",
		"Content-Type", "application/x-www-form-urlencoded")
	for _, path := range []string{
		"/", "/privacy", "/healthz", "/readyz", "/admin/demo", "/admin", "/admin/check-up", "/admin/log",
		"/admin/messages", "/admin/cinema", "/admin/checklist", "/debug/pprof/", "/.env", "/docs/configuration",
	} {
		ask("GET", path, "")
	}
	resp, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	measured, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	out, _ := subcommandWith(t, p.dir, env, "doctor") // which finds what is not there
	eventually(t, 20*time.Second, "a message is tried", func() bool {
		return strings.Contains(p.log.String(), "a message was not sent")
	})
	_ = p.end(syscall.SIGKILL)
	log := p.log.String()
	for _, tried := range []string{"/api/make-payment", "/cb/", "write a backup"} {
		if !strings.Contains(log, tried) {
			t.Errorf("the log has nothing of %s", tried)
		}
	}
	if len(measured) == 0 {
		t.Error("nothing is measured")
	}
	for what, text := range map[string]string{
		"the log": log, "metrics": string(measured), "a page": strings.Join(seen, "\n"), "the examination": out,
	} {
		if i := strings.Index(text, seed); i >= 0 {
			t.Errorf("%s has a secret: …%s", what, text[max(0, i-100):min(len(text), i+60)])
		}
	}
	phone := regexp.MustCompile(`71234500[0-9]`)
	for what, text := range map[string]string{"the log": log, "metrics": string(measured), "the examination": out} {
		if at := phone.FindStringIndex(text); at != nil {
			t.Errorf("%s has a phone number: …%s", what, text[max(0, at[0]-100):at[1]])
		}
	}
	begins := map[string]string{"text": "time=", "json": `{"time":`}[format]
	for line := range strings.Lines(log) {
		if strings.Contains(line, "forged") && !strings.HasPrefix(line, begins) {
			t.Errorf("a stranger has written a line of the log: %s", line)
		}
	}
}
