package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cinemasphere/store/internal/db"
)

// Restoring brings books back from a copy that [Jobs.Copy] has made.
type Restoring struct {
	Options        // of the books that are to be there; Environment "" takes the copy's own
	File    string // the copy; on SQLite it is in the folder of the books, and is theirs afterwards
	Name    string // of the backup, as people know it
	Replace bool   // the books that are there may be replaced; they are kept under another name
	Drill   bool   // into a temporary place, where nothing is left
}

// Restored is what a restore has brought back.
type Restored struct {
	Gap         Gap
	Environment Environment
	Kept        string // where the books are now that were there before; "" where there were none
}

// The kinds of copy, by how they begin.
const (
	sqliteMagic   = "SQLite format 3\x00"
	postgresMagic = "PGDMP"
)

// ErrOtherDatabase means that a copy is of another kind of database than the books are to be in.
var ErrOtherDatabase = errors.New("the backup is of another kind of database")

// Restore puts a copy in the place of the books. ErrExists means that there are books already, ErrInUse and ErrServed
// that a program serves them, ErrNewer, ErrStamp and ErrDamaged that the copy is not for this program, not for these
// books, or of no use: then nothing has changed. Check looks through the restored books, as they were when the copy was
// made. Its error ends the restore. Afterwards sales are paused, everybody is signed out, and the gap is in the books.
func Restore(ctx context.Context, r Restoring, check func(*Store) error) (Restored, error) {
	if r.Now == nil {
		r.Now = time.Now
	}
	head := make([]byte, len(sqliteMagic))
	f, err := os.Open(r.File)
	if err == nil {
		_, err = f.ReadAt(head, 0)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return Restored{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	postgres := strings.HasPrefix(string(head), postgresMagic)
	switch {
	case !postgres && string(head) != sqliteMagic:
		return Restored{}, fmt.Errorf("%w: it is neither an SQLite database nor a dump of PostgreSQL", ErrDamaged)
	case postgres && !IsPostgres(r.Path):
		return Restored{}, fmt.Errorf("%w: it is a dump of PostgreSQL, and DATABASE_URL names no server of that",
			ErrOtherDatabase)
	case !postgres && IsPostgres(r.Path) && !r.Drill:
		return Restored{}, fmt.Errorf("%w: it is an SQLite file, and the books are to be on PostgreSQL",
			ErrOtherDatabase)
	case postgres:
		return r.postgres(ctx, check)
	}
	return r.sqlite(ctx, check)
}

func (r Restoring) sqlite(ctx context.Context, check func(*Store) error) (out Restored, err error) {
	if _, err := os.Lstat(r.Path); err == nil && !r.Replace && !r.Drill {
		return out, fmt.Errorf("%w at %s", ErrExists, r.Path)
	}
	if err := db.CheckFile(ctx, r.File); err != nil {
		return out, err
	}
	if out, err = r.look(ctx, r.File, check); err != nil || r.Drill {
		return out, err
	}
	out.Kept, err = db.Replace(ctx, r.File, r.Path, r.Replace, ".before-restore-"+stampOf(out.Gap.Until))
	return out, err
}

// stampOf is an instant as a part of a name.
func stampOf(at Instant) string { return at.Time().UTC().Format("20060102t150405") }

func (r Restoring) postgres(ctx context.Context, check func(*Store) error) (out Restored, err error) {
	if err := db.CheckDump(ctx, r.File); err != nil {
		return out, err
	}
	path := r.Path
	if r.Drill {
		var drop func() error
		path, drop, err = db.Beside(ctx, path, "cinemasphere_drill_"+strings.ToLower(rand.Text()[:8]))
		if err != nil {
			return out, err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	kept, undo, err := db.Load(ctx, path, r.File, r.Replace, stampOf(At(r.Now())))
	if err != nil {
		return out, err
	}
	if out, err = r.look(ctx, path, check); err != nil && !r.Drill {
		return out, errors.Join(err, undo())
	}
	out.Kept = kept
	return out, err
}

// look opens restored books, has them looked through, and marks them as restored.
func (r Restoring) look(ctx context.Context, path string, check func(*Store) error) (out Restored, err error) {
	o := r.Options
	o.Path, o.Existing, o.Serve = path, true, false
	s, err := Open(ctx, o)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	now := s.now
	out.Environment = s.env
	out.Gap = Gap{Until: At(now()), Backup: filepath.Base(r.Name)}
	if out.Gap.Since, err = s.lastWritten(ctx); err != nil {
		return out, err
	}
	// A hold that was due long ago is no fault of books that have been in a drawer.
	s.now = out.Gap.Since.Time
	if err := check(s); err != nil {
		return out, err
	}
	s.now = now
	return out, s.markRestored(ctx, out.Gap)
}
