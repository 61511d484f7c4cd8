package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Role is what an operator may do. Each role includes those after it.
type Role string

// The roles. An owner may do all, a manager the programme, orders and refunds, a cashier the counter, and an usher the
// door.
const (
	RoleOwner   Role = "owner"
	RoleManager Role = "manager"
	RoleCashier Role = "cashier"
	RoleUsher   Role = "usher"
)

// Roles lists the roles, the widest first.
func Roles() []Role { return []Role{RoleOwner, RoleManager, RoleCashier, RoleUsher} }

// Includes reports whether the role may do what another may. No role at all includes nothing.
func (r Role) Includes(other Role) bool { return r.rank() > 0 && r.rank() >= other.rank() }

func (r Role) rank() int {
	for i, role := range Roles() {
		if role == r {
			return len(Roles()) - i
		}
	}
	return 0
}

// CommandLine is the source of what is done from the shell.
const CommandLine = "command line"

// By is the person who makes a change, as the audit log names them.
type By struct {
	ID     OperatorID // 0 from the command line
	Name   string
	Role   Role   // "" from the command line
	Source string // the address that they are at, or [CommandLine]
}

type byKey struct{}

// WithBy returns a context for changes by a person: each goes into the audit log in its own transaction. Changes in
// other contexts are the program's own, and leave no entry.
func WithBy(ctx context.Context, by By) context.Context { return context.WithValue(ctx, byKey{}, by) }

// byOf is the person in the context; the zero By where there is none.
func byOf(ctx context.Context) By {
	by, _ := ctx.Value(byKey{}).(By) // the zero By is for none
	return by
}

// change is an entry of the audit log to be written with the change itself. Was and now are structs or maps that hold
// no secret; nil is nothing.
type change struct {
	action   string // such as film.edit
	kind     string // of the subject: its table
	id       int64
	subject  string // its name, as people know it
	was, now any
}

// audit writes an entry of the audit log for the person whose change this write is. It is the last statement of the
// change. Where nobody is named, the program acts by itself, and there is no entry.
func (t *tx) audit(c change) error {
	if t.by == (By{}) {
		return nil
	}
	return t.auditBy(t.by, c)
}

func (t *tx) auditBy(by By, c change) error {
	was, err := auditJSON(c.was)
	if err != nil {
		return err
	}
	now, err := auditJSON(c.now)
	if err != nil {
		return err
	}
	words := LogEntry{
		Who: by.Name, Role: by.Role, Source: by.Source, Action: c.action, Kind: c.kind, Subject: c.subject,
		Was: was, Now: now,
	}.words()
	return t.run(`INSERT INTO audit (id, operator_id, who, role, source, action, subject_kind, subject_id, subject, was, now, words, at)
		VALUES ($1,NULLIF(CAST($2 AS BIGINT),0),$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)`,
		t.s.ids.next(t.s.now()), by.ID, by.Name, by.Role, by.Source, c.action, c.kind, c.id, c.subject, was, now, words,
		t.now)
}

// words are all of an entry, in small letters.
func (e LogEntry) words() string {
	return strings.ToLower(strings.Join([]string{
		e.Who, string(e.Role), e.Source, e.Action, e.Kind, e.Subject, e.Was, e.Now,
	}, "\n"))
}

func auditJSON(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("audit log: %w", err)
	}
	return string(b), nil
}
