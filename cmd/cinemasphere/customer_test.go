package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// customer is a browser without JavaScript.
type customer struct {
	t    *testing.T
	http *http.Client
	base string
}

func (p *process) customer() *customer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &customer{t: p.t, base: p.base, http: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// page is an answer that has been read.
type page struct {
	*goquery.Document
	status int
	url    *url.URL
	header http.Header
}

func (c *customer) get(path string) page {
	c.t.Helper()
	resp, err := c.http.Get(c.base + path)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.read(resp)
}

func (c *customer) read(resp *http.Response) page {
	c.t.Helper()
	defer resp.Body.Close()
	doc, err := goquery.NewDocumentFromReader(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		c.t.Fatal(err)
	}
	return page{doc, resp.StatusCode, resp.Request.URL, resp.Header}
}

// submit sends the form that the selector finds, as it stands, with fields changed.
func (c *customer) submit(p page, form string, change map[string]string) page {
	c.t.Helper()
	f := p.Find(form).First()
	action, ok := f.Attr("action")
	if !ok {
		html, _ := p.Find("main").Html()
		c.t.Fatalf("no form %q on %s (%d):\n%s", form, p.url, p.status, html)
	}
	fields := url.Values{}
	f.Find("input, select, textarea").Each(func(_ int, in *goquery.Selection) {
		name, kind := in.AttrOr("name", ""), in.AttrOr("type", "text")
		_, checked := in.Attr("checked")
		if name == "" || kind == "submit" || (kind == "radio" || kind == "checkbox") && !checked {
			return
		}
		value := in.AttrOr("value", "")
		if in.Is("select") {
			value = in.Find("option[selected]").AttrOr("value", in.Find("option").First().AttrOr("value", ""))
		}
		fields.Set(name, value)
	})
	for k, v := range change {
		fields.Set(k, v)
	}
	resp, err := c.http.PostForm(p.url.ResolveReference(mustURL(c.t, action)).String(), fields)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.read(resp)
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// adults is the field of a booking form that says how many tickets of the first type are wanted.
func adults(form page) string {
	return form.Find(`form[action="/bookings"] [name^="type."]`).First().AttrOr("name", "quantity")
}

// book books as a customer without JavaScript does, from the home page to the ticket's page.
func (c *customer) book(phone string, tickets int) page {
	c.t.Helper()
	link, ok := c.get("/").Find(`main a[href^="/screenings/"]`).First().Attr("href")
	if !ok {
		c.t.Fatal("no screening to book on the home page")
	}
	form := c.get(link)
	confirm := c.submit(form, `form[action="/bookings"]`, map[string]string{
		"name": "Njeri Mwangi", "phone": phone, adults(form): fmt.Sprint(tickets),
	})
	if confirm.status != http.StatusOK || confirm.Find(`input[name="confirmed"]`).Length() != 1 {
		c.t.Fatalf("no confirm page: %d %s", confirm.status, strings.TrimSpace(confirm.Find("main").Text()))
	}
	ticket := c.submit(confirm, `form:has(input[name="confirmed"])`, nil)
	if ticket.status != http.StatusOK || !strings.HasPrefix(ticket.url.Path, "/tickets/") {
		c.t.Fatalf("no ticket page: %d %s", ticket.status, strings.TrimSpace(ticket.Find("main").Text()))
	}
	return ticket
}
