package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ImportMost is how many films one import has at most.
const ImportMost = 2000

// MovieLine is a film as a line of a file has it.
type MovieLine struct {
	Line  int               // in the file, from 1
	Typed map[string]string // by the names of [MovieFields], and id
}

// ImportFault is what is wrong with a line.
type ImportFault struct {
	Line  int
	Field string // "" where it is about the line
	Fault Fault
}

// Faults of a line.
const (
	IDUnreadable FaultKind = "id_unreadable" // it is no id, such as 3.47911E+15
	IDUnknown    FaultKind = "id_unknown"    // no film has that id
	LineTwice    FaultKind = "line_twice"    // Least: the line above that is the same film
	TitleTwice   FaultKind = "title_twice"   // several films have that title: an id must say which one is meant
)

// MovieImport is what an import does, or would do.
type MovieImport struct {
	Added, Changed, Same int
	Rows                 []MovieRow    // of films that are new or changed, in order
	Faults               []ImportFault // where there is one, nothing is written
	Clashes              []Clash       // of screenings to come of the changed films, as these will be
}

// MovieRow is what a line of an import does.
type MovieRow struct {
	Line    int
	Title   string   // as it is to be
	New     bool     // else these fields are changed:
	Changed []string // by the names of [MovieFields]
}

// cellLetter begins a film's id in a file. A spreadsheet keeps 15 digits of a number, and all of a text.
const cellLetter = "f"

// Cell is the id as a file of films has it: f and the number.
func (id MovieID) Cell() string { return cellLetter + strconv.FormatInt(int64(id), 10) }

// ReadMovieCell reads an id of a file of films: with the letter, in any case, or the bare number.
func ReadMovieCell(cell string) (MovieID, bool) {
	digits := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(cell)), cellLetter)
	n, err := strconv.ParseInt(digits, 10, 64)
	return MovieID(n), err == nil && n > 0
}

// errDry ends a write that is not to happen.
var errDry = errors.New("a dry run")

