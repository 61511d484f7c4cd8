package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cinemasphere/handlers/backup"
	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type restoreCmd struct {
	books
	File    string `arg:"" optional:"" help:"The backup: its file, or its name where the settings say. With --drill: by default the newest."`
	Drill   bool   `help:"Restore into a temporary place, look through the books there, and leave nothing."`
	Replace bool   `help:"Put it in the place of a database that is there. That one is kept under another name. A program that serves it must be stopped first."`
	Key     string `help:"File with the age secret key, where the backup is encrypted." type:"path"`
}

// Run restores a backup, or sees whether it could be.
func (c restoreCmd) Run(p *program) (err error) {
	if c.File == "" && !c.Drill {
		return errors.New("name the backup that is to be restored: see cinemasphere backup --list")
	}
	if err := c.nameDatabase(); err != nil && !c.Drill { // a drill needs none
		return err
	}
	env, err := c.environmentThere(p.ctx)
	if err != nil {
		return err
	}
	plan, err := c.backupConfig(env)
	if err != nil {
		return err
	}
	file, err := findBackup(p, plan.Places, c.File)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp(c.folder(), ".cinemasphere-restore-*")
	if err != nil {
		return fmt.Errorf("make room for the restore: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	plain, err := c.fetch(p.ctx, file, work)
	if err != nil {
		return fmt.Errorf("backup %s: %w", file.name, err)
	}
	var audit checkout.Audit
	out, err := store.Restore(p.ctx, store.Restoring{
		Options: store.Options{Path: c.DatabaseURL, Environment: env}, File: plain, Name: file.name,
		Replace: c.Replace, Drill: c.Drill,
	}, func(st *store.Store) (err error) {
		audit, err = checkout.AuditBooks(p.ctx, st)
		return err
	})
	if err != nil {
		return fmt.Errorf("backup %s was not restored: %w", file.name, explainRestore(err, env))
	}
	if c.Drill {
		return c.drilled(p, file, out, audit)
	}
	return c.restored(p, file, out, audit)
}

// folder is where the copy is unpacked: beside the books, so that it can be moved into their place.
func (c *restoreCmd) folder() string {
	if c.DatabaseURL == "" || store.IsPostgres(c.DatabaseURL) {
		return os.TempDir()
	}
	return filepath.Dir(c.DatabaseURL)
}

// environmentThere is whose money the backup must be of: the setting's, or that of the books that it is to replace.
func (c *restoreCmd) environmentThere(ctx context.Context) (store.Environment, error) {
	env := store.Environment(c.MpesaEnv)
	if env != "" || !c.Replace || c.DatabaseURL == "" {
		return env, nil
	}
	st, err := store.Open(ctx, store.Options{Path: c.DatabaseURL, Existing: true})
	if err != nil {
		return "", nil // which may be why they are to be replaced
	}
	return st.Environment(), st.Close()
}

// fetch unpacks the backup into the folder, and returns where.
func (c *restoreCmd) fetch(ctx context.Context, file found, work string) (plain string, err error) {
	var keys backup.Keys
	if c.Key != "" {
		if keys, err = backup.ReadKeys(c.Key); err != nil {
			return "", err
		}
	}
	if file.place != nil {
		file.path = filepath.Join(work, "fetched")
		if err := file.place.Get(ctx, file.name, file.path); err != nil {
			return "", err
		}
	}
	plain = filepath.Join(work, "copy")
	to, err := os.OpenFile(plain, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	err = errors.Join(backup.Unpack(file.path, to, keys), to.Sync(), to.Close())
	if errors.Is(err, backup.ErrNoKey) {
		err = fmt.Errorf("%w: --key=FILE", err)
	}
	return plain, err
}

// explainRestore says why a backup was not restored, and what to do.
func explainRestore(err error, env store.Environment) error {
	switch {
	case errors.Is(err, store.ErrStamp):
		return fmt.Errorf("it has the books of another M-PESA environment, and these are to be of %s", env)
	case errors.Is(err, store.ErrNewer):
		return errors.New("a newer version of this program has made it: restore it with that one")
	case errors.Is(err, store.ErrDamaged):
		return fmt.Errorf("it is damaged, or no backup of this program: take an older one (%w)", err)
	case errors.Is(err, store.ErrExists):
		return fmt.Errorf("%w: to put the backup in its place, and keep the old one under another name, "+
			"type --replace", err)
	case errors.Is(err, store.ErrInUse), errors.Is(err, store.ErrServed):
		return fmt.Errorf("%w: stop the program first", err)
	}
	return err
}

// drilled says what a drill has found, and writes into the books that there was one.
func (c *restoreCmd) drilled(p *program, file found, out store.Restored, audit checkout.Audit) error {
	fmt.Fprintf(p.stdout, "%s (%s) can be restored. The last thing in it is of %s. Nothing was left of this drill.\n",
		file.name, out.Environment, wording.Moment(out.Gap.Since))
	if err := printAudit(p.stdout, audit); err != nil || file.place == nil {
		return err
	}
	st, err := store.Open(p.ctx, store.Options{Path: c.DatabaseURL, Existing: true})
	if errors.Is(err, store.ErrNoBooks) {
		return nil // as on another machine
	}
	if err != nil {
		return err
	}
	return errors.Join(st.Jobs().RecordDrill(p.ctx, file.place.Name()), st.Close())
}

// restored says what is there now, and what to do next.
func (c *restoreCmd) restored(p *program, file found, out store.Restored, audit checkout.Audit) error {
	p.sayDatabase(c.DatabaseURL, out.Environment)
	fmt.Fprintf(p.stdout, "%s is restored.\n", file.name)
	if out.Kept != "" {
		fmt.Fprintf(p.stdout, "What was there before is kept as %s.\n", out.Kept)
	}
	unsound := printAudit(p.stdout, audit)
	fmt.Fprintf(p.stdout, "\n%s Sales are paused, and the staff must sign in again. Start the program, and then:\n",
		wording.Gap(out.Gap))
	for i, step := range wording.AfterRestore() {
		fmt.Fprintf(p.stdout, "%d. %s\n", i+1, step)
	}
	fmt.Fprintln(p.stdout, "   cinemasphere payments\n   cinemasphere sales resume")
	fmt.Fprintln(p.stdout, "The settings are in no backup: they are as they are on this machine.")
	return unsound
}
