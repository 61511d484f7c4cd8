package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cinemasphere/store/seating"
)

// Hall is a room with a seat plan.
type Hall struct {
	ID         HallID  `db:"id"`
	Name       string  `db:"name"`
	Cleaning   int     `db:"cleaning_minutes"` // between two films
	ArchivedAt Instant `db:"archived_at"`      // when it was taken out of use; 0 while it is in use
	Version    int64   `db:"version"`          // grows with each edit

	PlanID      PlanID `db:"plan_id"`      // of its latest plan
	PlanVersion int64  `db:"plan_version"` // from 1
	Plan        string `db:"plan"`         // as it was typed: see package seating
	PlanBy      string `db:"plan_by"`      // who made it: an operator, "" at set-up

	CreatedAt Instant `db:"created_at"`
	UpdatedAt Instant `db:"updated_at"`
}

// ErrArchived means that a hall is out of use.
var ErrArchived = errors.New("the hall is archived")

// The bounds of a hall's fields.
const (
	HallNameMost = 40  // characters
	CleaningMost = 240 // minutes
)

// BadHall is what is wrong with a hall that was to be written. Nothing was.
type BadHall struct {
	Name     FaultKind         // "" where nothing is
	Cleaning FaultKind         // "" where nothing is
	Plan     []seating.Problem // by line and column
}

// Error names the faults, and repeats no input.
func (b *BadHall) Error() string {
	var all []string
	for _, kind := range []FaultKind{b.Name, b.Cleaning} {
		if kind != "" {
			all = append(all, string(kind))
		}
	}
	for _, p := range b.Plan {
		all = append(all, fmt.Sprintf("plan %d:%d %s", p.Line, p.Column, p.Fault))
	}
	return "typed: " + strings.Join(all, ", ")
}

// StaleHall means that a hall was edited since the form was opened that was to change it. Nothing was written.
type StaleHall struct {
	Current Hall     // as it is now
	Changed []string // what was changed since: name, cleaning, plan, archived
}

// Error says what has changed.
func (s *StaleHall) Error() string {
	return "the hall was edited meanwhile: " + strings.Join(s.Changed, ", ")
}

// check tidies a hall and looks for what is wrong with it.
func (h *Hall) check() error {
	var bad BadHall
	h.Name = strings.Join(strings.Fields(h.Name), " ")
	switch {
	case h.Name == "":
		bad.Name = NameMissing
	case utf8.RuneCountInString(h.Name) > HallNameMost:
		bad.Name = NameTooLong
	case !Printable(h.Name):
		bad.Name = NameUnprintable
	}
	if h.Cleaning < 0 || h.Cleaning > CleaningMost {
		bad.Cleaning = CleaningWrong
	}
	_, text, problems := seating.Keep(h.Plan)
	if bad.Plan = problems; bad.Name != "" || bad.Cleaning != "" || len(bad.Plan) > 0 {
		return &bad
	}
	h.Plan = text
	return nil
}

