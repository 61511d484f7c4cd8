package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"cinemasphere/handlers/backup"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// backupFolder is the default folder of backups, beside the database.
const backupFolder = "backups"

// What holds where the settings say nothing else.
const (
	defaultBackupEvery  = time.Hour
	defaultBackupKeep   = "24h,14d,8w,12m"
	defaultBucketRegion = "us-east-1"
)

// leastBackupEvery is less time than anybody needs between two backups.
const leastBackupEvery = time.Minute

// backupPlan reads the settings of backups, for books of that environment; fail names those that are wrong.
func (c *config) backupPlan(env store.Environment, fail func(string, ...any)) backup.Config {
	plan := backup.Config{Every: defaultBackupEvery}
	if c.BackupEvery != nil {
		plan.Every = *c.BackupEvery
	}
	var err error
	if plan.Keep, err = backup.ParseKeep(cmp.Or(c.BackupKeep, defaultBackupKeep)); err != nil {
		fail("BACKUP_KEEP: %w", err)
	}
	if plan.Recipients, err = backup.ParseRecipients(c.BackupRecipients); err != nil {
		fail("BACKUP_RECIPIENTS: %w", err)
	}
	if plan.Every < leastBackupEvery {
		fail("BACKUP_EVERY must be 1m or more")
	}
	switch {
	case filepath.Base(c.BackupDir) == "off":
	case c.BackupDir != "":
		plan.Places = append(plan.Places, backup.Folder{Path: c.BackupDir})
	case env == store.Production && !store.IsPostgres(c.DatabaseURL):
		dir := filepath.Join(filepath.Dir(c.DatabaseURL), backupFolder)
		plan.Places = append(plan.Places, backup.Folder{Path: dir, Make: true})
	}
	if given := c.BackupBucket != ""; given != (c.BucketKey != "") || given != (c.BucketSecret != "") {
		fail("BACKUP_BUCKET, BACKUP_BUCKET_KEY and BACKUP_BUCKET_SECRET belong together: set all of them, or none")
	} else if given {
		bucket, err := backup.NewBucket(backup.S3{
			URL: c.BackupBucket, Region: cmp.Or(c.BucketRegion, defaultBucketRegion),
			Key: c.BucketKey, Secret: c.BucketSecret,
		})
		if err != nil {
			fail("BACKUP_BUCKET: %w", err)
		} else {
			plan.Places = append(plan.Places, bucket)
		}
	}
	return plan
}

// checkBackups looks at the settings of backups.
func (p *plan) checkBackups(fail func(string, ...any)) {
	p.backups = p.backupPlan(p.env, fail)
	if dir := p.BackupDir; dir != "" && filepath.Base(dir) != "off" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			fail("BACKUP_DIR is %s, and there is no such folder: make it with: mkdir -m 700 %s", dir, dir)
		}
	}
	if strings.HasPrefix(p.BackupBucket, "http://") && p.env == store.Production {
		p.warnings = append(p.warnings, "BACKUP_BUCKET is no https: whoever is on the way can read the backups")
	}
	if p.BackupBucket != "" && len(p.BackupRecipients) == 0 {
		p.warnings = append(p.warnings, "BACKUP_RECIPIENTS is not set: whoever reads the bucket reads your customers' "+
			"phone numbers, and can forge callbacks")
	}
	if p.env == store.Production && len(p.backups.Places) == 0 && p.BackupDir == "" {
		p.warnings = append(p.warnings, "no backups are made: set BACKUP_DIR or BACKUP_BUCKET, or BACKUP_DIR=off if "+
			"something else makes them")
	}
}

// backupConfig is how this command makes or finds backups.
func (b books) backupConfig(env store.Environment) (backup.Config, error) {
	var errs []error
	plan := b.backupPlan(env, func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) })
	plan.Path, plan.Process = b.DatabaseURL, processName()
	return plan, errors.Join(errs...)
}

type backupCmd struct {
	books
	To   string `help:"Write it into this folder, instead of where the settings say." type:"path"`
	List bool   `help:"List the backups that there are, and make none."`
}

// oldBackup is how many intervals old the last good backup may be before somebody should know.
const oldBackup = 2

