package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"

	"cinemasphere/handlers"
	"cinemasphere/handlers/backup"
	"cinemasphere/handlers/checkout"
	"cinemasphere/handlers/https"
	"cinemasphere/handlers/notify"
	"cinemasphere/handlers/staff"
	"cinemasphere/handlers/watch"
	"cinemasphere/mpesa"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

const (
	// drainTime is how long prompts that are out may keep the program from ending: as long as one counts as live, and
	// some more.
	drainTime = 125 * time.Second
	// requestsEnd is how long requests in flight may take after that.
	requestsEnd = 10 * time.Second
	// lastAnswer is for how long at least clients with open connections are told to close them, before they are closed:
	// one that is just sending would not know whether it was heard.
	lastAnswer = 500 * time.Millisecond
)

type serveCmd struct {
	config
}

// server is the running program.
type server struct {
	plan
	log      *slog.Logger
	store    *store.Store
	checkout *checkout.Service
	staff    *staff.Service
	out      io.Writer // the terminal, or what is in its place
	listener net.Listener
	plain    net.Listener  // where who comes by HTTP is sent on; nil where HTTPS is not ours
	inside   net.Listener  // where the demo's simulator sends to, where the site is by HTTPS; else nil
	keeper   *https.Keeper // keeps the certificates; nil where a proxy has them
	site     *gate
	redirect *gate // answers on plain; nil where there is none
	sim      *sim.Sim
	simAddr  string
	simHTTP  *http.Server

	metricsOn   net.Listener // nil where nobody asks for metrics
	metricsHTTP *http.Server

	watch   *watch.Watch
	metrics *watch.Metrics
	notify  *notify.Service
	teller  watch.Teller                // of alarms
	logIn   func(context.Context) error // makes sure that Daraja gives an access token
	proxy   string                      // that calls to Daraja go through; "" for none
}

// Run serves until the context ends, then lets what is under way come to its end.
func (c serveCmd) Run(p *program) error {
	plan, err := c.check()
	if err != nil {
		p.warn(append(p.settings.warnings, plan.warnings...)) // what is missing may be mistyped
		return err
	}
	// The live heap is a few megabytes; at the default of 100 a busy box office would collect many times a second.
	debug.SetGCPercent(200)
	out := newLogWriter(p.stderr)
	defer out.Close()
	reporter, err := plan.openReporter()
	if err != nil {
		return err
	}
	if reporter != nil {
		defer reporter.Close()
	}
	s := &server{plan: plan, log: newLogger(out, plan, reporter), out: p.stdout}
	for _, warning := range append(p.settings.warnings, plan.warnings...) {
		s.log.Warn("settings: " + warning)
	}
	if err := s.open(p.ctx); err != nil {
		return errors.Join(err, s.close())
	}
	return errors.Join(s.serve(p.ctx), s.close())
}

// open makes everything ready to serve.
func (s *server) open(ctx context.Context) (err error) {
	s.store, err = store.Open(ctx, store.Options{
		Path: s.DatabaseURL, Environment: s.env, Serve: true, Log: s.log, Hold: s.Hold, RetryHold: s.retryHold,
		Queries: s.QuerySchedule, FairUse: s.fairUse, Tells: s.tells(),
	})
	if err != nil {
		return err
	}
	if err := s.listen(); err != nil {
		return err
	}
	if s.simulate {
		if err := s.openDemo(ctx); err != nil {
			return err
		}
	}
	if s.proxy, err = s.findProxy(); err != nil {
		return err
	}
	if err := s.openMetrics(); err != nil {
		return err
	}
	name := processName()
	daraja, err := s.newDaraja(s.tokens(s.store, name, s.log), s.metrics.Transport(mpesa.NewTransport()))
	if err != nil {
		return err
	}
	if s.SecretKey == "" {
		if s.SecretKey, err = s.store.Catalogue().SettingOr(ctx, "secret_key", rand.Text); err != nil {
			return err
		}
	}
	s.checkout = checkout.New(s.store, daraja, checkout.Config{
		Name: name, CallbackURL: s.callback, ResultURL: s.results, Signing: s.SecretKey, Log: s.log,
		QueryGap: time.Duration(float64(time.Second) / s.QueryRate), Shortcode: s.MpesaBusinessShortCode,
		Till: s.MpesaTillNumber, Initiator: s.MpesaInitiatorName != "", AutoRefund: s.AutoRefund == "on",
		CheckPaid: s.CheckPaidTickets == "on", Pull: s.PullTransactions == "on", KeepCustomers: s.keep,
		Means: wording.PushError,
	})
	if err := s.checkout.Start(ctx); err != nil {
		return err
	}
	if s.simulate {
		if err := registerC2B(ctx, s.checkout, daraja); err != nil {
			return err
		}
	}
	if err := s.openStaff(ctx); err != nil {
		return err
	}
	if err := s.openMessages(ctx); err != nil {
		return err
	}
	s.openWatch(name, daraja)
	return s.openSite()
}

