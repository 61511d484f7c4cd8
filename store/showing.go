package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Showing is a screening as whoever plans the programme sees it.
type Showing struct {
	Screening
	Title    string `db:"title"`            // of its film
	Runtime  int    `db:"runtime_minutes"`  // of its film, without trailers
	Cleaning int    `db:"cleaning_minutes"` // of its hall
	Archived int    `db:"archived"`         // 1 where its film was archived
}

// EndsAt is when the film is over.
func (s Showing) EndsAt() Instant {
	return s.StartsAt.Add(time.Duration(s.Trailers+s.Runtime) * time.Minute)
}

// FreeAt is from when the hall can be used again.
func (s Showing) FreeAt() Instant { return s.EndsAt().Add(time.Duration(s.Cleaning) * time.Minute) }

// Day is its business day.
func (s Showing) Day() BusinessDay { return BusinessDayOf(s.StartsAt) }

// Taken is how many of its seats are held or paid for.
func (s Showing) Taken() int { return s.Capacity - s.Left }

// overlaps reports whether both cannot be in one hall.
func (s Showing) overlaps(other Showing) bool {
	return s.HallID == other.HallID && s.StartsAt < other.FreeAt() && other.StartsAt < s.FreeAt()
}

// name is the screening as the audit log and people name it.
func (s Showing) name() string {
	return fmt.Sprintf("%s, %s, %s", s.Title, s.Hall, s.StartsAt.Time().In(nairobi).Format("2006-01-02 15:04"))
}

// logged is what the audit log says of a screening.
func (s Showing) logged() any {
	return struct {
		Film     string          `json:"film"`
		Hall     string          `json:"hall"`
		Starts   string          `json:"starts"`
		Trailers int             `json:"trailers"`
		Online   int             `json:"online"`
		Counter  int             `json:"counter"`
		Format   string          `json:"format,omitempty"`
		Language string          `json:"language,omitempty"`
		Prices   Prices          `json:"prices,omitempty"`
		Extra    Surcharges      `json:"surcharges,omitempty"`
		Status   ScreeningStatus `json:"status"`
		Reason   string          `json:"reason,omitempty"`
	}{
		s.Title, s.Hall, s.StartsAt.Time().In(nairobi).Format("2006-01-02 15:04"), s.Trailers, s.OnlineCut(),
		s.CounterCut(),
		s.Format, s.Language, s.Prices, s.Surcharges, s.Status, s.CancelReason,
	}
}

// OnlineCut is when online sales end, in minutes after the start: negative before it. CounterCut is the same for the
// counter.
func (s Screening) OnlineCut() int { return minutesAfter(s.StartsAt, s.SalesCloseAt) }

// CounterCut is when sales at the counter end, in minutes after the start.
func (s Screening) CounterCut() int { return minutesAfter(s.StartsAt, s.CounterCloseAt) }

func minutesAfter(start, at Instant) int {
	return int(time.Duration(at-start) * time.Millisecond / time.Minute)
}

func (s Showing) change(action string, was, now any) change {
	return change{action: action, kind: "screening", id: int64(s.ID), subject: s.name(), was: was, now: now}
}

// seatsLeft counts the seats of a screening that customers may still have.
const seatsLeft = `s.capacity - (SELECT count(*) FROM seat WHERE seat.screening_id = s.id
	AND seat.ticket_id IS NOT NULL AND seat.for_sale = 1)`

const showingSelect = `SELECT s.id, s.movie_id, s.hall_id, s.plan_id, h.name AS hall, s.starts_at, s.trailer_minutes,
	s.sales_close_at, s.counter_close_at, s.format, s.language, COALESCE(s.cancelled_at, 0) AS cancelled_at,
	s.cancel_reason, s.version, COALESCE(s.price_card_id, 0) AS price_card_id, s.prices, s.surcharges, s.capacity,
	s.status, s.created_at, s.updated_at,
	` + seatsLeft + ` AS seats_left,
	m.title, m.runtime_minutes, CASE WHEN m.archived_at IS NULL THEN 0 ELSE 1 END AS archived, h.cleaning_minutes
	FROM screening s JOIN movie m ON m.id = s.movie_id JOIN hall h ON h.id = s.hall_id`

