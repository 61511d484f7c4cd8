package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/getsentry/sentry-go"

	"cinemasphere/handlers/internal/web"
)

// ReportConfig says where errors are sent.
type ReportConfig struct {
	DSN         string // see [CheckDSN]; not ""
	Environment string // simulator, sandbox or production
	Release     string
	Transport   http.RoundTripper // nil is the library's own
	Now         func() time.Time  // the clock; nil is the machine's
}

// CheckDSN says what is wrong with the address of an error tracker; "" is none, and right. The error does not hold it.
func CheckDSN(dsn string) error {
	if dsn == "" {
		return nil
	}
	if _, err := sentry.NewDsn(dsn); err != nil {
		return errors.New("is no DSN, such as https://key@host/1: copy it once more from the error tracker")
	}
	return nil
}

// reportsPerMinute bounds what is sent: a broken disk is told of a thousand times a second.
const reportsPerMinute = 30

// Reporter sends the errors of a log to an error tracker.
type Reporter struct {
	client *sentry.Client
	now    func() time.Time

	mu     sync.Mutex
	minute time.Time
	sent   int
}

// NewReporter makes a Reporter. Close it at the end.
func NewReporter(c ReportConfig) (*Reporter, error) {
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn: c.DSN, Environment: c.Environment, Release: c.Release, ServerName: "cinemasphere",
		HTTPTransport: c.Transport, MaxBreadcrumbs: -1, DisableClientReports: true,
		// The library's own would tell of the host and of all modules.
		Integrations: func([]sentry.Integration) []sentry.Integration { return nil },
		BeforeSend:   func(e *sentry.Event, _ *sentry.EventHint) *sentry.Event { return onlyOurs(e) },
	})
	if err != nil {
		return nil, errors.New("the error tracker's client cannot be made of SENTRY_DSN")
	}
	r := &Reporter{client: client, now: c.Now}
	if r.now == nil {
		r.now = time.Now
	}
	return r, nil
}

// closeTime is how long the last errors may take to be sent.
const closeTime = 2 * time.Second

// Close sends what is left, and drops it after two seconds.
func (r *Reporter) Close() {
	r.client.Flush(closeTime)
	r.client.Close()
}

// Log is a log that writes to next, and sends each error on.
func (r *Reporter) Log(next slog.Handler) slog.Handler { return &reporting{Handler: next, to: r} }

type reporting struct {
	slog.Handler
	to    *Reporter
	attrs []slog.Attr
}

// WithAttrs keeps attributes for errors that are sent, too.
func (h *reporting) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &reporting{h.Handler.WithAttrs(attrs), h.to, append(append([]slog.Attr{}, h.attrs...), attrs...)}
}

// WithGroup groups attributes in the log.
func (h *reporting) WithGroup(name string) slog.Handler {
	return &reporting{h.Handler.WithGroup(name), h.to, h.attrs}
}

// Handle writes a line, and sends it on where it is an error.
func (h *reporting) Handle(ctx context.Context, line slog.Record) error {
	if line.Level >= slog.LevelError && h.to.admit() {
		h.to.client.CaptureEvent(h.event(line), nil, nil)
	}
	return h.Handler.Handle(ctx, line)
}

// admit counts an error that is sent, where not too many were within the minute.
func (r *Reporter) admit() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); now.Sub(r.minute).Abs() >= time.Minute {
		r.minute, r.sent = now, 0
	}
	r.sent++
	return r.sent <= reportsPerMinute
}

// tagged are the attributes that are sent besides the error. Nothing else of a line is.
var tagged = map[string]bool{"method": true, "route": true, "status": true, "request": true, "alarm": true}

// event is what is sent of a line.
func (h *reporting) event(line slog.Record) *sentry.Event {
	e := sentry.NewEvent()
	e.Level, e.Timestamp, e.Tags = sentry.LevelError, line.Time, map[string]string{}
	what, text := Scrub(line.Message), ""
	take := func(a slog.Attr) bool {
		switch {
		case a.Key == "error":
			text = Scrub(fmt.Sprint(a.Value.Any()))
		case tagged[a.Key]:
			e.Tags[a.Key] = web.Mask(a.Value.String())
		}
		return true
	}
	for _, a := range h.attrs {
		take(a)
	}
	line.Attrs(take)
	e.Exception = []sentry.Exception{{Type: what, Value: text}}
	e.Fingerprint = []string{what, e.Tags["route"], firstLine(text)}
	return e
}

// onlyOurs is an event with what we have put into it, whatever the library adds.
func onlyOurs(e *sentry.Event) *sentry.Event {
	return &sentry.Event{
		EventID: e.EventID, Level: e.Level, Timestamp: e.Timestamp, Tags: e.Tags, Exception: e.Exception,
		Fingerprint: e.Fingerprint, Environment: e.Environment, Release: e.Release, ServerName: "cinemasphere",
		Platform: "go", Sdk: e.Sdk,
	}
}

// What an error's text may hold of a customer or a secret: whatever stands in quotes, what follows the host of an
// address, an e-mail address, a long word of mixed characters, and numbers of four digits or more.
var (
	quotedText = regexp.MustCompile("\"[^\"\n]*\"|`[^`\n]*`|'[^'\n]*'|“[^”\n]*”")
	pathOfURL  = regexp.MustCompile(`(\w+://)([^\s/@]*@)?([^\s/?#]+)[^\s]*`)
	email      = regexp.MustCompile(`[^\s@<>]+@[^\s@<>]+`)
	longWord   = regexp.MustCompile(`[A-Za-z0-9_+=-]{16,}`)
	longNumber = regexp.MustCompile(`[0-9]{4,}`)
)

// Scrub makes an error's text fit to be sent to others. File names of the program stay, with their lines.
func Scrub(text string) string {
	text = web.Mask(text)
	text = quotedText.ReplaceAllString(text, `"…"`)
	text = pathOfURL.ReplaceAllString(text, "$1$3/…")
	text = email.ReplaceAllString(text, "…@…")
	text = longWord.ReplaceAllStringFunc(text, func(word string) string {
		if strings.ContainsAny(word, "0123456789") {
			return "…"
		}
		return word
	})
	return longNumber.ReplaceAllStringFunc(text, func(n string) string { return strconv.Itoa(len(n)) + " digits" })
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
