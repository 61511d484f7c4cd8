package store

import (
	"context"
	"fmt"
	"strings"
)

// LogEntry is one entry of the audit log.
type LogEntry struct {
	ID        int64   `db:"id"`
	Who       string  `db:"who"`
	Role      Role    `db:"role"`   // "" from the command line
	Source    string  `db:"source"` // an address, or [CommandLine]
	Action    string  `db:"action"` // such as film.edit
	Kind      string  `db:"subject_kind"`
	SubjectID int64   `db:"subject_id"`
	Subject   string  `db:"subject"` // its name, as people know it
	Was       string  `db:"was"`     // JSON; "" where it was not there
	Now       string  `db:"now"`     // JSON; "" where it is gone
	At        Instant `db:"at"`
}

// LogFilter selects entries of the audit log. Each non-empty field narrows it.
type LogFilter struct {
	Text      string // words that must all be in the entry, in any case
	Kind      string // of the subject
	SubjectID int64
	Before    int64 // only entries older than that one
	Limit     int   // at most so many; 0 is 50
}

const logPage = 50

// Log lists entries of the audit log, newest first.
func (s Staff) Log(ctx context.Context, f LogFilter) ([]LogEntry, error) {
	query := `SELECT id, who, role, source, action, subject_kind, subject_id, subject, was, now, at FROM audit WHERE 1 = 1`
	var args []any
	where := func(condition string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(condition, len(args))
	}
	for _, word := range strings.Fields(strings.ToLower(f.Text)) {
		where(` AND words LIKE $%d ESCAPE '\'`, "%"+likeText.Replace(word)+"%")
	}
	if f.Kind != "" {
		where(` AND subject_kind = $%d`, f.Kind)
	}
	if f.SubjectID != 0 {
		where(` AND subject_id = $%d`, f.SubjectID)
	}
	if f.Before != 0 {
		where(` AND id < $%d`, f.Before)
	}
	if f.Limit == 0 {
		f.Limit = logPage
	}
	where(` ORDER BY id DESC LIMIT $%d`, f.Limit)
	var entries []LogEntry
	if err := s.list(ctx, &entries, query, args...); err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return entries, nil
}

// likeText makes a LIKE pattern of a text that matches it alone.
var likeText = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
