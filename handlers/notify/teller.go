package notify

import (
	"context"
	"fmt"

	"cinemasphere/store"
	"cinemasphere/views/mail"
	"cinemasphere/views/wording"
)

// Teller tells the owner of an alarm by e-mail and SMS, and that it is over: see watch.Teller.
type Teller struct {
	Mail   Mailer // nil where the cinema sends no e-mails
	SMS    Texter // nil where it sends no SMS
	Emails []string
	Phones []string // MSISDNs
	Cinema string   // which cinema it is about
}

// Tell tells. It is an error only where nobody could be told: then it is told again.
func (t Teller) Tell(ctx context.Context, a store.Alarm) error {
	what, do := wording.Alarm(a)
	head, id := "Alarm", fmt.Sprintf("alarm.%s.%d", a.Kind, a.Raised.UnixMilli())
	if !a.On() {
		what, do, head, id = wording.AlarmOver(a), "", "Over", id+".over"
	}
	body := what + "\n"
	if do != "" {
		body += "\n" + do + "\n"
	}
	told, last := 0, error(nil)
	heard := func(err error) {
		if err == nil {
			told++
		} else {
			last = err
		}
	}
	if t.Mail != nil {
		for i, to := range t.Emails {
			_, err := t.Mail.Send(ctx, Mail{
				ID: fmt.Sprint(id, ".", i), To: to, Subject: head + ": " + what, Text: body + "\n" + t.Cinema + "\n",
			})
			heard(err)
		}
	}
	if t.SMS != nil {
		for i, to := range t.Phones {
			short := mail.Short(t.Cinema + ": " + head + ". " + what)
			_, err := t.SMS.Send(ctx, Text{ID: fmt.Sprint(id, ".", i), To: to, Body: short})
			if err != nil && asFault(err).Outcome == store.SendUnsure {
				err = nil // it may be there: no second one
			}
			heard(err)
		}
	}
	if told == 0 && last != nil {
		return fmt.Errorf("tell the owner: %w", last)
	}
	return nil
}
