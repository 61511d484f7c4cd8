package watch

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cinemasphere/store"
)

// prefix is what the names of our metrics begin with.
const prefix = "cinemasphere_"

// Metrics counts what happens at the edges, and reads the books when it is asked: nothing is counted within the money's
// code.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	calls    *prometheus.CounterVec
	callTook *prometheus.HistogramVec
	now      func() time.Time
}

// MetricsConfig says what there is to measure.
type MetricsConfig struct {
	Version string           // of the program
	Now     func() time.Time // the clock; nil is the machine's
}

// NewMetrics makes a registry of its own, with what Go and the process say of themselves.
func NewMetrics(c MetricsConfig) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "requests_total", Help: "Answered requests, by the pattern of their route.",
		}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: prefix + "request_seconds", Help: "How long requests took, by the pattern of their route.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "daraja_calls_total", Help: "Calls to Daraja, by the HTTP status of its answer or none.",
		}, []string{"call", "answer"}),
		callTook: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: prefix + "daraja_call_seconds", Help: "How long Daraja took to answer.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"call"}),
		now: c.Now,
	}
	if m.now == nil {
		m.now = time.Now
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: prefix + "build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": c.Version},
	})
	build.Set(1)
	live := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)} // shows what leaks
	m.registry.MustRegister(m.requests, m.took, m.calls, m.callTook, build,
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(live)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts a request that was answered. The route is a pattern, never a path.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
}

// Transport counts the calls to Daraja that go through next.
func (m *Metrics) Transport(next http.RoundTripper) http.RoundTripper { return &counted{next, m} }

type counted struct {
	next http.RoundTripper
	to   *Metrics
}

// RoundTrip sends a request on. How long it took is until the head of the answer.
func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	began := c.to.now()
	resp, err := c.next.RoundTrip(r)
	call, answer := callOf(r.URL.Path), "none"
	if err == nil {
		answer = strconv.Itoa(resp.StatusCode)
	}
	c.to.calls.WithLabelValues(call, answer).Inc()
	c.to.callTook.WithLabelValues(call).Observe(c.to.now().Sub(began).Seconds())
	return resp, err
}

// callOf names a call by its path, of which the versions change.
func callOf(path string) string {
	for part, name := range map[string]string{
		"/oauth/": "log_in", "/stkpush/": "push", "/stkpushquery/": "push_query", "/transactionstatus/": "status",
		"/reversal/": "reversal", "/c2b/": "register", "/pulltransactions/": "pull",
	} {
		if strings.Contains(path, part) {
			return name
		}
	}
	return "other"
}

// scrapes is how many may be answered at once.
const scrapes = 2

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes})
}

// Names lists the metrics of ours, without those of Go and of the process.
func Names() []string {
	all := []string{
		prefix + "requests_total", prefix + "request_seconds", prefix + "daraja_calls_total",
		prefix + "daraja_call_seconds", prefix + "build_info", prefix + "callbacks_total",
		prefix + "callback_delay_seconds", prefix + "callback_apply_seconds",
	}
	for _, g := range gauges() {
		all = append(all, prefix+g.name)
	}
	return all
}

// Read adds what the books say, and what w has found.
func (m *Metrics) Read(st *store.Store, w *Watch) {
	m.registry.MustRegister(&bookCollector{
		store: st, watch: w, last: store.FirstCallback(st.Now()),
		callbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "callbacks_total", Help: "Callbacks since this process began, by what was made of them.",
		}, []string{"kind", "outcome"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "callback_delay_seconds", Help: "From a prompt to M-PESA's callback about it.",
			Buckets: []float64{1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300},
		}),
		apply: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "callback_apply_seconds", Help: "From the arrival of a callback until it was applied.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}),
	})
}

const (
	// booksAge is how old what was read from the books may be: a second server that scrapes costs nothing.
	booksAge = 5 * time.Second
	// settled is how long callbacks have to be applied before they are counted.
	settled = 15 * time.Second
	// callbacksRead is how many are read at once. More are counted with the next scrape.
	callbacksRead = 20_000
	// booksTime bounds what is read for one scrape.
	booksTime = 5 * time.Second
	// pushTime is how far back pushes are counted by state.
	pushTime = 15 * time.Minute
)

// bookCollector reads the books when it is scraped. Counters of callbacks follow the rows that were added since the
// last time.
type bookCollector struct {
	store        *store.Store
	watch        *Watch
	callbacks    *prometheus.CounterVec
	delay, apply prometheus.Histogram

	mu     sync.Mutex
	last   store.CallbackID // the last one that was counted
	read   store.Instant
	values []prometheus.Metric
}