// Showing reads one screening, a draft too.
func (s Catalogue) Showing(ctx context.Context, id ScreeningID) (Showing, error) {
	var sh Showing
	if err := s.read(ctx, &sh, showingSelect+` WHERE s.id = $1`, id); err != nil {
		return sh, fmt.Errorf("read screening: %w", err)
	}
	return sh, nil
}

// Showings lists the screenings of business days, from the first until before the last, by hall and time; cancelled
// ones and drafts too.
func (s Catalogue) Showings(ctx context.Context, from, until BusinessDay) ([]Showing, error) {
	var all []Showing
	if err := s.list(ctx, &all,
		showingSelect+` WHERE s.starts_at >= $1 AND s.starts_at < $2 ORDER BY h.name, h.id, s.starts_at, s.id`,
		from.Begins(), until.Begins()); err != nil {
		return nil, fmt.Errorf("read screenings: %w", err)
	}
	return all, nil
}

// showing reads a screening and keeps others from selling or changing it until this write ends.
func (t *tx) showing(id ScreeningID) (sh Showing, err error) {
	if t.locks() {
		if err := t.run(`SELECT id FROM screening WHERE id = $1`+forUpdate, id); err != nil {
			return sh, err
		}
	}
	return sh, t.get(&sh, showingSelect+` WHERE s.id = $1`, id)
}

// The bounds of a screening's numbers, in minutes, and of its texts, in characters.
const (
	CutMost    = 24 * 60 // before or after the start
	FormatMost = 40
	// ShowingsMost is how many screenings are added at once.
	ShowingsMost = 1000
	// PlanAhead is how far ahead a screening may be.
	PlanAhead = 2 * 365 * 24 * time.Hour
)

// ShowingKind is what all screenings that are added together have in common.
type ShowingKind struct {
	Trailers int         // minutes of trailers and adverts before the film; negative is each film's own
	Online   int         // minutes after the start when online sales end; negative before it
	Counter  int         // and sales at the counter
	Card     PriceCardID // whose prices they take when they go on sale; 0 where they have their own
	Format   string      // where it differs from the film's
	Language string
}

// ShowingLine are screenings of a film in a hall, at the same times on several days.
type ShowingLine struct {
	Hall  HallID
	Movie MovieID
	Times []Clock
	Days  []BusinessDay
}

// ShowingFault is why a screening was not added, copied, moved or published.
type ShowingFault string

// The faults of screenings.
const (
	ShowingPast     ShowingFault = "past"     // it would have begun
	ShowingFar      ShowingFault = "far"      // it is more than PlanAhead ahead
	ShowingClash    ShowingFault = "clash"    // With is in the hall at that time
	ShowingNoFilm   ShowingFault = "no_film"  // there is no such film
	ShowingArchived ShowingFault = "archived" // the film was archived
	ShowingNoHall   ShowingFault = "no_hall"  // there is no such hall
	ShowingNoPrices ShowingFault = "prices"   // its price card is archived, or it has none
	ShowingTooDear  ShowingFault = "too_dear" // a ticket with its surcharges costs more than M-PESA takes at once
	ShowingNoZone   ShowingFault = "zone"     // the seats of Zones have no price
)

// ShowingProblem is a screening that was not added, copied, moved or published.
type ShowingProblem struct {
	Line   int // of [ShowingLine]s, from 0
	Fault  ShowingFault
	Starts Instant // 0 where the whole line is meant
	Title  string  // of its film; "" where there is none
	Hall   string  // its name; "" where there is none
	With   Showing // of a clash

	Zones []string // of ShowingNoZone
	Card  string   // of ShowingNoZone: the card that has no price for them; "" where it has prices of its own
}

// AddedShowings is what came of a request for several screenings.
type AddedShowings struct {
	Added    int
	Same     int // were there already
	Problems []ShowingProblem
}