// AddHall writes a hall with its first plan and returns its id. It refuses with [BadHall].
func (s Catalogue) AddHall(ctx context.Context, h Hall) (HallID, error) {
	err := h.check()
	if err == nil {
		err = s.write(ctx, booking, func(t *tx) error {
			h.ID = HallID(s.ids.next(s.now()))
			return t.addHall(h)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("add hall: %w", err)
	}
	s.catalogue.Add(1)
	return h.ID, nil
}

// addHall writes a hall that was checked.
func (t *tx) addHall(h Hall) error {
	if err := t.nameFree(h); err != nil {
		return err
	}
	if err := t.run(`INSERT INTO hall (id, name, cleaning_minutes, version, edits, created_at, updated_at) VALUES ($1,$2,$3,1,'',$4,$4)`,
		h.ID, h.Name, h.Cleaning, t.now); err != nil {
		return err
	}
	if err := t.addPlan(h, 1); err != nil {
		return err
	}
	return t.auditHall("hall.add", nil, h.ID)
}

// hallLogged is a hall in the audit log. Its plan stands in the books by version, and never changes there.
type hallLogged struct {
	Name     string `json:"name"`
	Cleaning int    `json:"cleaning_minutes"`
	Plan     int64  `json:"plan_version"`
	Seats    int    `json:"seats"`
	Archived bool   `json:"archived,omitempty"`
}

func (h Hall) logged() hallLogged {
	plan, _ := seating.Parse(h.Plan) // it was checked when it was written
	return hallLogged{h.Name, h.Cleaning, h.PlanVersion, plan.ForSale(), h.ArchivedAt != 0}
}

// auditHall writes the hall, as this write leaves it, into the audit log.
func (t *tx) auditHall(action string, was *Hall, id HallID) error {
	if t.by == (By{}) {
		return nil
	}
	var h Hall
	if err := t.get(&h, hallSelect+` WHERE h.id = $1`, id); err != nil {
		return err
	}
	c := change{action: action, kind: "hall", id: int64(id), subject: h.Name, now: h.logged()}
	if was != nil {
		c.was = was.logged()
	}
	return t.audit(c)
}

// addPlan writes the hall's plan as a version of its own.
func (t *tx) addPlan(h Hall, version int64) error {
	return t.run(`INSERT INTO plan (id, hall_id, version, text, made_by, created_at) VALUES ($1,$2,$3,$4,$5,$6)`,
		t.s.ids.next(t.s.now()), h.ID, version, h.Plan, h.PlanBy, t.now)
}

// nameFree refuses a name that another hall has, in whatever case.
func (t *tx) nameFree(h Hall) error {
	var names []string
	if err := t.list(&names, `SELECT name FROM hall WHERE id <> $1`, h.ID); err != nil {
		return err
	}
	if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, h.Name) }) {
		return &BadHall{Name: NameTaken}
	}
	return nil
}

const hallSelect = `SELECT h.id, h.name, h.cleaning_minutes, COALESCE(h.archived_at, 0) AS archived_at, h.version,
	p.id AS plan_id, p.version AS plan_version, p.text AS plan, p.made_by AS plan_by, h.created_at, h.updated_at
	FROM hall h JOIN plan p ON p.hall_id = h.id AND p.version = (SELECT max(version) FROM plan WHERE hall_id = h.id)`

// Halls lists the halls in use by name, each with its latest plan.
func (s Catalogue) Halls(ctx context.Context) ([]Hall, error) {
	return s.halls(ctx, ` WHERE h.archived_at IS NULL`)
}

// AllHalls lists archived halls too.
func (s Catalogue) AllHalls(ctx context.Context) ([]Hall, error) { return s.halls(ctx, "") }

func (s *Store) halls(ctx context.Context, where string) ([]Hall, error) {
	var hs []Hall
	if err := s.list(ctx, &hs, hallSelect+where+` ORDER BY h.name, h.id`); err != nil {
		return nil, fmt.Errorf("read halls: %w", err)
	}
	return hs, nil
}

// Hall reads a hall with its latest plan.
func (s Catalogue) Hall(ctx context.Context, id HallID) (Hall, error) {
	var h Hall
	if err := s.read(ctx, &h, hallSelect+` WHERE h.id = $1`, id); err != nil {
		return h, fmt.Errorf("read hall: %w", err)
	}
	return h, nil
}

// HallPlan is one version of a hall's plan, which never changes.
type HallPlan struct {
	ID         PlanID  `db:"id"`
	HallID     HallID  `db:"hall_id"`
	Version    int64   `db:"version"` // from 1
	Text       string  `db:"text"`    // see package seating
	By         string  `db:"made_by"` // an operator, "" at set-up
	CreatedAt  Instant `db:"created_at"`
	Screenings int     `db:"screenings"` // how many screenings to come have it
}

// HallPlans lists the versions of a hall's plan, the latest first.
func (s Catalogue) HallPlans(ctx context.Context, id HallID) ([]HallPlan, error) {
	var ps []HallPlan
	err := s.list(ctx, &ps, `SELECT id, hall_id, version, text, made_by, created_at,
		(SELECT count(*) FROM screening WHERE plan_id = plan.id AND starts_at > $1) AS screenings
		FROM plan WHERE hall_id = $2 ORDER BY version DESC`, s.Now(), id)
	if err != nil {
		return nil, fmt.Errorf("read plans: %w", err)
	}
	return ps, nil
}