// gauge describes one number that is read.
type gauge struct {
	name, help string
	labels     []string
}

// gauges are those that the books and the watch give.
func gauges() []gauge {
	return []gauge{
		{"books_readable", "Whether the numbers from the books could be read.", nil},
		{"pushes", "Pushes made in the last 15 minutes, by their state.", []string{"state"}},
		{"callbacks_waiting", "Callbacks that were not applied yet.", nil},
		{"callbacks_waiting_seconds", "For how long the oldest of them waits.", nil},
		{"questions_waiting", "Questions that M-PESA is still to be asked.", nil},
		{"questions_overdue_seconds", "By how much the first of them is late.", nil},
		{"held_tickets", "Tickets whose seats are held.", nil},
		{"held_seats", "Seats that are held.", nil},
		{"refunds_due", "Payments that are due back.", nil},
		{"refunds_due_shillings", "Their sum.", nil},
		{"refunds_due_seconds", "For how long the oldest of them is due.", nil},
		{"unmatched_payments", "Payments that name no ticket for certain.", nil},
		{"unmatched_shillings", "Their sum.", nil},
		{"messages_waiting", "E-mails and SMS to customers that are still to be sent.", nil},
		{"messages_waiting_seconds", "For how long the oldest of them waits.", nil},
		{"messages_failing", "Those of them that have failed at least once.", nil},
		{"messages_given_up", "Messages of the last day that were not sent, or of which nobody knows.",
			[]string{"state"}},
		{"write_queue", "Writes that wait for their turn.", []string{"lane"}},
		{"daraja_breaker_open", "Whether no prompts go out since Daraja fails.", nil},
		{"backup_age_seconds", "Age of the last good backup, where one is known.", nil},
		{"alarm", "Whether an alarm is on.", []string{"kind"}},
		{"ready", "Whether a thing that selling needs is as it should be.", []string{"check"}},
		{"disk_free_bytes", "Room on the disk of the books.", nil},
	}
}

func (g gauge) desc() *prometheus.Desc {
	return prometheus.NewDesc(prefix+g.name, g.help, g.labels, nil)
}

// Describe describes all of them.
func (c *bookCollector) Describe(to chan<- *prometheus.Desc) {
	for _, g := range gauges() {
		to <- g.desc()
	}
	c.callbacks.Describe(to)
	c.delay.Describe(to)
	c.apply.Describe(to)
}

// Collect gives what was read within the last seconds, or reads.
func (c *bookCollector) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.store.Now(); c.read == 0 || now < c.read || now > c.read.Add(booksAge) {
		c.readBooks(now)
		c.read = now
	}
	for _, v := range c.values {
		to <- v
	}
	c.callbacks.Collect(to)
	c.delay.Collect(to)
	c.apply.Collect(to)
}

// readBooks reads all numbers. Where one cannot be read the rest is left out, and books_readable is 0.
func (c *bookCollector) readBooks(now store.Instant) {
	ctx, cancel := context.WithTimeout(context.Background(), booksTime)
	defer cancel()
	set := newNumbers()
	readable := 1.0
	for _, read := range []func(context.Context, *numbers, store.Instant) error{
		c.readPushes, c.readWaiting, c.readMoney, c.readMessages, c.readRest, c.readCallbacks,
	} {
		if err := read(ctx, set, now); err != nil {
			readable = 0
			break
		}
	}
	set.add("books_readable", readable)
	urgent, bookings := c.store.Queues()
	set.add("write_queue", float64(urgent), "urgent")
	set.add("write_queue", float64(bookings), "bookings")
	if c.watch != nil {
		c.readWatch(ctx, set)
	}
	c.values = set.values
}

func (c *bookCollector) readPushes(ctx context.Context, set *numbers, now store.Instant) error {
	pushes, err := c.store.Jobs().RecentPushes(ctx, now.Add(-pushTime))
	for _, state := range store.PushStates() {
		set.add("pushes", float64(pushes[state]), string(state))
	}
	return err
}

