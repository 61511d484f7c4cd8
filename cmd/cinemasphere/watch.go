package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cinemasphere/handlers/doctor"
	"cinemasphere/handlers/watch"
	"cinemasphere/mpesa"
	"cinemasphere/store"
	"cinemasphere/store/alarm"
)

// leastRoom is how many bytes should be free on the disk of the books, whatever their size.
const leastRoom = 512 << 20

// openReporter makes what sends errors to the error tracker, nil where there is none.
func (p *plan) openReporter() (*watch.Reporter, error) {
	if p.SentryDSN == "" {
		return nil, nil
	}
	return watch.NewReporter(watch.ReportConfig{
		DSN: p.SentryDSN, Environment: string(p.env), Release: builtFrom(),
	})
}

// openMetrics begins to listen for whoever asks for metrics, and makes what counts.
func (s *server) openMetrics() (err error) {
	s.metrics = watch.NewMetrics(watch.MetricsConfig{Version: builtFrom()})
	if s.MetricsAddr == "off" || s.MetricsAddr == "" {
		return nil
	}
	if s.metricsOn, err = net.Listen("tcp", s.MetricsAddr); err != nil {
		return fmt.Errorf("listen on METRICS_ADDR: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler())
	s.metricsHTTP = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	go s.serveOn(s.metricsHTTP, s.metricsOn)
	return nil
}

// openWatch makes what looks at the running program.
func (s *server) openWatch(name string, daraja *mpesa.Client) {
	s.logIn = daraja.LogIn
	every := time.Duration(0)
	if len(s.backups.Places) > 0 {
		every = s.backups.Every
	}
	s.watch = watch.New(watch.Config{
		BackupEvery: every,
		Store:       s.store, LogIn: daraja.LogIn, Disk: s.disk(), SiteEnds: s.siteEnds(), Password: s.password,
		Name: name, Log: s.log, Teller: s.teller,
	})
	s.metrics.Read(s.store, s.watch)
}

// disk looks at the disk of an SQLite file, nil where the books are elsewhere.
func (p *plan) disk() func() (alarm.Disk, error) {
	if store.IsPostgres(p.DatabaseURL) || !canLookAtDisks {
		return nil
	}
	path := store.PathName(p.DatabaseURL)
	return func() (alarm.Disk, error) {
		free, err := freeBytes(filepath.Dir(path))
		if err != nil {
			return alarm.Disk{}, fmt.Errorf("look at the disk of the database: %w", err)
		}
		d := alarm.Disk{Free: free, Needs: leastRoom}
		if info, err := os.Stat(path); err == nil {
			d.Needs = max(d.Needs, 2*uint64(info.Size()))
		}
		return d, nil
	}
}

// siteEnds looks when the certificate of the site's address ends, nil where it has none.
func (p *plan) siteEnds() func(context.Context) (time.Time, error) {
	if p.https != nil {
		return func(context.Context) (time.Time, error) { return p.https.Ends() }
	}
	if p.env == store.Simulator || !strings.HasPrefix(p.BaseURL, "https://") {
		return nil
	}
	return func(ctx context.Context) (time.Time, error) { return doctor.CertificateEnds(ctx, p.BaseURL) }
}

// metricsAddr is where metrics are, for the log.
func (s *server) metricsAddr() string {
	if s.metricsOn == nil {
		return "off"
	}
	return s.metricsOn.Addr().String()
}

// examine is what the owner can ask for in the back office: what cinemasphere doctor looks at, with the running
// program's own books and client.
func (s *server) examine() func(context.Context) doctor.Examined {
	d := s.doctor(nil)
	d.Store = s.store
	if !s.simulate {
		d.LogIn = s.logIn
	}
	return func(ctx context.Context) doctor.Examined { return doctor.Examine(ctx, d) }
}
