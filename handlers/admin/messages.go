package admin

import (
	"net/http"
	"strconv"

	"cinemasphere/store"
	pages "cinemasphere/views/admin"
)

// messagesPattern is the page of messages, which is in the menu only where customers are told of things.
const messagesPattern = "/messages"

// messagesListed is how many messages are listed, of those in trouble and of the others.
const messagesListed = 50

// MessagesPage answers GET /admin/messages: what customers are told, first of all what does not come through.
func (a *Admin) MessagesPage(w http.ResponseWriter, r *http.Request) error {
	trouble, others, err := a.Store.Jobs().Messages(r.Context(), messagesListed)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.MessagesPage(pages.Messages{
		Ways: a.Store.Tells(), Trouble: trouble, Others: others,
	}))
}

// SendAgain answers POST /admin/messages: a message that was given up, or of which nobody knows, is sent again.
func (a *Admin) SendAgain(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PostForm.Get("message"), 10, 64)
	if err != nil || id <= 0 {
		return store.ErrNotFound
	}
	found, err := a.Store.Jobs().SendAgain(r.Context(), id)
	if err != nil {
		return err
	}
	said := "It is sent again."
	if !found {
		said = "That has changed since you opened the page. Nothing was done now."
	}
	return a.done(w, r, prefix+messagesPattern, said)
}