func (c *bookCollector) readWaiting(ctx context.Context, set *numbers, now store.Instant) error {
	callbacks, err := c.store.Jobs().CallbacksWaiting(ctx)
	if err != nil {
		return err
	}
	set.add("callbacks_waiting", float64(callbacks.Count))
	set.add("callbacks_waiting_seconds", since(callbacks.Oldest, now))
	questions, err := c.store.Jobs().QuestionsWaiting(ctx)
	if err != nil {
		return err
	}
	set.add("questions_waiting", float64(questions.Count))
	set.add("questions_overdue_seconds", since(questions.Oldest, now))
	tickets, seats, err := c.store.Jobs().Holds(ctx)
	set.add("held_tickets", float64(tickets))
	set.add("held_seats", float64(seats))
	return err
}

func (c *bookCollector) readMoney(ctx context.Context, set *numbers, now store.Instant) error {
	all, err := c.store.Jobs().OpenMoney(ctx)
	if err != nil {
		return err
	}
	by := map[store.PaymentState]store.OpenMoney{}
	for _, m := range all {
		by[m.State] = m
	}
	due, unmatched := by[store.PaymentRefundDue], by[store.PaymentUnmatched]
	set.add("refunds_due", float64(due.Count))
	set.add("refunds_due_shillings", float64(due.Sum)/100)
	set.add("refunds_due_seconds", since(due.Oldest, now))
	set.add("unmatched_payments", float64(unmatched.Count))
	set.add("unmatched_shillings", float64(unmatched.Sum)/100)
	return nil
}

func (c *bookCollector) readMessages(ctx context.Context, set *numbers, now store.Instant) error {
	box, err := c.store.Jobs().Outbox(ctx)
	if err != nil {
		return err
	}
	set.add("messages_waiting", float64(box.Waiting))
	set.add("messages_waiting_seconds", since(box.Oldest, now))
	set.add("messages_failing", float64(box.Failing))
	set.add("messages_given_up", float64(box.GivenUp), string(store.MessageGivenUp))
	set.add("messages_given_up", float64(box.Unknown), string(store.MessageUnknown))
	return nil
}

func (c *bookCollector) readRest(ctx context.Context, set *numbers, now store.Instant) error {
	_, open, err := c.store.Jobs().DarajaPace(ctx)
	if err != nil {
		return err
	}
	set.add("daraja_breaker_open", flag(open))
	last, err := c.store.Jobs().LastBackup(ctx)
	if err == nil && last != 0 {
		set.add("backup_age_seconds", since(last, now))
	}
	return err
}

// readCallbacks counts those that have come since the last time.
func (c *bookCollector) readCallbacks(ctx context.Context, _ *numbers, now store.Instant) error {
	all, err := c.store.Jobs().CallbacksAfter(ctx, c.last, now.Add(-settled), callbacksRead)
	if err != nil {
		return err
	}
	for _, cb := range all {
		outcome := string(cb.Outcome)
		if outcome == "" {
			outcome = "not_applied"
		} else if cb.DecidedAt > 0 {
			c.apply.Observe(since(cb.ReceivedAt, cb.DecidedAt))
		}
		c.callbacks.WithLabelValues(string(cb.Kind), outcome).Inc()
		if cb.PromptedAt != 0 {
			c.delay.Observe(since(cb.PromptedAt, cb.ReceivedAt))
		}
		c.last = cb.ID
	}
	return nil
}

func (c *bookCollector) readWatch(ctx context.Context, set *numbers) {
	for _, check := range c.watch.Checks(ctx) {
		set.add("ready", flag(check.OK), check.Name)
	}
	c.watch.mu.Lock()
	disk := c.watch.disk
	c.watch.mu.Unlock()
	if disk != nil {
		set.add("disk_free_bytes", float64(disk.Free))
	}
	alarms, err := c.store.Jobs().Alarms(ctx)
	if err != nil {
		return
	}
	for _, a := range alarms {
		set.add("alarm", flag(a.On()), string(a.Kind))
	}
}

// numbers gathers what was read.
type numbers struct {
	descs  map[string]*prometheus.Desc
	values []prometheus.Metric
}

func newNumbers() *numbers {
	n := &numbers{descs: map[string]*prometheus.Desc{}}
	for _, g := range gauges() {
		n.descs[g.name] = g.desc()
	}
	return n
}

func (n *numbers) add(name string, value float64, labels ...string) {
	n.values = append(n.values, prometheus.MustNewConstMetric(n.descs[name], prometheus.GaugeValue, value, labels...))
}

// since is how many seconds lie between two instants; 0 where there is no first one, or it is not yet.
func since(from, to store.Instant) float64 {
	if from == 0 || to < from {
		return 0
	}
	return float64(to-from) / 1000
}

func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