// printBackups prints what is wrong with the backups that the settings ask for.
func (b books) printBackups(p *program, st *store.Store) error {
	plan, err := b.backupConfig(st.Environment())
	if err != nil {
		return err
	}
	var names []string
	for _, place := range plan.Places {
		names = append(names, place.Name())
	}
	trouble, err := st.Jobs().BackupTrouble(p.ctx, names, oldBackup*plan.Every)
	if err == nil && trouble != nil {
		_, err = fmt.Fprintln(p.stdout, wording.BackupTrouble(*trouble))
	}
	return err
}

// errNoPlace means that no setting says where backups go.
var errNoPlace = errors.New(
	"no setting says where backups go: set BACKUP_DIR or BACKUP_BUCKET, or name a folder with --to")

// Run makes a backup, or lists those that there are.
func (c backupCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		plan, err := c.backupConfig(st.Environment())
		if err != nil {
			return err
		}
		if plan.Store = st; c.To != "" {
			plan.Places, plan.Keep = []backup.Place{backup.Folder{Path: c.To}}, backup.Keep{}
		}
		if len(plan.Places) == 0 {
			return errNoPlace
		}
		if c.List {
			return listBackups(p, plan.Places)
		}
		made, err := backup.New(plan).Make(p.ctx)
		for _, m := range made {
			fmt.Fprintf(p.stdout, "%s in %s: %s, written and read back.\n", m.Name, m.Place, size(m.Bytes))
		}
		if len(made) > 0 {
			fmt.Fprintf(p.stdout, "All that was confirmed before %s is in it: films, posters, tickets, money, staff, "+
				"and the keys that the program has made.\n", wording.Moment(made[0].Began))
			c.sayOutside(p)
		}
		return err
	})
}

// sayOutside says what is in no backup.
func (c *config) sayOutside(p *program) {
	outside := []string{"the settings"}
	if c.Found != nil && len(c.Found.files) > 0 {
		outside = []string{"the settings (" + strings.Join(c.Found.files, ", ") + ")"}
	}
	if c.MpesaCertificate != "" {
		outside = append(outside, "the certificate "+c.MpesaCertificate)
	}
	if c.SecretKey != "" {
		outside = append(outside, "your SECRET_KEY, without which no QR code of a ticket is valid")
	}
	if len(c.BackupRecipients) > 0 {
		outside = append(outside, "the age secret key that opens the backup")
	}
	fmt.Fprintf(p.stdout, "NOT in it, so keep a copy elsewhere: %s.\n", strings.Join(outside, "; "))
}

// size is a number of bytes as people read it.
func size(bytes int64) string {
	if bytes < 1_000_000 {
		return fmt.Sprintf("%d kB", (bytes+999)/1000)
	}
	return fmt.Sprintf("%d MB", (bytes+999_999)/1_000_000)
}

func listBackups(p *program, places []backup.Place) error {
	for _, place := range places {
		all, err := place.List(p.ctx)
		if err != nil {
			return fmt.Errorf("list the backups in %s: %w", place.Name(), err)
		}
		fmt.Fprintf(p.stdout, "%s: %d\n", place.Name(), len(all))
		t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, e := range all {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", e.Name, wording.Moment(store.At(e.At)), size(e.Bytes))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// found is a backup that a command line names.
type found struct {
	path  string       // of its file; "" where it must be fetched
	name  string       // of the backup
	place backup.Place // that it is in; nil for a file that was named by its path
}

// findBackup finds a backup by the path of its file or its name in one of the places; "" is the newest.
func findBackup(p *program, places []backup.Place, named string) (found, error) {
	if info, err := os.Stat(named); named != "" && err == nil && !info.IsDir() {
		return found{path: named, name: filepath.Base(named)}, nil
	}
	if len(places) == 0 {
		if named != "" {
			return found{}, fmt.Errorf("there is no file %s, and no setting says where backups are", named)
		}
		return found{}, errNoPlace
	}
	var newest found
	var at time.Time
	for _, place := range places {
		all, err := place.List(p.ctx)
		if err != nil {
			return found{}, fmt.Errorf("list the backups in %s: %w", place.Name(), err)
		}
		for _, e := range all {
			if e.Name == named || named == "" && e.At.After(at) {
				newest, at = found{name: e.Name, place: place}, e.At
			}
		}
	}
	if newest.place == nil {
		return found{}, fmt.Errorf("there is no backup %s: see cinemasphere backup --list", cmp.Or(named, "at all"))
	}
	return newest, nil
}
