package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"cinemasphere/store"
)

// Config is what a Service is made of.
type Config struct {
	Store      *store.Store
	Path       string // of the books
	Places     []Place
	Recipients []age.Recipient // whom backups are encrypted to; none leaves them readable
	Keep       Keep            // the zero Keep removes nothing
	Every      time.Duration   // how old the last backup in a place may be
	Process    string          // the name of this process, unlike any other's
	Log        *slog.Logger    // nil drops
}

// Service makes backups.
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{c}
}

// Made is a backup that was made: it was written, and read back.
type Made struct {
	Place, Name string
	Bytes       int64
	Began       store.Instant // what was confirmed before is in it
}

const (
	// tryAgain is how long after a failure a place is tried once more.
	tryAgain = 5 * time.Minute
	// longest is longer than any backup takes: then the lease of a process that died ends.
	longest = time.Hour
	// workName begins the name of a folder that a backup is made in.
	workName = ".cinemasphere-backup-"
)

// Run makes a backup for each place whose last one is old, until ctx ends. A backup under way is given up then.
func (s *Service) Run(ctx context.Context) error {
	look := time.NewTicker(min(max(s.Every/4, time.Second), time.Minute))
	defer look.Stop()
	for {
		if err := s.runDue(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("backup", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// runDue makes the backups that are due, where no other process does.
func (s *Service) runDue(ctx context.Context) (err error) {
	due, err := s.due(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	mine, err := s.Store.Jobs().Lease(ctx, "backup", s.Process, longest)
	if err != nil || !mine {
		return err
	}
	defer func() {
		_, leaseErr := s.Store.Jobs().Lease(context.WithoutCancel(ctx), "backup", s.Process, 0)
		err = errors.Join(err, leaseErr)
	}()
	if due, err = s.due(ctx); err != nil || len(due) == 0 { // another may just have made them
		return err
	}
	_, err = s.makeFor(ctx, due)
	return err
}

// due are the places whose last good backup is old, and that were not tried a moment ago.
func (s *Service) due(ctx context.Context) (due []Place, err error) {
	states, err := s.Store.Jobs().Backups(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Store.Now()
	for _, p := range s.Places {
		is := true
		for _, b := range states {
			rests := b.FailedAt != 0 && b.FailedAt.Add(min(tryAgain, s.Every)) > now
			if b.Place == p.Name() && (rests || b.GoodAt != 0 && b.GoodAt.Add(s.Every) > now) {
				is = false
			}
		}
		if is {
			due = append(due, p)
		}
	}
	return due, nil
}

// Make makes a backup at once, in every place. Where a place fails the others still get theirs.
func (s *Service) Make(ctx context.Context) ([]Made, error) { return s.makeFor(ctx, s.Places) }

func (s *Service) makeFor(ctx context.Context, places []Place) (made []Made, err error) {
	began := s.Store.Now()
	work, err := s.workFolder()
	if err != nil {
		return nil, s.failed(ctx, places, fmt.Errorf("make room for a backup: %w", err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	postgres := store.IsPostgres(s.Path)
	plain, name := filepath.Join(work, "copy"), fileName(s.Store.Environment(), began, postgres, len(s.Recipients) > 0)
	packed := filepath.Join(work, name)
	if err := s.Store.Jobs().Copy(ctx, plain); err != nil {
		return nil, s.failed(ctx, places, err)
	}
	written, size, err := pack(plain, packed, !postgres, s.Recipients)
	if err != nil {
		return nil, s.failed(ctx, places, fmt.Errorf("write a backup: %w", err))
	}
	var errs []error
	for _, p := range places {
		m := Made{p.Name(), name, size, began}
		if err := p.put(ctx, packed, name, written); err != nil {
			errs = append(errs, s.failed(ctx, []Place{p}, fmt.Errorf("write a backup to %s: %w", p.Name(), err)))
			continue
		}
		done := store.BackupState{Place: m.Place, GoodAt: began, Name: name, Bytes: size}
		err := s.Store.Jobs().RecordBackup(ctx, done)
		if errs = append(errs, err); err == nil {
			s.Log.Info("backup made", "place", m.Place, "file", name, "bytes", size)
		}
		made = append(made, m)
		s.thin(ctx, p)
	}
	return made, errors.Join(errs...)
}

// longestFailure is how much of an error is kept.
const longestFailure = 300

// failed writes down why no backup was made in these places, and returns that.
func (s *Service) failed(ctx context.Context, places []Place, why error) error {
	if ctx.Err() != nil {
		return why // the program ends, which is no failure
	}
	errs := []error{why}
	text := strings.ToValidUTF8(why.Error()[:min(len(why.Error()), longestFailure)], "")
	for _, p := range places {
		errs = append(errs, s.Store.Jobs().RecordBackupFailure(ctx, p.Name(), text))
	}
	return errors.Join(errs...)
}

// thin removes the backups that are not kept. A place that lets nothing be removed has the more of them.
func (s *Service) thin(ctx context.Context, p Place) {
	if s.Keep == (Keep{}) {
		return
	}
	all, err := p.List(ctx)
	for _, e := range s.Keep.surplus(all, s.Store.Now().Time()) {
		err = errors.Join(err, p.remove(ctx, e.Name))
	}
	if err != nil {
		s.Log.Warn("old backups cannot be removed", "place", p.Name(), "error", err)
	}
}

// workFolder makes a folder, for this user alone, that a backup is made in, and removes those that processes left that
// died. On SQLite it is beside the books, where they are as safe as there.
func (s *Service) workFolder() (string, error) {
	parent := os.TempDir()
	if !store.IsPostgres(s.Path) {
		parent = filepath.Dir(s.Path)
	}
	left, err := filepath.Glob(filepath.Join(parent, workName+"*"))
	for _, dir := range left {
		if info, statErr := os.Stat(dir); statErr == nil && s.Store.Now().Time().Sub(info.ModTime()) > longest {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	if err != nil {
		s.Log.Warn("what a backup left that broke off cannot be removed", "error", err)
	}
	return os.MkdirTemp(parent, workName+"*")
}