// AddShowings adds screenings as drafts, in one transaction. What cannot be is named, and the others are added. A film
// in a hall at a time is one screening: the same request twice changes nothing. Between two screenings of a hall lies
// time for the first one's trailers, its film and the cleaning.
func (s Catalogue) AddShowings(ctx context.Context, kind ShowingKind, lines []ShowingLine) (AddedShowings, error) {
	return s.plan(ctx, "add screenings", func(t *tx) ([]draft, error) {
		var all []draft
		for i, line := range lines {
			for _, day := range line.Days {
				for _, c := range line.Times {
					at := day.At(c)
					all = append(all, draft{line: i, Screening: Screening{
						HallID: line.Hall, MovieID: line.Movie, StartsAt: at, Trailers: kind.Trailers,
						Format: kind.Format, Language: kind.Language, CardID: kind.Card,
						SalesCloseAt:   at.Add(time.Duration(kind.Online) * time.Minute),
						CounterCloseAt: at.Add(time.Duration(kind.Counter) * time.Minute),
					}})
				}
			}
		}
		return all, nil
	})
}

// ImportMostShowings is how many screenings one import has at most.
const ImportMostShowings = 5000

// ShowingEntry is a screening that is to be added, with a line of its own that problems name.
type ShowingEntry struct {
	Line   int
	Hall   HallID
	Movie  MovieID
	Starts Instant
	Kind   ShowingKind
}