// newDaraja makes the client of the environment that the plan is for. Its calls go through a transport; nil is the
// client's own.
func (p *plan) newDaraja(tokens mpesa.TokenStore, through http.RoundTripper) (*mpesa.Client, error) {
	cfg := p.client()
	cfg.Tokens, cfg.Transport = tokens, through
	c, err := mpesa.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("M-PESA settings: %w", err)
	}
	return c, nil
}

// client is what the client of Daraja is made of.
func (p *plan) client() mpesa.Config {
	return mpesa.Config{
		BaseURL: p.MpesaBaseURL, ConsumerKey: p.MpesaConsumerKey, ConsumerSecret: p.MpesaConsumerSecret,
		Passkey: p.MpesaPasskey, Shortcode: p.MpesaBusinessShortCode, Till: p.MpesaTillNumber,
		TransactionType: p.MpesaTransactionType, InitiatorName: p.MpesaInitiatorName, SecurityCredential: p.credential,
	}
}

// findProxy is the proxy for calls to Daraja, without its user and password, "" where there is none or NO_PROXY leaves
// Daraja out. That its address can be read was looked at with the settings.
func (p *plan) findProxy() (string, error) {
	daraja, err := url.Parse(p.MpesaBaseURL)
	if err != nil {
		return "", errors.New("MPESA_BASE_URL cannot be read")
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: daraja})
	switch {
	case err != nil:
		return "", errors.New("HTTPS_PROXY or HTTP_PROXY cannot be used")
	case proxy == nil:
		return "", nil
	}
	return proxy.Scheme + "://" + proxy.Host, nil
}

// openDemo starts a Daraja of our own and fills the demo's cinema.
func (s *server) openDemo(ctx context.Context) error {
	switch n, err := s.store.Catalogue().CountMovies(ctx); {
	case err != nil:
		return err
	case n == 0:
		// Another process may have been quicker.
		if err := seed(ctx, s.store); err != nil && !errors.Is(err, store.ErrHasFilms) {
			return err
		}
	default:
		if err := extendProgramme(ctx, s.store); err != nil {
			return err
		}
	}
	cinema, err := s.store.Catalogue().Cinema(ctx)
	if err != nil {
		return err
	}
	s.sim = sim.New(sim.Config{
		ConsumerKey: s.MpesaConsumerKey, ConsumerSecret: s.MpesaConsumerSecret, Passkey: s.MpesaPasskey,
		Shortcode: s.MpesaBusinessShortCode, Till: s.MpesaTillNumber, CinemaName: cinema.Name, Log: s.log,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the simulator: %w", err)
	}
	s.simAddr = "http://" + l.Addr().String()
	s.MpesaBaseURL = s.simAddr
	s.simHTTP = &http.Server{Handler: s.sim.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go s.serveOn(s.simHTTP, l)
	// The simulator is on this machine: it delivers to a listener itself, whatever customers call it.
	to := s.listener
	if s.https != nil {
		if s.inside, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return fmt.Errorf("listen for what the simulator sends: %w", err)
		}
		to = s.inside
	}
	s.results = "http://" + localAddr(to.Addr().String()) + "/cb"
	if s.MpesaCallbackURL == "" {
		s.callback = s.results
	}
	return nil
}

func (s *server) serveOn(h *http.Server, l net.Listener) {
	if err := h.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("serve", "error", err)
	}
}

