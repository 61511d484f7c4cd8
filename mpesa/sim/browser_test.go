package sim_test

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/mpesa/sim"
)

// handset is a browser without JavaScript in front of the handset page, mounted below a prefix.
type handset struct {
	*world
	client *http.Client
	at     *url.URL // where the last redirect led
}

func openHandset(w *world) *handset {
	mux := http.NewServeMux()
	mux.Handle("/simulator/", http.StripPrefix("/simulator", w.sim.Handset()))
	return &handset{world: w, client: &http.Client{Transport: sim.InProcess(mux)}}
}

type page struct {
	*goquery.Document
	status int
	header http.Header
}

func (h *handset) read(resp *http.Response, err error) page {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := goquery.NewDocumentFromReader(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	h.at = resp.Request.URL
	return page{doc, resp.StatusCode, resp.Header}
}

func (h *handset) get(path string) page {
	h.Helper()
	return h.read(h.client.Get("http://cinema.test/simulator/" + path))
}

// submit sends the page's form as a browser does, with the button that was pressed.
func (h *handset) submit(p page, typed url.Values) page {
	h.Helper()
	form := p.Find("form")
	if form.Length() != 1 {
		h.Fatalf("%d forms on the page, want 1", form.Length())
	}
	values := url.Values{}
	form.Find("input").Each(func(_ int, in *goquery.Selection) {
		values.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	for name, v := range typed {
		if form.Find(`[name="`+name+`"]`).Length() == 0 {
			h.Fatalf("the form has no field %q", name)
		}
		values[name] = v
	}
	action, err := h.at.Parse(form.AttrOr("action", ""))
	if err != nil {
		h.Fatal(err)
	}
	return h.read(h.client.PostForm(action.String(), values))
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
