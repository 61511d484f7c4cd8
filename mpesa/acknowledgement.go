package mpesa

import (
	"context"
	"errors"
	"time"
)

// Acknowledgement is Daraja's word that it took a request. It never means done: what
// became of a Transaction Status or a Reversal comes later, to its ResultURL.
type Acknowledgement struct {
	// ConversationID and OriginatorConversationID come again in the result. They are
	// opaque, at most 100 characters, and empty where Daraja gave none.
	ConversationID, OriginatorConversationID string
	// ResponseCode is always Success, however Daraja spelt it.
	ResponseCode        Code
	ResponseDescription string
}

// call posts a body that is the same at every try.
func (c *Client) call(ctx context.Context, endpoint, path string, body signedBody) (response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	return c.callWithToken(ctx, endpoint, path, func(time.Time) signedBody { return body })
}

// postInitiator sends what the initiator asks of M-PESA, and reads the acknowledgement.
func (c *Client) postInitiator(ctx context.Context, endpoint, path string, body signedBody) (Acknowledgement, error) {
	got, err := c.call(ctx, endpoint, path, body)
	if err != nil {
		return Acknowledgement{}, err
	}
	return c.readAcknowledgement(got)
}

func (c *Client) readAcknowledgement(got response) (Acknowledgement, error) {
	if !got.took() {
		return Acknowledgement{}, c.callError(got)
	}
	ack, err := parseAcknowledgement(got.body)
	if err == nil && ack.ConversationID == "" {
		err = errors.New("ConversationID is missing")
	}
	if err != nil {
		return Acknowledgement{}, c.unclear(got, err)
	}
	return ack, nil
}

// parseAcknowledgement reads the body of an answer. Anything that does not plainly
// say "accepted" is an error.
func parseAcknowledgement(body []byte) (Acknowledgement, error) {
	object, err := parseObject(body, "ResponseCode", "ConversationID")
	if err != nil {
		return Acknowledgement{}, err
	}
	if err := object.accepted(); err != nil {
		return Acknowledgement{}, err
	}
	ack := Acknowledgement{ResponseCode: Success}
	if ack.ConversationID, err = object.id("ConversationID"); err != nil {
		return Acknowledgement{}, err
	}
	if ack.OriginatorConversationID, err = object.id("OriginatorConversationID"); err != nil {
		return Acknowledgement{}, err
	}
	ack.ResponseDescription = object.text("ResponseDescription")
	return ack, nil
}

// checkInitiator is the error of a call that needs an initiator where none is set.
func (c *Client) checkInitiator(endpoint string) error {
	var err error
	switch {
	case c.cfg.InitiatorName == "":
		err = errors.New("no initiator name is set")
	case c.cfg.SecurityCredential == "":
		err = errors.New("no security credential is set")
	default:
		return nil
	}
	return &Error{Endpoint: endpoint, Kind: KindConfig, Message: err.Error(), Err: err, local: true}
}

// badRequest is the error of a call whose request cannot be right.
func badRequest(endpoint, message string) error {
	err := errors.New(message)
	return &Error{Endpoint: endpoint, Kind: KindRefused, Message: message, Err: err, local: true}
}

// shortcode is what a request says, or else the client's own.
func (c *Client) shortcode(asked string) string {
	if asked == "" {
		return c.cfg.Shortcode
	}
	return asked
}

// remarks are 2 to 100 characters (documented), and an empty text is refused.
func remarks(text string) string {
	if kept := plainText(text, maxRemarks); len(kept) > 1 {
		return kept
	}
	return "Payment"
}

const maxRemarks = 100