// HallNext is the next screening in a hall.
type HallNext struct {
	HallID   HallID  `db:"hall_id"`
	Film     string  `db:"title"`
	StartsAt Instant `db:"starts_at"`
}

// HallsNext lists the next screening of each hall that has one, whatever its sale.
func (s Catalogue) HallsNext(ctx context.Context) (map[HallID]HallNext, error) {
	var rows []HallNext
	err := s.list(ctx, &rows, `SELECT s.hall_id, m.title, s.starts_at FROM screening s JOIN movie m ON m.id = s.movie_id
		JOIN (SELECT hall_id, min(starts_at) AS starts_at FROM screening WHERE starts_at > $1 AND status <> 'cancelled' GROUP BY hall_id) n
		ON n.hall_id = s.hall_id AND n.starts_at = s.starts_at WHERE s.status <> 'cancelled'`, s.Now())
	if err != nil {
		return nil, fmt.Errorf("read next screenings: %w", err)
	}
	next := make(map[HallID]HallNext, len(rows))
	for _, row := range rows {
		next[row.HallID] = row
	}
	return next, nil
}

// HallScreening is a screening to come in a hall.
type HallScreening struct {
	ID       ScreeningID `db:"id"`
	Film     string      `db:"title"`
	StartsAt Instant     `db:"starts_at"`
	PlanID   PlanID      `db:"plan_id"`
}

// HallScreenings lists the screenings to come in a hall that are not cancelled, the earliest first.
func (s Catalogue) HallScreenings(ctx context.Context, id HallID) ([]HallScreening, error) {
	var scs []HallScreening
	err := s.list(ctx, &scs, `SELECT s.id, m.title, s.starts_at, s.plan_id FROM screening s JOIN movie m ON m.id = s.movie_id
		WHERE s.starts_at > $1 AND s.hall_id = $2 AND s.status <> 'cancelled' ORDER BY s.starts_at, s.id`, s.Now(), id)
	if err != nil {
		return nil, fmt.Errorf("read screenings of a hall: %w", err)
	}
	return scs, nil
}

// EditHall changes a hall's name, cleaning time and plan to what h has, and returns it as it was and as it is. Another
// plan is a new version, which only new screenings have: see [Catalogue.ApplyPlan]. It refuses with [BadHall], or with
// [StaleHall] where h.Version is not the hall's any more.
func (s Catalogue) EditHall(ctx context.Context, h Hall) (before, after Hall, err error) {
	err = h.check()
	if err == nil {
		err = s.write(ctx, booking, func(t *tx) error {
			if before, err = t.hallOfVersion(h.ID, h.Version); err != nil {
				return err
			}
			if after, err = t.editHall(before, h); err != nil {
				return err
			}
			return t.get(&after, hallSelect+` WHERE h.id = $1`, h.ID)
		})
	}
	if err != nil {
		return before, after, fmt.Errorf("edit hall: %w", err)
	}
	s.catalogue.Add(1)
	return before, after, nil
}

func (t *tx) editHall(before, h Hall) (Hall, error) {
	var changed []string
	if h.Name != before.Name {
		changed = append(changed, "name")
		if err := t.nameFree(h); err != nil {
			return h, err
		}
	}
	if h.Cleaning != before.Cleaning {
		changed = append(changed, "cleaning")
	}
	if h.Plan != before.Plan {
		changed = append(changed, "plan")
		if err := t.addPlan(h, before.PlanVersion+1); err != nil {
			return h, err
		}
	}
	if len(changed) == 0 {
		return h, nil
	}
	if err := t.run(`UPDATE hall SET name = $1, cleaning_minutes = $2 WHERE id = $3`, h.Name, h.Cleaning, h.ID); err != nil {
		return h, err
	}
	if err := t.hallEdited(before, changed...); err != nil {
		return h, err
	}
	return h, t.auditHall("hall.edit", &before, h.ID)
}

