package backup

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinemasphere/store"
)

// stamp is the time in a name, in UTC.
const stamp = "20060102T150405.000Z"

// fileName is the name of a backup: whose money, when it was begun, and what it is of.
func fileName(env store.Environment, began store.Instant, postgres, encrypted bool) string {
	name := fmt.Sprintf("cinemasphere-%s-%s", env, began.Time().UTC().Format(stamp))
	if postgres {
		name += ".dump"
	} else {
		name += ".db.zst"
	}
	if encrypted {
		name += ".age"
	}
	return name
}

// named is the name of a backup; nothing else is ever listed or removed.
var named = regexp.MustCompile(
	`^cinemasphere-(?:simulator|sandbox|production)-([0-9]{8}T[0-9]{6}\.[0-9]{3}Z)\.(?:db\.zst|dump)(?:\.age)?$`)

// Entry is a backup in its place.
type Entry struct {
	Name  string
	At    time.Time // when it was begun
	Bytes int64
}

// entry reads the name of a file; false where it is no backup.
func entry(name string, bytes int64) (Entry, bool) {
	m := named.FindStringSubmatch(name)
	if m == nil {
		return Entry{}, false
	}
	at, err := time.Parse(stamp, m[1])
	return Entry{name, at, bytes}, err == nil
}

// newestFirst sorts backups.
func newestFirst(all []Entry) {
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Name, a.Name)) })
}

// Keep says which backups are kept: all of the last Hours, and the newest of each of the last Days, Weeks and Months.
// The newest of all is always kept.
type Keep struct{ Hours, Days, Weeks, Months int }

// ParseKeep reads a policy such as 24h,14d,8w,12m.
func ParseKeep(text string) (k Keep, err error) {
	units := map[string]*int{"h": &k.Hours, "d": &k.Days, "w": &k.Weeks, "m": &k.Months}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		unit, digits := units[part[len(part)-1:]], part[:len(part)-1]
		n, convErr := strconv.Atoi(digits)
		if unit == nil || convErr != nil || n < 1 || n > 10_000 || *unit != 0 {
			return Keep{}, errors.New("it must be such as 24h,14d,8w,12m: hours, days, weeks and months, each once")
		}
		*unit = n
	}
	if k == (Keep{}) {
		return Keep{}, errors.New("it keeps nothing: it must be such as 24h,14d,8w,12m")
	}
	return k, nil
}

// monday is the beginning of a week.
func monday(t time.Time) time.Time {
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7).Truncate(24 * time.Hour)
}

// surplus are the backups that a policy does not keep. Days, weeks and months are those of UTC.
func (k Keep) surplus(all []Entry, now time.Time) (gone []Entry) {
	all = slices.Clone(all)
	newestFirst(all)
	now = now.UTC()
	first := map[string]bool{}
	for i, e := range all {
		at := e.At.UTC()
		year, week := at.ISOWeek()
		day := now.Truncate(24 * time.Hour)
		months := (now.Year()-at.Year())*12 + int(now.Month()) - int(at.Month())
		kept := i == 0 || now.Sub(at) < time.Duration(k.Hours)*time.Hour
		for key, within := range map[string]bool{
			at.Format("day 2006-01-02"):           at.After(day.AddDate(0, 0, 1-k.Days).Add(-1)),
			fmt.Sprintf("week %d-%d", year, week): monday(at).After(monday(now).AddDate(0, 0, -7*k.Weeks)),
			at.Format("month 2006-01"):            months < k.Months,
		} {
			if within && !first[key] {
				kept = true
			}
			first[key] = true
		}
		if !kept {
			gone = append(gone, e)
		}
	}
	return gone
}
