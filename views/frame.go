package views

import (
	"strings"

	"cinemasphere/assets"
	"cinemasphere/store/poster"
	"cinemasphere/views/ui"
)

// htmxConfig is read by htmx from the page: a request gives up after 15 s and never leaves this site, and Back loads
// the page again instead of keeping copies of it.
const htmxConfig = `{"defaultTimeout":15000,"mode":"same-origin","history":"reload"}`

func (p Page) name() string {
	if p.Cinema.Name == "" {
		return "CinemaSphere"
	}
	return p.Cinema.Name
}

// contact reports whether the cinema has said where it is, or how to reach it.
func (p Page) contact() bool {
	c := p.Cinema
	return c.AddressLine1+c.AddressLine2+c.MapURL+c.Email+c.Phone != ""
}

func (p Page) brand() ui.Brand {
	b := BrandOf(p.Cinema)
	b.Name = p.name()
	return b
}

func (p Page) fullTitle() string {
	switch {
	case p.Title != "":
		return p.Title + " · " + p.name()
	case p.Cinema.Tagline != "":
		return p.name() + " · " + p.Cinema.Tagline
	}
	return p.name()
}

func (p Page) description() string {
	if p.Description != "" {
		return p.Description
	}
	return p.Cinema.About
}

func (p Page) canonical() string {
	if p.NoIndex || p.BaseURL == "" || p.Path == "" {
		return ""
	}
	return p.BaseURL + p.Path
}

func (p Page) image() string {
	if p.Image != "" {
		return p.BaseURL + p.Image
	}
	if p.Cinema.Logo != "" {
		return p.BaseURL + "/logo/" + p.Cinema.Logo + "/" + string(poster.Share) + ".jpg"
	}
	if p.Cinema.Own() { // the picture has the sample cinema's name in it
		return ""
	}
	return p.BaseURL + assets.URL("posters/cinemasphere-og.png")
}

// styleSheet is where the style sheet is: in the cinema's own colour where it has one.
func (p Page) styleSheet() string {
	if p.Cinema.Accent != "" {
		return "/theme/" + strings.TrimPrefix(p.Cinema.Accent, "#") + ".css"
	}
	return assets.URL("css/site.css")
}

// phoneURL is a tel: address of a phone number as people write it.
func phoneURL(phone string) string {
	return "tel:" + strings.Map(func(r rune) rune {
		if r == '+' || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, phone)
}