// ImportMovies adds the films of a file, and changes those that there are: a line with an id is that film, and one
// without is the film with its title, in any case, archived ones too. Fields that a line does not have are kept.
// Nothing is written in a dry run, or where anything is wrong. The same file again changes nothing.
func (s Catalogue) ImportMovies(ctx context.Context, lines []MovieLine, dry bool) (result MovieImport, err error) {
	err = s.write(ctx, booking, func(t *tx) error {
		plan, films, err := t.planImport(lines)
		if err != nil {
			return err
		}
		if result = plan; dry || len(plan.Faults) > 0 {
			return errDry
		}
		for _, f := range films {
			if err := t.importMovie(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDry) {
		return result, fmt.Errorf("import films: %w", err)
	}
	if err == nil {
		s.catalogue.Add(1)
	}
	return result, nil
}

// importedMovie is a film of an import: as it was, with the zero film for a new one, and as it is to be.
type importedMovie struct{ was, now Movie }

// planImport reads the lines against the films that there are.
func (t *tx) planImport(lines []MovieLine) (plan MovieImport, films []importedMovie, err error) {
	var have []Movie
	if err := t.list(&have, movieSelect); err != nil {
		return plan, nil, err
	}
	var codes []string
	if err := t.list(&codes, `SELECT code FROM rating`); err != nil {
		return plan, nil, err
	}
	known := newKnownMovies(have)
	for _, line := range lines {
		was, fault := known.find(line)
		if fault.Fault.Kind != "" {
			plan.Faults = append(plan.Faults, fault)
			continue
		}
		now, faults := ReadMovie(was, line.Typed)
		for name, f := range now.faults(func(code string) bool { return slices.Contains(codes, code) }) {
			if _, worse := faults[name]; !worse {
				faults[name] = f
			}
		}
		for _, name := range slices.Sorted(maps.Keys(faults)) {
			plan.Faults = append(plan.Faults, ImportFault{line.Line, name, faults[name]})
		}
		switch changed := changedFields(was, now); {
		case len(faults) > 0:
		case was.ID == 0:
			plan.Added++
			plan.Rows = append(plan.Rows, MovieRow{Line: line.Line, Title: now.Title, New: true})
		case len(changed) > 0:
			plan.Changed++
			plan.Rows = append(plan.Rows, MovieRow{Line: line.Line, Title: now.Title, Changed: changed})
		default:
			plan.Same++
			continue
		}
		films = append(films, importedMovie{was, now})
	}
	plan.Clashes, err = t.importClashes(films)
	return plan, films, err
}

// importClashes finds the screenings that overlap once the films are as long as they are to be.
func (t *tx) importClashes(films []importedMovie) (clashes []Clash, err error) {
	runtimes := map[MovieID]int{}
	for _, f := range films {
		if f.was.ID != 0 && f.now.Runtime != f.was.Runtime {
			runtimes[f.was.ID] = f.now.Runtime
		}
	}
	if len(runtimes) == 0 {
		return nil, nil
	}
	all, err := clashesToCome(t, t.now, func(sh *Showing) {
		if runtime, changed := runtimes[sh.MovieID]; changed {
			sh.Runtime = runtime
		}
	}, "")
	for _, c := range all {
		_, first := runtimes[c.First.MovieID]
		if _, second := runtimes[c.Second.MovieID]; first || second {
			clashes = append(clashes, c)
		}
	}
	return clashes, err
}

// knownMovies finds the films that lines mean.
type knownMovies struct {
	byID    map[MovieID]Movie
	byTitle map[string][]Movie
	lines   map[string]int // the line that has named a film
}

func newKnownMovies(have []Movie) knownMovies {
	k := knownMovies{map[MovieID]Movie{}, map[string][]Movie{}, map[string]int{}}
	for _, m := range have {
		k.byID[m.ID] = m
		k.byTitle[Fold(m.Title)] = append(k.byTitle[Fold(m.Title)], m)
	}
	return k
}

// find is the film that a line means, or the zero film for a new one.
func (k knownMovies) find(line MovieLine) (m Movie, fault ImportFault) {
	title, name := Fold(line.Typed["title"]), ""
	if cell := strings.TrimSpace(line.Typed["id"]); cell != "" {
		id, read := ReadMovieCell(cell)
		if !read {
			return m, ImportFault{line.Line, "id", Fault{Kind: IDUnreadable}}
		}
		if m = k.byID[id]; m.ID == 0 {
			return m, ImportFault{line.Line, "id", Fault{Kind: IDUnknown}}
		}
	} else if same := k.byTitle[title]; title != "" && len(same) > 1 {
		return m, ImportFault{line.Line, "title", Fault{Kind: TitleTwice}}
	} else if len(same) == 1 {
		m = same[0]
	}
	if name = strconv.FormatInt(int64(m.ID), 10); m.ID == 0 {
		name = "title " + title
	}
	if above := k.lines[name]; above != 0 && (m.ID != 0 || title != "") {
		return m, ImportFault{line.Line, "", Fault{Kind: LineTwice, Least: above}}
	}
	k.lines[name] = line.Line
	return m, ImportFault{}
}

func (t *tx) importMovie(f importedMovie) error {
	if f.was.ID == 0 {
		f.now.ID, f.now.Slug = MovieID(t.s.ids.next(t.s.now())), ""
		if err := t.addMovie(f.now, ""); err != nil {
			return err
		}
		return t.audit(change{
			action: "film.add", kind: "movie", id: int64(f.now.ID), subject: f.now.Title, now: f.now.given(),
		})
	}
	_, err := t.movieOfVersion(f.was.ID, f.was.Version)
	if _, stale := errors.AsType[*StaleMovie](err); stale {
		return ErrRetry
	}
	if err != nil {
		return err
	}
	return t.editMovie(f.was, f.now)
}
