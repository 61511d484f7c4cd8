package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

func (c Config) settings(context.Context) (all []Finding) {
	for _, p := range c.Problems {
		all = append(all, Finding{"settings", Failure, p, "Set it right: the program does not start with it."})
	}
	for _, p := range c.Warnings {
		all = append(all, Finding{"settings", Warning, p, "Look whether that is meant."})
	}
	if len(all) == 0 {
		return one("settings", OK, "None is missing or contradicts another. Files: "+c.Settings+".", "")
	}
	return all
}

// oldestPostgres is the oldest server that the program was tested with.
const oldestPostgres = 15

func (c Config) database(ctx context.Context) []Finding {
	const name = "database"
	switch {
	case c.Missing:
		return one(name, Warning, "There is none yet: "+c.Database+".", "It is made by the first start.")
	case c.OpenError != nil:
		return one(name, Failure, c.OpenError.Error()+".", "Nothing can be sold without it.")
	case c.Store == nil:
		return nil
	}
	if has := c.Store.Environment(); c.Environment != "" && has != c.Environment {
		return one(name, Failure, fmt.Sprintf("It belongs to %s, and MPESA_ENV is %s.", has, c.Environment),
			"Name another database in DATABASE_URL, or set MPESA_ENV to its own.")
	}
	if err := c.Store.Writable(ctx); err != nil {
		return one(name, Failure, "It cannot be written: "+err.Error()+".",
			"Nothing can be sold. Look at its disk and at who owns its file.")
	}
	found, known, err := c.Store.SchemaVersion(ctx)
	if err != nil || found != known {
		return one(name, Failure, fmt.Sprintf("Its schema is version %d, and this program knows %d.", found, known),
			"Install the newer program.")
	}
	server, err := c.Store.ServerVersion(ctx)
	switch {
	case err != nil:
		return one(name, Failure, "It does not answer: "+err.Error()+".", "Look whether PostgreSQL runs.")
	case server == 0:
		return one(name, OK, fmt.Sprintf("SQLite, %s, version %d of its schema.", c.Database, found), "")
	case server/10000 < oldestPostgres:
		return one(name, Failure, fmt.Sprintf("It is PostgreSQL %d.", server/10000),
			fmt.Sprintf("Use %d or newer.", oldestPostgres))
	}
	return one(name, OK, fmt.Sprintf("PostgreSQL %d, %s, version %d of its schema.", server/10000, c.Database, found),
		"")
}

func (c Config) integrity(ctx context.Context) []Finding {
	if c.Store == nil || c.Store.Shared() {
		return nil // PostgreSQL looks itself
	}
	if err := c.Store.Integrity(ctx); err != nil {
		return one("integrity", Failure, "The file of the database is damaged: "+err.Error()+".",
			"Stop the program, keep the file, and bring back the last backup.")
	}
	return one("integrity", OK, "The file of the database is whole. What stands in it is looked through by "+
		"cinemasphere fsck.", "")
}

// backupOld is after how long a backup is too old.
const backupOld = 48 * time.Hour

func (c Config) backup(ctx context.Context) []Finding {
	if c.Store == nil {
		return nil
	}
	last, err := c.Store.Jobs().LastBackup(ctx)
	switch {
	case err != nil:
		return one("backup", Warning, "When the last one was made cannot be read: "+err.Error()+".", "")
	case last == 0 && c.Store.Environment() != store.Production:
		return nil // no money is in it
	case last == 0:
		return one("backup", Warning, "The program knows of none.", "Make one, and look that it can be restored.")
	case c.Now().Sub(last.Time()) > backupOld:
		return one("backup", Warning, "The last good one is of "+wording.Moment(last)+".", "Look into the log why.")
	}
	return one("backup", OK, "The last good one is of "+wording.Moment(last)+".", "")
}

func (c Config) room(context.Context) []Finding {
	if c.Disk == nil {
		return nil
	}
	const name = "disk"
	disk, err := c.Disk()
	if err != nil {
		return one(name, Warning, "How much room there is cannot be read: "+err.Error()+".", "")
	}
	free, needs := wording.Bytes(int64(disk.Free)), wording.Bytes(int64(disk.Needs))
	if disk.Free < disk.Needs {
		grade := Warning
		if disk.Free < disk.Needs/8 {
			grade = Failure
		}
		return one(name, grade, free+" are free, and "+needs+" should be.", "Make room before it is full.")
	}
	return one(name, OK, free+" are free.", "")
}

