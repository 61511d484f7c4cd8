package views

import "strconv"

// kicker is a word over an error page's title, of the kind one hears in a projection room.
func (e Problem) kicker() string {
	switch e.Status {
	case 404:
		return "Missing reel"
	case 409:
		return "Someone was faster"
	case 422:
		return "Take two"
	case 429:
		return "One at a time"
	case 503:
		return "Full house"
	}
	return "The film has torn"
}

func (e Problem) status() string { return strconv.Itoa(e.Status) }

func (e Problem) link() (text, url string) {
	text, url = e.LinkText, e.LinkURL
	if url == "" {
		url = "/"
	}
	if text == "" {
		text = "To the films"
	}
	return text, url
}