// ImportShowings adds screenings as drafts, all or none: where one cannot be it says which, and adds nothing. A dry run
// adds nothing at all. Long imports are several writes, so that sales go on between them; one that was interrupted can
// be done again, since what is there already stays as it is.
func (s Catalogue) ImportShowings(ctx context.Context, entries []ShowingEntry, dry bool) (AddedShowings, error) {
	if len(entries) > ImportMostShowings {
		return AddedShowings{}, fmt.Errorf("import screenings: %w", ErrTooMany)
	}
	var all []draft
	for _, e := range entries {
		all = append(all, draft{line: e.Line, Screening: Screening{
			HallID: e.Hall, MovieID: e.Movie, StartsAt: e.Starts, Trailers: e.Kind.Trailers, Format: e.Kind.Format,
			Language: e.Kind.Language, CardID: e.Kind.Card,
			SalesCloseAt:   e.Starts.Add(time.Duration(e.Kind.Online) * time.Minute),
			CounterCloseAt: e.Starts.Add(time.Duration(e.Kind.Counter) * time.Minute),
		}})
	}
	var out AddedShowings
	err := s.write(ctx, booking, func(t *tx) (err error) {
		out, err = t.addDrafts(all, true)
		return err
	})
	if err != nil || dry || len(out.Problems) > 0 {
		if err != nil {
			err = fmt.Errorf("look at an import of screenings: %w", err)
		}
		if !dry {
			out.Added = 0
		}
		return out, err
	}
	out = AddedShowings{}
	const atOnce = 500
	for part := range slices.Chunk(all, atOnce) {
		added, err := s.plan(ctx, "import screenings", func(*tx) ([]draft, error) { return part, nil })
		out.Added, out.Same, out.Problems = out.Added+added.Added, out.Same+added.Same,
			append(out.Problems, added.Problems...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// CopyShowings copies the screenings of business days, from the first until before the last, to days that begin with
// each of these: as drafts, with the same rules as [Catalogue.AddShowings]. Cancelled ones are left out.
func (s Catalogue) CopyShowings(ctx context.Context, from, until BusinessDay, to []BusinessDay) (AddedShowings, error) {
	return s.plan(ctx, "copy screenings", func(t *tx) ([]draft, error) {
		var have []Showing
		if err := t.list(&have,
			showingSelect+
				` WHERE s.starts_at >= $1 AND s.starts_at < $2 AND s.status <> 'cancelled' ORDER BY s.starts_at, s.id`,
			from.Begins(), until.Begins()); err != nil {
			return nil, err
		}
		var all []draft
		for _, day := range to {
			later := time.Duration(day-from) * dayLength
			for _, sh := range have {
				sc := sh.Screening
				sc.StartsAt, sc.SalesCloseAt = sc.StartsAt.Add(later), sc.SalesCloseAt.Add(later)
				sc.CounterCloseAt = sc.CounterCloseAt.Add(later)
				if sc.CardID != 0 {
					sc.Prices, sc.Surcharges = nil, nil
				}
				all = append(all, draft{Screening: sc})
			}
		}
		return all, nil
	})
}

// draft is a screening that is wanted.
type draft struct {
	line int
	Screening
}

// ErrTooMany means that more than ShowingsMost screenings were wanted at once.
var ErrTooMany = errors.New("too many screenings at once")

// plan adds wanted screenings as drafts, those of them that can be.
func (s Catalogue) plan(ctx context.Context, what string, wanted func(*tx) ([]draft, error)) (AddedShowings, error) {
	var out AddedShowings
	err := s.write(ctx, booking, func(t *tx) error {
		all, err := wanted(t)
		if err == nil && len(all) > ShowingsMost {
			err = ErrTooMany
		}
		if err == nil {
			out, err = t.addDrafts(all, false)
		}
		return err
	})
	if err != nil {
		return AddedShowings{}, fmt.Errorf("%s: %w", what, err)
	}
	s.catalogue.Add(1)
	return out, nil
}

// addDrafts adds wanted screenings, those of them that can be; in a dry run it only finds out which.
func (t *tx) addDrafts(wanted []draft, dry bool) (out AddedShowings, err error) {
	halls, err := t.timetables(wanted)
	if err != nil {
		return out, err
	}
	movies, err := t.moviesOf(wanted)
	if err != nil {
		return out, err
	}
	type whole struct { // what is wrong with a whole line is said once
		line  int
		fault ShowingFault
		title string
	}
	told := map[whole]bool{}
	refuse := func(p ShowingProblem) {
		if p.Fault == ShowingNoFilm || p.Fault == ShowingNoHall || p.Fault == ShowingArchived {
			key := whole{p.Line, p.Fault, p.Title}
			if told[key] {
				return
			}
			told[key], p.Starts = true, 0
		}
		out.Problems = append(out.Problems, p)
	}
	for _, d := range wanted {
		movie, isMovie := movies[d.MovieID]
		hall, isHall := halls[d.HallID]
		isHall = isHall && hall.Archived == 0
		if d.Trailers < 0 {
			d.Trailers = movie.Trailers
		}
		sh := Showing{Screening: d.Screening, Title: movie.Title, Runtime: movie.Runtime}
		problem := ShowingProblem{Line: d.line, Starts: d.StartsAt, Title: movie.Title}
		switch {
		case !isMovie:
			problem.Fault = ShowingNoFilm
		case !isHall:
			problem.Fault = ShowingNoHall
		default:
			sh.Hall, sh.Cleaning, problem.Hall = hall.Name, hall.Cleaning, hall.Name
			if hall.has(sh) {
				out.Same++
				continue
			}
			problem.Fault, problem.With = t.fits(sh, hall, movie.Archived)
		}
		if problem.Fault != "" {
			refuse(problem)
			continue
		}
		sh.ID, sh.Status, sh.Version = ScreeningID(t.s.ids.next(t.s.now())), Draft, 1
		hall.showings = append(hall.showings, sh)
		out.Added++
		if dry {
			continue
		}
		if err := t.addScreening(sh.Screening); err != nil {
			return out, err
		}
		if err := t.audit(sh.change("screening.add", nil, sh.logged())); err != nil {
			return out, err
		}
	}
	return out, nil
}

// timetable is what is in a hall around the times that are wanted.
type timetable struct {
	ID       HallID `db:"id"`
	Name     string `db:"name"`
	Cleaning int    `db:"cleaning_minutes"`
	Archived int    `db:"archived"` // 1 where nothing new is planned in it
	showings []Showing
}

// has reports whether the film is in the hall at this very time.
func (h *timetable) has(sh Showing) bool {
	return slices.ContainsFunc(h.showings, func(other Showing) bool {
		return other.StartsAt == sh.StartsAt && other.MovieID == sh.MovieID
	})
}

// fits finds out whether a screening can be in the hall.
func (t *tx) fits(sh Showing, hall *timetable, archived int) (fault ShowingFault, with Showing) {
	switch {
	case archived != 0:
		return ShowingArchived, with
	case sh.StartsAt <= t.now:
		return ShowingPast, with
	case sh.StartsAt > t.now.Add(PlanAhead):
		return ShowingFar, with
	}
	if with, clashes := sh.clashWith(hall.showings); clashes {
		return ShowingClash, with
	}
	return "", with
}

// longestShowing is how long before a time a screening may begin that still fills the hall then.
const longestShowing = 2 * dayLength

// timetables reads what is in the halls around the wanted times. It keeps others from planning them until this write
// ends.
func (t *tx) timetables(wanted []draft) (map[HallID]*timetable, error) {
	halls := map[HallID]*timetable{}
	from, until := map[HallID]Instant{}, map[HallID]Instant{}
	for _, d := range wanted {
		if from[d.HallID] == 0 || d.StartsAt < from[d.HallID] {
			from[d.HallID] = d.StartsAt
		}
		until[d.HallID] = max(until[d.HallID], d.StartsAt)
	}
	ids := make([]HallID, 0, len(from))
	for id := range from {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		h := new(timetable)
		err := t.get(h, `SELECT id, name, cleaning_minutes, CASE WHEN archived_at IS NULL THEN 0 ELSE 1 END AS archived
			FROM hall WHERE id = $1`+t.rowLock(), id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err == nil {
			err = t.list(&h.showings,
				showingSelect+
					` WHERE s.hall_id = $1 AND s.starts_at > $2 AND s.starts_at < $3 AND s.status <> 'cancelled' `+
					`ORDER BY s.starts_at, s.id`, id, from[id].Add(-longestShowing), until[id].Add(longestShowing))
		}
		if err != nil {
			return nil, err
		}
		halls[id] = h
	}
	return halls, nil
}

// plannedMovie is what planning needs of a film.
type plannedMovie struct {
	Title    string `db:"title"`
	Runtime  int    `db:"runtime_minutes"`
	Trailers int    `db:"trailer_minutes"`
	Archived int    `db:"archived"`
}

func (t *tx) moviesOf(wanted []draft) (map[MovieID]plannedMovie, error) {
	movies, none := map[MovieID]plannedMovie{}, map[MovieID]bool{}
	for _, d := range wanted {
		if _, read := movies[d.MovieID]; read || none[d.MovieID] {
			continue
		}
		var m plannedMovie
		err := t.get(&m, `SELECT title, runtime_minutes, trailer_minutes, CASE WHEN archived_at IS NULL THEN 0 ELSE 1 END AS archived FROM movie WHERE id = $1`, d.MovieID)
		switch {
		case errors.Is(err, ErrNotFound):
			none[d.MovieID] = true
		case err != nil:
			return nil, err
		default:
			movies[d.MovieID] = m
		}
	}
	return movies, nil
}

// ShowingEdit is a change of a screening. What is nil stays.
type ShowingEdit struct {
	ID       ScreeningID
	Version  int64 // that the change was made from: see [ErrChanged]
	Hall     *HallID
	Starts   *Instant // the cut-offs move along
	Trailers *int
	Online   *int // minutes after the start
	Counter  *int
	Card     *PriceCardID
	Format   *string
	Language *string
}

// ErrProblem is a screening that cannot be as it should.
type ErrProblem struct{ ShowingProblem }

// Error names the fault alone.
func (e *ErrProblem) Error() string { return "the screening: " + string(e.Fault) }

// EditShowing changes a screening and returns it, with another id where it moved to another hall. Hall, time, trailers
// and price card are a draft's to change: else ErrNotDraft. It refuses with ErrChanged, ErrCancelled, and [ErrProblem]
// where something else is in the hall.
func (s Catalogue) EditShowing(ctx context.Context, e ShowingEdit) (Showing, error) {
	var out Showing
	err := s.write(ctx, booking, func(t *tx) (err error) {
		out, err = t.editShowing(e)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("change screening: %w", err)
	}
	s.catalogue.Add(1)
	return out, nil
}

func (t *tx) editShowing(e ShowingEdit) (Showing, error) {
	was, err := t.showing(e.ID)
	if err != nil {
		return was, err
	}
	sh := was
	online, counter := sh.OnlineCut(), sh.CounterCut()
	set(&sh.HallID, e.Hall)
	set(&sh.StartsAt, e.Starts)
	set(&sh.Trailers, e.Trailers)
	set(&online, e.Online)
	set(&counter, e.Counter)
	set(&sh.CardID, e.Card)
	set(&sh.Format, e.Format)
	set(&sh.Language, e.Language)
	sh.SalesCloseAt = sh.StartsAt.Add(time.Duration(online) * time.Minute)
	sh.CounterCloseAt = sh.StartsAt.Add(time.Duration(counter) * time.Minute)
	moved := sh.HallID != was.HallID || sh.StartsAt != was.StartsAt || sh.Trailers != was.Trailers
	switch {
	case e.Version != was.Version:
		return was, ErrChanged
	case was.Status == Cancelled:
		return was, ErrCancelled
	case was.Status != Draft && (moved || sh.CardID != was.CardID):
		return was, ErrNotDraft
	}
	if moved {
		halls, err := t.timetables([]draft{{Screening: sh.Screening}})
		if err != nil {
			return was, err
		}
		problem := ShowingProblem{Starts: sh.StartsAt, Title: sh.Title}
		if hall, is := halls[sh.HallID]; is && hall.Archived == 0 {
			sh.Hall, sh.Cleaning, problem.Hall = hall.Name, hall.Cleaning, hall.Name
			problem.Fault, problem.With = t.fits(sh, hall, sh.Archived)
		} else {
			problem.Fault = ShowingNoHall
		}
		if problem.Fault != "" {
			return was, &ErrProblem{problem}
		}
	}
	if sh.CardID != 0 && sh.CardID != was.CardID {
		sh.Prices, sh.Surcharges = Prices{}, nil
	}
	if sh.HallID != was.HallID {
		return t.moveDraft(was, sh)
	}
	sh.Version++
	err = t.run(`UPDATE screening SET hall_id = $1, starts_at = $2, trailer_minutes = $3, sales_close_at = $4, counter_close_at = $5, price_card_id = $6, prices = $7,
		format = $8, language = $9, version = $10, updated_at = $11, surcharges = $13 WHERE id = $12`, sh.HallID, sh.StartsAt, sh.Trailers, sh.SalesCloseAt, sh.CounterCloseAt,
		noID(int64(sh.CardID)), sh.Prices, sh.Format, sh.Language, sh.Version, t.now, sh.ID,
		sh.Surcharges)
	if err != nil {
		return was, err
	}
	return sh, t.audit(sh.change("screening.edit", was.logged(), sh.logged()))
}

// moveDraft moves a draft to another hall: it becomes another screening, since the seats of one never change.
func (t *tx) moveDraft(was, sh Showing) (Showing, error) {
	if err := t.deleteDraft(was.ID); err != nil {
		return was, err
	}
	sh.ID, sh.Version = ScreeningID(t.s.ids.next(t.s.now())), 1
	if err := t.addScreening(sh.Screening); err != nil {
		return was, err
	}
	return sh, t.audit(sh.change("screening.edit", was.logged(), sh.logged()))
}

func (t *tx) deleteDraft(id ScreeningID) error {
	if err := t.run(`DELETE FROM seat WHERE screening_id = $1`, id); err != nil {
		return err
	}
	return t.run(`DELETE FROM screening WHERE id = $1`, id)
}

func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

// DeleteShowing takes a draft away. It refuses with ErrChanged and ErrNotDraft; one that is gone already is
// ErrNotFound.
func (s Catalogue) DeleteShowing(ctx context.Context, id ScreeningID, version int64) error {
	err := s.write(ctx, booking, func(t *tx) error {
		sh, err := t.showing(id)
		switch {
		case err != nil:
			return err
		case sh.Status != Draft:
			return ErrNotDraft
		case version != sh.Version:
			return ErrChanged
		}
		if err := t.deleteDraft(id); err != nil {
			return err
		}
		return t.audit(sh.change("screening.delete", sh.logged(), nil))
	})
	if err != nil {
		return fmt.Errorf("delete screening: %w", err)
	}
	s.catalogue.Add(1)
	return nil
}

// setStatus writes a screening's new status, with its prices.
func (t *tx) setStatus(sh Showing, was ScreeningStatus, action string) error {
	before := sh
	before.Status = was
	if err := t.run(`UPDATE screening SET status = $1, prices = $2, surcharges = $5, version = version + 1, updated_at = $3 WHERE id = $4`,
		sh.Status, sh.Prices, t.now, sh.ID, sh.Surcharges); err != nil {
		return err
	}
	return t.audit(sh.change(action, before.logged(), sh.logged()))
}

// SetShowingStatus puts a screening on sale, hides it from lists, or takes it off sale. Off sale it is closed, or a
// draft again where nobody ever booked it. What it is already it stays. It refuses with ErrChanged, ErrCancelled,
// ErrBegun, ErrFilmArchived and ErrNoPrices, and with [ErrProblem] for whatever else [Catalogue.PublishShowings] names;
// a screening is cancelled by [Catalogue.CancelScreening].
func (s Catalogue) SetShowingStatus(ctx context.Context, id ScreeningID, version int64,
	to ScreeningStatus) (Showing, error) {
	var out Showing
	err := s.write(ctx, booking, func(t *tx) (err error) {
		out, err = t.setShowingStatus(id, version, to)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("change a screening's sale: %w", err)
	}
	s.catalogue.Add(1)
	return out, nil
}

func (t *tx) setShowingStatus(id ScreeningID, version int64, to ScreeningStatus) (sh Showing, err error) {
	if sh, err = t.showing(id); err != nil {
		return sh, err
	}
	was := sh.Status
	switch {
	case was == Cancelled:
		return sh, ErrCancelled
	case was == to, to == Closed && was == Draft:
		return sh, nil
	case version != 0 && version != sh.Version:
		return sh, ErrChanged
	}
	if to == Closed {
		var tickets int
		if err := t.scan([]any{&tickets}, `SELECT count(*) FROM ticket WHERE screening_id = $1`, id); err != nil {
			return sh, err
		}
		if sh.Status = Closed; tickets == 0 {
			sh.Status = Draft
		}
		return sh, t.setStatus(sh, was, "screening.stop")
	}
	if to != OnSale && to != Hidden {
		return sh, fmt.Errorf("no status to set: %q", to)
	}
	cards, err := readPriceCards(t.list)
	if err != nil {
		return sh, err
	}
	halls, err := t.timetables([]draft{{Screening: sh.Screening}})
	if err != nil {
		return sh, err
	}
	problem, err := t.sell(&sh, cards, halls[sh.HallID].showings, to)
	if err != nil {
		return sh, err
	}
	switch problem.Fault {
	case "":
	case ShowingPast:
		return sh, ErrBegun
	case ShowingArchived:
		return sh, ErrFilmArchived
	case ShowingNoPrices:
		return sh, ErrNoPrices
	default:
		return sh, &ErrProblem{problem}
	}
	action := "screening.publish"
	if to == Hidden {
		action = "screening.hide"
	}
	return sh, t.setStatus(sh, was, action)
}

// PlannedFilm is a film that may be planned.
type PlannedFilm struct {
	ID      MovieID `db:"id"`
	Title   string  `db:"title"`
	Runtime int     `db:"runtime_minutes"`
}

// PlannedFilms lists the films that are not archived, the newest first.
func (s Catalogue) PlannedFilms(ctx context.Context) ([]PlannedFilm, error) {
	var all []PlannedFilm
	if err := s.list(ctx, &all, `SELECT id, title, runtime_minutes FROM movie WHERE archived_at IS NULL ORDER BY id DESC`); err != nil {
		return nil, fmt.Errorf("list films: %w", err)
	}
	return all, nil
}

// FindPlannedFilm finds a film by its title as it was typed, or by its beginning where only one film begins so. Several
// are those that it may be.
func FindPlannedFilm(films []PlannedFilm, typed string) (film PlannedFilm, several []PlannedFilm) {
	key := NameKey(typed)
	if key == "" {
		return film, nil
	}
	var exact, begin []PlannedFilm
	for _, f := range films {
		switch title := NameKey(f.Title); {
		case title == key:
			exact = append(exact, f)
		case len(title) > len(key) && title[:len(key)] == key:
			begin = append(begin, f)
		}
	}
	for _, found := range [][]PlannedFilm{exact, begin} {
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			slices.SortFunc(found, func(a, b PlannedFilm) int {
				return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
			})
			return film, found
		}
	}
	return film, nil
}