func (s *server) openSite() error {
	deps := handlers.Deps{
		Store: s.store, Checkout: s.checkout, Staff: s.staff, Log: s.log, BaseURL: s.BaseURL,
		HSTS: s.HSTS, Demo: s.env == store.Simulator, Sandbox: s.env == store.Sandbox,
		TrustedProxies: s.proxies, Unbounded: s.fairUse.Off(), Partners: s.partners, Callback: s.callback,
		Watch: s.watch, Examine: s.examine(), Observe: s.metrics.Request,
		BackupOldest: oldBackup * s.backups.Every, DataPlace: s.DataPlace, KeepCustomers: s.keep,
	}
	if s.env != store.Simulator && s.CallbackSenders != "off" {
		deps.Senders, deps.RefuseOthers = mpesa.Senders(), s.CallbackSenders == "refuse"
	}
	for _, place := range s.backups.Places {
		deps.BackupPlaces = append(deps.BackupPlaces, place.Name())
	}
	// Where customers are told to pay by hand, if a prompt does not come through.
	if s.MpesaTransactionType == mpesa.BuyGoods ||
		s.MpesaTransactionType == "" && s.MpesaTillNumber != "" && s.MpesaTillNumber != s.MpesaBusinessShortCode {
		deps.Till = s.MpesaTillNumber
	} else {
		deps.Paybill = s.MpesaBusinessShortCode
	}
	if s.sim != nil {
		deps.Simulator = s.sim.Handset()
	}
	site, err := handlers.New(deps)
	if err != nil {
		return err
	}
	if s.keeper == nil {
		s.site = newGate(site, s.log)
		return nil
	}
	s.site = newGate(handlers.Secured(s.HSTS, s.keeper.ByName(site)), s.log)
	s.redirect = newGate(handlers.Secured("off", s.keeper.Plain()), s.log)
	s.site.http.TLSConfig = s.keeper.TLS()
	return nil
}

// serve answers requests until ctx ends. Then new bookings are refused while callbacks and ticket pages are still
// served, until what became of the last prompt is in the books.
func (s *server) serve(ctx context.Context) error {
	s.log.Info("open", "address", s.BaseURL, "version", builtFrom(), "mpesa", s.env,
		"database", store.PathName(s.DatabaseURL), "settings", s.settingsSource(),
		"simulator", s.simAddr, "proxy", s.proxy, "metrics", s.metricsAddr())
	// What runs beside the requests ends only after the last of them.
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var g errgroup.Group
	g.Go(func() error { return s.checkout.Run(run) })
	g.Go(func() error { return s.watch.Run(run) })
	g.Go(func() error { return s.notify.Run(run) })
	if len(s.backups.Places) > 0 {
		c := s.backups
		c.Store, c.Path, c.Process, c.Log = s.store, s.DatabaseURL, processName(), s.log
		g.Go(func() error { return backup.New(c).Run(run) })
	}
	if s.keeper != nil {
		g.Go(func() error { return s.keeper.Run(run) })
	}
	served := make(chan error, 3)
	s.answer(served)
	s.tellSystemd(daemon.SdNotifyReady)
	g.Go(func() error {
		defer stop()
		select {
		case err := <-served:
			return fmt.Errorf("serve: %w", err)
		case <-ctx.Done():
			return s.drain(run)
		}
	})
	return g.Wait()
}

// answer begins to serve on each listener. What ends by itself is told.
func (s *server) answer(served chan<- error) {
	on := func(g *gate, l net.Listener, byTLS bool) {
		go func() {
			if err := g.serve(l, byTLS); err != nil {
				served <- err
			}
		}()
	}
	on(s.site, s.listener, s.keeper != nil)
	if s.plain != nil {
		on(s.redirect, s.plain, false)
	}
	if s.inside != nil {
		on(s.site, s.inside, false)
	}
}

func (s *server) drain(run context.Context) error {
	s.tellSystemd(daemon.SdNotifyStopping)
	s.site.leave()
	told := time.NewTimer(lastAnswer)
	defer told.Stop()
	s.log.Info("closing: no new bookings; waiting for the prompts that are out (a second signal ends at once)")
	wait, cancel := context.WithTimeout(run, drainTime)
	defer cancel()
	if err := s.checkout.Close(wait); err != nil {
		s.log.Warn("closing with prompts unanswered: their callbacks are missed unless the program is back in time",
			"error", err)
	}
	<-told.C
	end, cancel := context.WithTimeout(run, requestsEnd)
	defer cancel()
	var errs []error
	for _, g := range []*gate{s.redirect, s.site} {
		if g == nil {
			continue
		}
		if err := g.close(end); err != nil {
			s.log.Warn("closing with requests unfinished", "error", err)
			errs = append(errs, g.http.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *server) close() error {
	var errs []error
	if s.sim != nil {
		s.sim.Close()
	}
	if s.simHTTP != nil {
		errs = append(errs, s.simHTTP.Close())
	}
	if s.metricsHTTP != nil {
		errs = append(errs, s.metricsHTTP.Close())
	}
	for _, l := range []net.Listener{s.listener, s.plain, s.inside} {
		if l != nil && s.site == nil {
			errs = append(errs, l.Close())
		}
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	s.log.Info("closed")
	return errors.Join(errs...)
}
