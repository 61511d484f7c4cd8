package handlers

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"cinemasphere/handlers/internal/web"
)

// pathPattern is an address that people or Safaricom are given, and where it leads: literals and {id}, {secret},
// {token}.
type pathPattern struct {
	parts []string
	to    string // "" is the address itself
}

// tidyPaths takes addresses as chats, keyboards and programs pass them on: with a slash or a full stop at the end, in
// other letters, with doubled slashes, with text behind them. A GET is sent on to the address that is meant; a POST,
// which Safaricom would not send again elsewhere, is taken as one to it.
//
// The address that is meant is made of the patterns alone: it never leads to another host. It says nothing of whether
// there is such a ticket.
func tidyPaths(next http.Handler) http.Handler {
	pages := patterns("/", "/films", "/movies/{id}", "/screenings/{id}/book", "/screenings/{id}/book/dialog",
		"/tickets/{secret}", "/tickets/{secret}/status", "/tickets/{secret}/receipt",
		"/robots.txt", "/sitemap.xml", "/favicon.ico", "/healthz", "/admin",
		"/api/movies", "/api/movies/{id}", "/api/tickets/{secret}", "/api/tickets/{id}")
	pages = append(pages, pathPattern{[]string{"index.html"}, "/"}, pathPattern{[]string{"index.htm"}, "/"})
	posts := patterns("/cb", "/cb/{token}", "/cb/status/{token}", "/cb/status-timeout/{token}", "/cb/reversal/{token}",
		"/cb/reversal-timeout/{token}", "/cb/paid/{token}", "/cb/check/{token}", "/api/mpesa-callback",
		"/api/mpesa-callback/{token}",
		"/api/make-payment", "/api/query-payment-status")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case path == "/" || strings.HasPrefix(path, "/assets/"):
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			if meant := tidyPath(path, pages); meant != "" && (meant != path || r.URL.RawPath != "") {
				web.NoStore(w)
				if r.URL.RawQuery != "" {
					meant += "?" + r.URL.RawQuery
				}
				http.Redirect(w, r, meant, http.StatusMovedPermanently)
				return
			}
		case r.Method == http.MethodPost:
			if meant := tidyPath(path, posts); meant != "" && (meant != path || r.URL.RawPath != "") {
				there, at := *r, *r.URL
				at.Path, at.RawPath = meant, ""
				there.URL = &at
				r = &there
			}
		}
		next.ServeHTTP(w, r)
	})
}

func patterns(addresses ...string) []pathPattern {
	list := make([]pathPattern, len(addresses))
	for i, a := range addresses {
		list[i].parts = strings.FieldsFunc(a, isSlash)
	}
	return list
}

func isSlash(r rune) bool { return r == '/' }

// tidyPath is the address that a path means, or "" where no pattern fits.
func tidyPath(path string, patterns []pathPattern) string {
	path, _, _ = strings.Cut(strings.Map(dropInvisible, path), ":/") // where another address follows, as in Markdown
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		part = strings.TrimRightFunc(part, isJunk)
		part = strings.TrimLeftFunc(part, func(r rune) bool { return isJunk(r) && r != '-' }) // which is a number's own
		if part != "" {
			parts = append(parts, part)
		}
	}
	for _, p := range patterns {
		if len(p.parts) != len(parts) {
			continue
		}
		meant := ""
		for i, want := range p.parts {
			part, fits := tidyPart(parts[i], want)
			if !fits {
				meant = ""
				break
			}
			meant += "/" + part
		}
		switch {
		case meant == "" && len(parts) > 0:
		case p.to != "" || meant == "":
			return "/"
		default:
			return meant
		}
	}
	return ""
}

// tidyPart is one part of a path as the pattern wants it.
func tidyPart(part, want string) (string, bool) {
	switch want {
	case "{id}":
		return idIn(part)
	case "{secret}":
		return secretIn(part)
	case "{token}":
		return part, true // ours or not is for others to say
	}
	return want, strings.EqualFold(part, want)
}

func dropInvisible(r rune) rune {
	if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) {
		return -1
	}
	return r
}

// isJunk tells what no address of ours has at the ends of its parts: punctuation, spaces, symbols.
func isJunk(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// idIn is the number that a part begins with, where no letter touches it.
func idIn(part string) (id string, is bool) {
	for i, r := range part {
		if '0' <= r && r <= '9' {
			continue
		}
		return part[:i], i > 0 && isJunk(r)
	}
	return part, part != ""
}

// secretLength is how many characters a ticket's secret has: capital letters and the digits 2 to 7.
const secretLength = 26

// secretIn is the secret that a part begins with: letters in any case, with anything between them that is neither
// letter nor digit, such as the space where a line was broken. More text may follow after a gap.
func secretIn(part string) (secret string, is bool) {
	out := make([]byte, 0, secretLength)
	for _, r := range part {
		switch {
		case isJunk(r):
			if len(out) == secretLength {
				return string(out), true
			}
			continue
		case 'a' <= r && r <= 'z':
			r -= 'a' - 'A'
		}
		if r >= utf8.RuneSelf || len(out) == secretLength || (r < 'A' || r > 'Z') && (r < '2' || r > '7') {
			return "", false
		}
		out = append(out, byte(r))
	}
	return string(out), len(out) == secretLength
}
