package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinemasphere/store"
)

// TestUnreadMoney posts confirmations of money to the running program, which it cannot read whole. They are on the list
// with what is legible, also after a kill, and fsck ends with 1 until a person has resolved each.
func TestUnreadMoney(t *testing.T) {
	p := start(t, "")
	p.checked = true
	st, err := store.Open(t.Context(), store.Options{Path: filepath.Join(p.dir, "demo.db"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	token, err := st.Money().C2BToken(t.Context())
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{
		`{"TransID":"UKO4JL9G9Q","TransAmount":"1.300,00","TransTime":"20261129101112","BillRefNumber":"POPCORN",` +
			`"MSISDN":"254712345126"}`,
		`{"TransID":"UKO4JL9H`, `<confirmation payer="254712345126"/>`, "\x00\x01\x02", ``,
	} {
		resp, err := http.Post(p.base+"/cb/paid/"+token, "application/json", strings.NewReader(body))
		if err != nil || resp.StatusCode != http.StatusOK || resp.Body.Close() != nil {
			t.Fatalf("%q: %v, %v", body, resp, err)
		}
	}
	listed := func(when string) string {
		out, err := subcommand(t, p.dir, "payments")
		entries := regexp.MustCompile(`callback:[0-9]+ said:`).FindAllString(out, -1)
		if err != nil || len(entries) != 4 || !strings.Contains(out, "UKO4JL9G9Q") ||
			!strings.Contains(out, "amount not known") || strings.Contains(out, "254712345126") {
			t.Errorf("%s: %v\n%s", when, err, out)
		}
		return out
	}
	eventually(t, 5*time.Second, "all are listed", func() bool {
		out, _ := subcommand(t, p.dir, "payments")
		return strings.Count(out, "said:") == 5
	})
	listed("at once")
	eventually(t, 5*time.Second, "the log warns of each", func() bool {
		return strings.Count(p.log.String(), "level=WARN msg=\"callback not understood whole") == 5
	})
	_ = p.end(syscall.SIGKILL)
	p = start(t, p.dir)
	out := listed("after a kill")
	if out, err := subcommand(t, p.dir, "fsck"); err == nil || strings.Count(out, "WRONG: ") != 5 {
		t.Errorf("fsck: %v\n%s", err, out)
	}
	for _, name := range append(regexp.MustCompile(`callback:[0-9]+`).FindAllString(out, -1), "UKO4JL9G9Q") {
		if out, err := subcommand(t, p.dir, "resolve", "--note=seen to", name); err != nil &&
			!strings.Contains(out, "nobody has to do anything") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if out, err := subcommand(t, p.dir, "fsck"); err != nil {
		t.Errorf("resolved: %v\n%s", err, out)
	}
	if out, err := subcommand(t, p.dir, "payments"); err != nil ||
		!strings.Contains(out, "No money waits for anybody.") {
		t.Errorf("resolved: %v\n%s", err, out)
	}
	if out, err := subcommand(t, p.dir, "payments", "--all", "--state=unread"); err != nil ||
		strings.Count(out, "seen to") != 4 {
		t.Errorf("all: %v\n%s", err, out)
	}
}

// TestSetUpTroubleIsTold: prompts that fail for the cinema's set-up are said in the log, by sales status once three
// running have, and then by the list; all of them with --all.
func TestSetUpTroubleIsTold(t *testing.T) {
	t.Parallel()
	p := start(t, "")
	c := p.customer()
	for n := range 3 {
		ticket := c.book(fmt.Sprintf("07123%02d913", n+10), 1)
		eventually(t, 15*time.Second, "it fails", func() bool {
			return strings.Contains(c.get(ticket.url.Path).Find("main").Text(), "payment set-up")
		})
		status, err := subcommand(t, p.dir, "sales", "status")
		list, err2 := subcommand(t, p.dir, "payments")
		all, err3 := subcommand(t, p.dir, "payments", "--all")
		if err != nil || err2 != nil || err3 != nil || strings.Count(all, "SFC_IC0003") != n+1 ||
			!strings.Contains(all, "check transaction type, shortcode and till") {
			t.Errorf("all: %v, %v, %v\n%s", err, err2, err3, all)
		}
		if told := strings.Contains(status, "The last 3 prompts failed for the cinema's set-up") &&
			strings.Contains(status, "SFC_IC0003") &&
			strings.Contains(list, "SFC_IC0003"); told != (n == 2) || strings.Contains(list, "SFC_IC0003") != told {
			t.Errorf("after %d:\n%s%s", n+1, status, list)
		}
	}
	eventually(t, 5*time.Second, "the log warns of each", func() bool {
		log := p.log.String()
		return strings.Count(log, "M-PESA's result of a push needs the operator") == 3 &&
			strings.Contains(log, "SFC_IC0003")
	})
}
