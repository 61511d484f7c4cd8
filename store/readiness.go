package store

import (
	"context"
	"fmt"
	"strconv"
)

// Readiness is how far a cinema is from opening, by its books.
type Readiness struct {
	Films        int         `db:"films"`          // that are not archived
	Posterless   int         `db:"posterless"`     // of these, without a poster of their own
	PosterFor    MovieID     `db:"poster_for"`     // one of those; 0 for none
	Halls        int         `db:"halls"`          // in use
	Cards        int         `db:"cards"`          // price cards in use
	Next         ScreeningID `db:"next"`           // the next screening that is on sale; 0 for none
	Owners       int         `db:"owners"`         // who may sign in
	OwnersNoCode int         `db:"owners_no_code"` // of these, without an authenticator app
	People       int         `db:"people"`         // of the staff who may sign in, owners too
	LatestTest   TicketID    `db:"latest_test"`    // the latest test sale; 0 for none
	TestsPaid    int         `db:"tests_paid"`     // how many test sales were paid for, whatever became of them
	BackupAt     Instant     `db:"backup_at"`      // of the last good backup that the program made; 0 for none
	BackupSince  Instant     `db:"-"`              // when a person said that backups are made; 0 is not
	PutAwaySince Instant     `db:"-"`              // when a person put the list away; 0 is not
}

// The settings that a person decides, since the program cannot know.
const (
	backupSetting  = "opening.backup"
	putAwaySetting = "opening.put_away"
)

// Readiness reads it.
func (s Catalogue) Readiness(ctx context.Context) (Readiness, error) {
	var r Readiness
	const poster = `archived_at IS NULL AND poster = '' AND poster_hash = ''`
	err := s.read(ctx, &r, `SELECT
		(SELECT count(*) FROM movie WHERE archived_at IS NULL) AS films,
		(SELECT count(*) FROM movie WHERE `+poster+`) AS posterless,
		COALESCE((SELECT min(id) FROM movie WHERE `+poster+`), 0) AS poster_for,
		(SELECT count(*) FROM hall WHERE archived_at IS NULL) AS halls,
		(SELECT count(*) FROM price_card WHERE archived_at IS NULL) AS cards,
		COALESCE((SELECT id FROM screening WHERE starts_at > $1 AND sales_close_at > $1 AND status = 'on_sale'
			ORDER BY starts_at, id LIMIT 1), 0) AS next,
		(SELECT count(*) FROM operator WHERE disabled_at IS NULL AND role = 'owner') AS owners,
		(SELECT count(*) FROM operator WHERE disabled_at IS NULL AND role = 'owner' AND totp_secret = '')
			AS owners_no_code,
		(SELECT count(*) FROM operator WHERE disabled_at IS NULL) AS people,
		COALESCE((SELECT max(id) FROM ticket WHERE channel = 'test'), 0) AS latest_test,
		(SELECT count(*) FROM ticket WHERE channel = 'test' AND payment_status = 'Paid') AS tests_paid,
		(SELECT COALESCE(max(good_at), 0) FROM backup) AS backup_at`, s.Now())
	var rows []struct{ Key, Value string }
	if err == nil {
		err = s.list(ctx, &rows, `SELECT key, value FROM setting WHERE key IN ($1, $2)`, backupSetting, putAwaySetting)
	}
	if err != nil {
		return r, fmt.Errorf("read how far the cinema is: %w", err)
	}
	for _, row := range rows {
		at, _ := strconv.ParseInt(row.Value, 10, 64) // written by decideOpening alone; 0 is not
		if row.Key == backupSetting {
			r.BackupSince = Instant(at)
		} else {
			r.PutAwaySince = Instant(at)
		}
	}
	return r, nil
}

// SetBackupMade writes down that backups of the books are made, or that they are not.
func (s Catalogue) SetBackupMade(ctx context.Context, made bool) error {
	return s.decideOpening(ctx, backupSetting, "checklist.backup", made)
}

// PutChecklistAway takes the list of what is to be done before opening off the first page, or puts it back there.
func (s Catalogue) PutChecklistAway(ctx context.Context, away bool) error {
	return s.decideOpening(ctx, putAwaySetting, "checklist.put-away", away)
}

func (s Catalogue) decideOpening(ctx context.Context, key, action string, on bool) error {
	err := s.write(ctx, urgent, func(t *tx) error {
		var was []string
		if err := t.list(&was, `SELECT value FROM setting WHERE key = $1`, key); err != nil {
			return err
		}
		if before := len(was) > 0 && was[0] != "0"; before == on {
			return nil
		}
		value := "0"
		if on {
			value = strconv.FormatInt(int64(t.now), 10)
		}
		if err := t.setSettings(map[string]string{key: value}); err != nil {
			return err
		}
		return t.audit(change{
			action: action, kind: "setting", subject: "checklist", was: map[string]bool{"on": !on},
			now: map[string]bool{"on": on},
		})
	})
	if err != nil {
		return fmt.Errorf("write down a decision about opening: %w", err)
	}
	return nil
}
