package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"cinemasphere/store"
)

// The files that books are in where DATABASE_URL names no other.
const (
	demoDatabase = "demo.db"
	liveDatabase = "cinemasphere.db"
)

// defaultDatabase is the books' path where DATABASE_URL is not set: beside the file .env that sets MPESA_ENV, or else
// in the working directory.
func (c *config) defaultDatabase() string {
	name := demoDatabase
	if c.MpesaEnv == "sandbox" || c.MpesaEnv == "production" {
		name = liveDatabase
	}
	if c.Found == nil {
		return name
	}
	if env := c.Found.values["MPESA_ENV"]; env.value == c.MpesaEnv {
		return inFolder(env.folder, name)
	}
	return name
}

// nameDatabase makes sure, for a command that works on books, that the settings name some. The demo in the working
// directory counts where there are no settings at all; other books are never guessed at.
func (c *config) nameDatabase() error {
	switch {
	case c.DatabaseURL != "":
		return nil
	case c.MpesaEnv != "":
		c.DatabaseURL = c.defaultDatabase()
		return nil
	}
	if _, err := c.check(); err == nil { // there are no settings that point to real use
		if _, err := os.Stat(demoDatabase); err == nil {
			c.MpesaEnv, c.DatabaseURL = "simulator", demoDatabase
			return nil
		}
	}
	return fmt.Errorf("no setting names a database: set DATABASE_URL, or MPESA_ENV for its default "+
		"(looked in the command line and the environment; files: %s; and no %s of a demo here)", c.settingsSource(),
		demoDatabase)
}

// books are the settings of a command that works on the books beside a running program.
type books struct {
	config
}

// with opens the books, of whatever M-PESA environment they are, says which, and lets do work on them.
func (b books) with(p *program, do func(*store.Store) error) (err error) {
	if err := b.nameDatabase(); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	st, err := store.Open(p.ctx, store.Options{Path: b.DatabaseURL, Existing: true, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	p.sayDatabase(b.DatabaseURL, st.Environment())
	p.by("box office")
	return do(st)
}

// by writes what the command changes into the audit log under a name.
func (p *program) by(name string) {
	p.ctx = store.WithBy(p.ctx, store.By{Name: name, Source: store.CommandLine})
}

// sayDatabase tells the operator whose money a command works on.
func (p *program) sayDatabase(path string, env store.Environment) {
	name := store.PathName(path)
	if full, err := filepath.Abs(name); err == nil && !store.IsPostgres(path) {
		name = full
	}
	fmt.Fprintf(p.stderr, "database: %s (%s)\n", name, env)
}

// warn tells the operator what may be wrong with the settings.
func (p *program) warn(warnings []string) {
	for _, warning := range warnings {
		fmt.Fprintln(p.stderr, "cinemasphere: warning:", warning)
	}
}

// initiator reports whether there is one to send Reversals with: where no money moves the program brings its own.
func (b books) initiator(st *store.Store) bool {
	return b.MpesaInitiatorName != "" || st.Environment() == store.Simulator
}

// settingsSource is which files settings came from, for the log.
func (c *config) settingsSource() string {
	if c.Found == nil {
		return "none"
	}
	return c.Found.readFrom()
}
