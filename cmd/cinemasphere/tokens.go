package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"time"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

// sharedTokens keeps the access token of a Daraja app in the books, for all processes on them.
type sharedTokens struct {
	store   *store.Store
	app     string
	process string
	log     *slog.Logger
}

// tokens is where the access token is kept, nil where no other process uses it.
func (p *plan) tokens(st *store.Store, process string, log *slog.Logger) mpesa.TokenStore {
	if !st.Shared() || p.simulate {
		return nil
	}
	sum := sha256.Sum256([]byte(p.MpesaConsumerKey))
	return &sharedTokens{store: st, app: hex.EncodeToString(sum[:8]), process: process, log: log}
}

func (s *sharedTokens) Load(ctx context.Context) (mpesa.AccessToken, error) {
	kept, err := s.store.Jobs().AccessToken(ctx, s.app)
	if err != nil || kept.Value == "" {
		return mpesa.AccessToken{}, err
	}
	return mpesa.AccessToken{Value: kept.Value, Until: kept.Until.Time()}, nil
}

func (s *sharedTokens) Save(ctx context.Context, token mpesa.AccessToken) error {
	err := s.store.Jobs().KeepAccessToken(ctx, s.app, store.AccessToken{
		Value: token.Value, Until: store.At(token.Until),
	})
	if err != nil {
		s.log.Warn("the other processes must log in to M-PESA themselves", "error", err)
	}
	return err
}

func (s *sharedTokens) Lease(ctx context.Context, d time.Duration) (bool, error) {
	return s.store.Jobs().Lease(ctx, "log-in "+s.app, s.process, d)
}

// processName tells this process from the others on the same books.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "somewhere" // the rest of the name is enough
	}
	return fmt.Sprintf("%s pid %d %s", host, os.Getpid(), rand.Text()[:8])
}