// How often and how much is written to learn how long the disk takes, and from when that is slow.
const (
	syncs    = 9
	syncSize = 8 << 10
	slowSync = 50 * time.Millisecond
	badSync  = 500 * time.Millisecond
)

func (c Config) syncing(context.Context) []Finding {
	if c.Folder == "" {
		return nil
	}
	const name = "fsync"
	took, err := c.measureSync()
	if err != nil {
		return one(name, Failure, "Nothing can be written beside the database: "+err.Error()+".",
			"Give the folder to the user that the program runs as: SQLite writes its log beside the file.")
	}
	slices.Sort(took)
	median, most := took[len(took)/2], took[len(took)-1]
	says := fmt.Sprintf("The disk takes %s to keep a write, %s at most.", median.Round(10*time.Microsecond),
		most.Round(10*time.Microsecond))
	switch {
	case median >= badSync:
		return one(name, Failure, says, "Each booking waits for it. Use a disk of its own, or another host.")
	case median >= slowSync:
		return one(name, Warning, says, "Each booking waits for it. A faster disk sells faster.")
	}
	return one(name, OK, says, "")
}

func (c Config) measureSync() (took []time.Duration, err error) {
	file, err := os.CreateTemp(c.Folder, ".doctor-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	block := make([]byte, syncSize)
	for range syncs {
		began := c.Now()
		if _, err := file.Write(block); err != nil {
			return nil, err
		}
		if err := c.Sync(file); err != nil {
			return nil, err
		}
		took = append(took, c.Now().Sub(began))
	}
	return took, nil
}

// Whom a file's mode lets in besides its owner.
const (
	groupMay  fs.FileMode = 0o070
	othersMay fs.FileMode = 0o007
	othersPut fs.FileMode = 0o002
)

func (c Config) files(context.Context) (all []Finding) {
	const name = "files"
	looked := 0
	for _, path := range c.Files {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		looked++
		if err != nil {
			says := "Who may read " + path + " is not known: " + err.Error() + "."
			all = append(all, Finding{name, Warning, says, ""})
			continue
		}
		do := "Type chmod 600 " + path + "."
		switch mode := info.Mode().Perm(); {
		case mode&othersMay != 0:
			all = append(all, Finding{name, Failure, "Every user of this machine may use " + path + ".", do})
		case mode&groupMay != 0:
			all = append(all, Finding{name, Warning, "Its group may use " + path + ".", do})
		}
		if folder, err := os.Stat(filepath.Dir(path)); err == nil && folder.Mode().Perm()&othersPut != 0 &&
			folder.Mode()&fs.ModeSticky == 0 {
			all = append(all, Finding{name, Failure, "Every user of this machine may put another file in place of " +
				path + ".", "Type chmod o-w " + filepath.Dir(path) + "."})
		}
	}
	if len(all) == 0 && looked > 0 {
		return one(name, OK, "Database and settings are their owner's alone.", "")
	}
	return all
}

// How many files and connections may be open: a sell-out has some hundred connections.
const (
	fewFiles  = 4096
	leastOpen = 512
)

func (c Config) descriptors(context.Context) []Finding {
	if c.OpenFiles == nil {
		return nil
	}
	const name, do = "open files", "Set LimitNOFILE=65536 in the unit, or ulimit -n."
	n, err := c.OpenFiles()
	says := "At most " + strconv.FormatUint(n, 10) + " may be open, connections among them."
	switch {
	case err != nil:
		return one(name, Warning, "How many may be open is not known: "+err.Error()+".", "")
	case n < leastOpen:
		return one(name, Failure, says, do)
	case n < fewFiles:
		return one(name, Warning, says, do)
	}
	return one(name, OK, says, "")
}

func (c Config) setUp(ctx context.Context) []Finding {
	if c.Store == nil {
		return nil
	}
	const name = "last prompts"
	trouble, err := checkout.FindSetUpTrouble(ctx, c.Store)
	switch {
	case err != nil:
		return one(name, Warning, "They cannot be read: "+err.Error()+".", "")
	case trouble == nil:
		return one(name, OK, "They do not fail for the cinema's set-up.", "")
	}
	says, do := wording.SetUpTrouble(len(trouble.Pushes), trouble.Since, trouble.Last)
	return one(name, Failure, says, do)
}