// ArchiveHall takes a hall out of use, or into use again; what it shows goes on. Version is as for
// [Catalogue.EditHall].
func (s Catalogue) ArchiveHall(ctx context.Context, id HallID, version int64, archived bool) error {
	err := s.write(ctx, booking, func(t *tx) error {
		before, err := t.hallOfVersion(id, version)
		if err != nil || (before.ArchivedAt != 0) == archived {
			return err
		}
		var at *Instant
		if archived {
			at = &t.now
		}
		if err := t.run(`UPDATE hall SET archived_at = $1 WHERE id = $2`, at, id); err != nil {
			return err
		}
		if err := t.hallEdited(before, "archived"); err != nil {
			return err
		}
		action := "hall.archive"
		if !archived {
			action = "hall.use"
		}
		return t.auditHall(action, &before, id)
	})
	if err != nil {
		return fmt.Errorf("archive hall: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

// hallOfVersion reads and locks a hall that is about to be changed.
func (t *tx) hallOfVersion(id HallID, version int64) (h Hall, err error) {
	if t.shared() {
		if err := t.run(`SELECT id FROM hall WHERE id = $1`+t.rowLock(), id); err != nil {
			return h, err
		}
	}
	if err := t.get(&h, hallSelect+` WHERE h.id = $1`, id); err != nil || h.Version == version {
		return h, err
	}
	var edits string
	if err := t.get(&edits, `SELECT edits FROM hall WHERE id = $1`, id); err != nil {
		return h, err
	}
	stale := &StaleHall{Current: h}
	for _, edit := range strings.Fields(edits) {
		name, at, _ := strings.Cut(edit, ":")
		if n, err := strconv.ParseInt(at, 10, 64); err == nil && n > version {
			stale.Changed = append(stale.Changed, name)
		}
	}
	return h, stale
}

// hallEdited gives a hall its next version, in which these fields changed.
func (t *tx) hallEdited(before Hall, changed ...string) error {
	var text string
	if err := t.get(&text, `SELECT edits FROM hall WHERE id = $1`, before.ID); err != nil {
		return err
	}
	edits := slices.DeleteFunc(strings.Fields(text), func(edit string) bool {
		name, _, _ := strings.Cut(edit, ":")
		return slices.Contains(changed, name)
	})
	for _, name := range changed {
		edits = append(edits, fmt.Sprintf("%s:%d", name, before.Version+1))
	}
	return t.run(`UPDATE hall SET version = $1, edits = $2, updated_at = $3 WHERE id = $4`,
		before.Version+1, strings.Join(edits, " "), t.now, before.ID)
}

// latestPlan is the plan of a hall that a new screening gets.
func (t *tx) latestPlan(id HallID) (PlanID, error) {
	var row struct {
		ID         PlanID  `db:"plan_id"`
		ArchivedAt Instant `db:"archived_at"`
	}
	err := t.get(&row, `SELECT p.id AS plan_id, COALESCE(h.archived_at, 0) AS archived_at FROM hall h JOIN plan p ON p.hall_id = h.id
		WHERE h.id = $1 ORDER BY p.version DESC LIMIT 1`, id)
	if err == nil && row.ArchivedAt != 0 {
		err = ErrArchived
	}
	return row.ID, err
}

// plan reads a plan, from the cache where it is there.
func (t *tx) plan(id PlanID) (*seatPlan, error) { return t.plans.read(t, id) }

// newSeatPlan reads a stored plan.
func newSeatPlan(text string) (*seatPlan, error) {
	plan, problems := seating.Parse(text)
	var all []error
	for _, p := range problems {
		all = append(all, fmt.Errorf("line %d, column %d: %w", p.Line, p.Column, p))
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	p := &seatPlan{Plan: plan, byLabel: make(map[string]int, len(plan.Seats))}
	for i, seat := range plan.Seats {
		p.byLabel[seat.Label] = i
	}
	return p, nil
}
