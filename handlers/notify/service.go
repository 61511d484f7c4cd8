package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"cinemasphere/store"
	"cinemasphere/views/mail"
)

const (
	// sendTime bounds one try, well below the lease that the books give.
	sendTime = 45 * time.Second
	// atOnce is how many messages go out by one way at the same time.
	atOnce = 4
	// everyDefault is how often is looked for messages.
	everyDefault = time.Second
	// restFirst and restMost are how long a way rests that is closed: the first time, and the longest.
	restFirst = 15 * time.Second
	restMost  = 10 * time.Minute
)

// Config is what a Service is made of. Store, BaseURL and Pass are needed.
type Config struct {
	Store   *store.Store
	Mail    Mailer                     // nil where the cinema sends no e-mails
	SMS     Texter                     // nil where it sends no SMS
	BaseURL string                     // that customers use
	Pass    func(*store.Ticket) string // what a ticket's QR code says
	Every   time.Duration              // how often is looked for messages; 0 is a second
	Log     *slog.Logger               // nil drops
}

// Ways are those that a service with these senders has.
func (c Config) Ways() store.Ways { return store.Ways{Email: c.Mail != nil, SMS: c.SMS != nil} }

// Service sends what the outbox holds. Make it with New, and keep Run going.
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Every == 0 {
		c.Every = everyDefault
	}
	return &Service{c}
}

// Run sends messages until ctx ends, and returns once those that are going out are done.
func (s *Service) Run(ctx context.Context) error {
	var all sync.WaitGroup
	if s.Mail != nil {
		all.Go(func() { s.serve(ctx, store.ViaEmail) })
	}
	if s.SMS != nil {
		all.Go(func() { s.serve(ctx, store.ViaSMS) })
	}
	all.Wait()
	return nil
}

// serve sends the messages of one way.
func (s *Service) serve(ctx context.Context, via store.Via) {
	var sending sync.WaitGroup
	defer sending.Wait()
	slots := make(chan struct{}, atOnce)
	var way rest
	for {
		wait := way.left()
		if wait == 0 {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			m, err := s.Store.Jobs().TakeMessage(ctx, via)
			if err == nil {
				sending.Go(func() {
					defer func() { <-slots }()
					way.heard(s.try(context.WithoutCancel(ctx), m))
				})
				continue
			}
			<-slots
			switch {
			case errors.Is(err, store.ErrGivenOver):
				s.Log.Warn("a message may have gone out, and is not sent again", "message", nameOf(m),
					"via", string(via))
				continue
			case !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil:
				s.Log.Error("look for messages", "error", err)
			}
			wait = s.Every
		}
		timer := time.NewTimer(min(wait, restMost))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			way.rested(wait)
		}
	}
}

// rest keeps a way that is closed from being tried again at once. Its time passes by waiting, without a clock.
type rest struct {
	mu      sync.Mutex
	closed  int // how often, one after the other
	waiting time.Duration
}

func (r *rest) left() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting
}

func (r *rest) rested(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = max(0, r.waiting-d)
}

// heard learns what came of a try.
func (r *rest) heard(o store.SendOutcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case o == store.SendBarred && r.waiting == 0: // those that were under way together count once
		r.waiting = min(restFirst<<min(r.closed, 10), restMost)
		r.closed++
	case o == store.SendDone || o == store.SendRefused:
		r.closed = 0
	}
}

// try sends a message once and notes what came of it.
func (s *Service) try(ctx context.Context, m store.Message) store.SendOutcome {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	answer, err := s.send(ctx, m)
	report := store.Tried{Outcome: store.SendDone, Answer: answer}
	if err != nil {
		f := asFault(err)
		report.Outcome, report.Why = f.Outcome, f.Why
	}
	if report.Outcome != store.SendDone && report.Outcome != store.SendOvertaken {
		s.Log.Warn("a message was not sent", "message", nameOf(m), "event", string(m.Event), "via", string(m.Via),
			"why", report.Why, "tries", m.Tries)
	}
	// The lease is longer than all of this: nobody else has the message yet.
	note, end := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer end()
	if err := s.Store.Jobs().MessageTried(note, m, report); err != nil {
		s.Log.Error("note what came of a message", "message", nameOf(m), "error", err)
	}
	return report.Outcome
}

// send makes a message from what it tells of, and hands it to the far end.
func (s *Service) send(ctx context.Context, m store.Message) (string, error) {
	told, err := s.Store.Jobs().Told(ctx, m)
	if err != nil {
		s.Log.Error("read what a message tells of", "message", nameOf(m), "error", err)
		return "", fault(store.SendFailed, cannotMake)
	}
	to := told.Ticket.Phone
	if m.Via == store.ViaEmail {
		to = told.Ticket.Email
	}
	if !told.True || to == "" || store.IsMasked(to) {
		return "", fault(store.SendOvertaken, "")
	}
	l, err := s.letter(ctx, m, told)
	if err != nil {
		s.Log.Error("read what a message is made of", "message", nameOf(m), "error", err)
		return "", fault(store.SendFailed, cannotMake)
	}
	id := nameOf(m)
	if m.Via == store.ViaSMS {
		return s.SMS.Send(ctx, Text{ID: id, To: to, Body: l.SMS()})
	}
	letter, err := s.mail(ctx, l)
	if err != nil {
		s.Log.Error("make a message", "message", nameOf(m), "error", err)
		return "", fault(store.SendFailed, cannotMake)
	}
	letter.ID, letter.To = id, to
	return s.Mail.Send(ctx, letter)
}

// nameOf is what a message is called each time that it goes out.
func nameOf(m store.Message) string { return strconv.FormatInt(m.ID, 36) + "." + string(m.Event) }

// letter is what a message says.
func (s *Service) letter(ctx context.Context, m store.Message, told store.Told) (mail.Letter, error) {
	cinema, err := s.Store.Catalogue().Cinema(ctx)
	if err != nil {
		return mail.Letter{}, err
	}
	return mail.Letter{
		Event: m.Event, Ticket: told.Ticket, Refund: told.Refund, Cinema: cinema,
		Link: s.BaseURL + "/tickets/" + told.Ticket.Secret, Again: m.Unsure > 0,
	}, nil
}

// mail makes an e-mail of a letter, with what belongs to it.
func (s *Service) mail(ctx context.Context, l mail.Letter) (m Mail, err error) {
	m = Mail{Subject: l.Subject(), Text: l.Text(), ReplyTo: l.Cinema.Email}
	var page strings.Builder
	if err := mail.HTML(l).Render(ctx, &page); err != nil {
		return m, fmt.Errorf("draw a mail: %w", err)
	}
	m.HTML = page.String()
	now := s.Store.Now().Time()
	if l.Event == store.MessageCancelled {
		m.Calendar, m.Cancels = calendarEntry(l, now), true
	}
	if !l.IsTicket() {
		return m, nil
	}
	pass := s.Pass(l.Ticket)
	m.Calendar = calendarEntry(l, now)
	if m.QR, err = qrPicture(pass); err == nil {
		m.PDF, err = ticketPDF(l, pass, now)
	}
	return m, err
}
