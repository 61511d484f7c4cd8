package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PriceCardID is the id of a price card.
type PriceCardID int64

// PriceCard is what a cinema charges for a kind of screening. A screening takes its prices when it goes on sale, and
// keeps them.
type PriceCard struct {
	ID         PriceCardID `db:"id"`
	Name       string      `db:"name"`
	Prices     Prices      `db:"prices"`     // the types have ids once the card is stored
	Surcharges Surcharges  `db:"surcharges"` // of each ticket, whichever card's prices its rules choose
	Rules      PriceRules  `db:"rules"`      // the first that fits decides which card's prices a screening takes
	Version    int64       `db:"version"`
	ArchivedAt Instant     `db:"archived_at"` // 0 while it is in use
}

// PriceRule is when another card's prices hold in the place of this one's. Each field that is set narrows it. Days are
// business days: what begins after midnight is of the evening before, and late in it.
type PriceRule struct {
	Days     []time.Weekday `json:"days,omitempty"`     // of the week; none is any
	Before   int            `json:"before,omitempty"`   // the film begins before this minute of the business day; 0 is any
	Holidays bool           `json:"holidays,omitempty"` // on a holiday of the cinema's list
	Card     PriceCardID    `json:"card"`               // whose prices hold
}

// PriceRules are the rules of a card, in order.
type PriceRules []PriceRule

// Scan reads rules from their column.
func (r *PriceRules) Scan(v any) error { return scanJSON(v, r) }

// Value is the rules as stored.
func (r PriceRules) Value() (driver.Value, error) {
	if r == nil {
		r = PriceRules{}
	}
	return valueJSON(r)
}

// fits reports whether the rule holds for a film that begins at an instant.
func (r PriceRule) fits(starts Instant, holidays []string) bool {
	day, clock := BusinessDayOf(starts), ClockOf(starts)
	if clock < DayTurns {
		clock += minutesADay
	}
	return (len(r.Days) == 0 || slices.Contains(r.Days, day.Date().Weekday())) &&
		(r.Before == 0 || int(clock) < r.Before) &&
		(!r.Holidays || slices.Contains(holidays, day.String()))
}

// PriceCards are the cards in use, by name, with the cinema's holidays.
type PriceCards struct {
	Cards    []PriceCard
	Holidays []string // dates, such as 2026-12-25
}

// Card finds a card by id; false where there is none in use.
func (c PriceCards) Card(id PriceCardID) (PriceCard, bool) {
	i := slices.IndexFunc(c.Cards, func(card PriceCard) bool { return card.ID == id })
	if i < 0 {
		return PriceCard{}, false
	}
	return c.Cards[i], true
}

// PricesFor is what a card charges for a film that begins at the instant: by its first rule that fits, otherwise its
// own prices. A rule whose card is archived does not fit. False where there is no such card.
func (c PriceCards) PricesFor(id PriceCardID, starts Instant) (Prices, bool) {
	card, found := c.Card(id)
	if !found {
		return nil, false
	}
	for _, rule := range card.Rules {
		if other, used := c.Card(rule.Card); used && rule.fits(starts, c.Holidays) {
			return other.Prices, true
		}
	}
	return card.Prices, true
}

// holidaySetting is where the cinema's holidays are stored: dates, a line each.
const holidaySetting = "programme.holidays"

// PriceCards reads the cards in use.
func (s Catalogue) PriceCards(ctx context.Context) (PriceCards, error) {
	return readPriceCards(func(dest any, query string, args ...any) error { return s.list(ctx, dest, query, args...) })
}

func readPriceCards(list func(dest any, query string, args ...any) error) (c PriceCards, err error) {
	err = list(&c.Cards, `SELECT id, name, prices, surcharges, rules, version, COALESCE(archived_at, 0) AS archived_at FROM price_card
		WHERE archived_at IS NULL ORDER BY name, id`)
	if err != nil {
		return c, fmt.Errorf("read price cards: %w", err)
	}
	var rows []struct{ Value string }
	if err = list(&rows, `SELECT value FROM setting WHERE key = $1`, holidaySetting); err != nil {
		return c, fmt.Errorf("read holidays: %w", err)
	}
	for _, row := range rows {
		c.Holidays = strings.Fields(row.Value)
	}
	return c, nil
}

// SetHolidays writes the cinema's holidays. Each is a date such as 2026-12-25; see [ParseHoliday].
func (s Catalogue) SetHolidays(ctx context.Context, dates []string) error {
	dates = slices.Compact(slices.Sorted(slices.Values(dates)))
	err := s.write(ctx, booking, func(t *tx) error {
		var was []string
		if err := t.list(&was, `SELECT value FROM setting WHERE key = $1`, holidaySetting); err != nil {
			return err
		}
		if err := t.setSettings(map[string]string{holidaySetting: strings.Join(dates, "\n")}); err != nil {
			return err
		}
		return t.audit(change{
			action: "holidays.edit", kind: "setting", subject: "holidays", was: strings.Fields(strings.Join(was, "")),
			now: dates,
		})
	})
	if err != nil {
		return fmt.Errorf("write holidays: %w", err)
	}
	return nil
}

// SavePriceCard adds a card, or changes the one with its id where nobody has changed it since its version: else
// ErrChanged. Types without an id get that of the type with their name, or a new one. ErrNameTaken where another card
// in use has the name; ErrPrice for prices that nobody could pay.
func (s Catalogue) SavePriceCard(ctx context.Context, card PriceCard) (PriceCardID, error) {
	err := errors.Join(card.Prices.check(), card.Surcharges.check())
	if err == nil {
		err = s.write(ctx, booking, func(t *tx) (err error) {
			card.ID, err = t.savePriceCard(card)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("save price card: %w", err)
	}
	return card.ID, nil
}

func (t *tx) savePriceCard(card PriceCard) (PriceCardID, error) {
	if t.locks() {
		if err := t.lockName("price_card"); err != nil {
			return 0, err
		}
	}
	var others int
	err := t.scan([]any{&others}, `SELECT count(*) FROM price_card WHERE lower(name) = lower($1) AND id <> $2 AND archived_at IS NULL`,
		card.Name, card.ID)
	if err == nil && others > 0 {
		err = ErrNameTaken
	}
	if err != nil {
		return 0, err
	}
	if card.Prices, err = t.priceTypes(card.Prices); err != nil {
		return 0, err
	}
	if card.ID == 0 {
		card.ID = PriceCardID(t.s.ids.next(t.now.Time()))
		if err := t.run(`INSERT INTO price_card (id, name, prices, rules, version, created_at, updated_at, surcharges) VALUES ($1,$2,$3,$4,1,$5,$5,$6)`,
			card.ID, card.Name, card.Prices, card.Rules, t.now, card.Surcharges); err != nil {
			return 0, err
		}
		return card.ID, t.audit(card.change("price_card.add", nil))
	}
	was, err := t.priceCard(card.ID)
	if err == nil && was.Version != card.Version {
		err = ErrChanged
	}
	if err != nil {
		return 0, err
	}
	if err := t.run(`UPDATE price_card SET name = $1, prices = $2, rules = $3, surcharges = $6, version = version + 1, updated_at = $4 WHERE id = $5`,
		card.Name, card.Prices, card.Rules, t.now, card.ID, card.Surcharges); err != nil {
		return 0, err
	}
	return card.ID, t.audit(card.change("price_card.edit", &was))
}

func (t *tx) priceCard(id PriceCardID) (card PriceCard, err error) {
	err = t.get(&card, `SELECT id, name, prices, surcharges, rules, version, COALESCE(archived_at, 0) AS archived_at FROM price_card WHERE id = $1`, id)
	return card, err
}

// change is a card in the audit log.
func (card PriceCard) change(action string, was *PriceCard) change {
	type logged struct {
		Name       string     `json:"name"`
		Prices     Prices     `json:"prices"`
		Surcharges Surcharges `json:"surcharges,omitempty"`
		Rules      PriceRules `json:"rules,omitempty"`
	}
	c := change{
		action: action, kind: "price_card", id: int64(card.ID), subject: card.Name,
		now: logged{card.Name, card.Prices, card.Surcharges, card.Rules},
	}
	if was != nil {
		c.was = logged{was.Name, was.Prices, was.Surcharges, was.Rules}
	}
	return c
}

// priceTypes gives each type its id: one name is one type in all cards and screenings.
func (t *tx) priceTypes(prices Prices) (Prices, error) {
	prices = slices.Clone(prices)
	for i, p := range prices {
		var ids []PriceTypeID
		if err := t.list(&ids, `SELECT id FROM price_type WHERE name_key = $1`, NameKey(p.Name)); err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			ids = []PriceTypeID{PriceTypeID(t.s.ids.next(t.now.Time()))}
			if err := t.run(`INSERT INTO price_type (id, name, name_key, created_at) VALUES ($1,$2,$3,$4)`, ids[0], p.Name,
				NameKey(p.Name), t.now); err != nil {
				return nil, err
			}
		}
		prices[i].Type = ids[0]
	}
	return prices, prices.check()
}

// ArchivePriceCard takes a card out of use, where nobody has changed it since the version: else ErrChanged. Screenings
// keep their prices.
func (s Catalogue) ArchivePriceCard(ctx context.Context, id PriceCardID, version int64) error {
	err := s.write(ctx, booking, func(t *tx) error {
		card, err := t.priceCard(id)
		switch {
		case err != nil:
			return err
		case card.ArchivedAt != 0:
			return nil
		case card.Version != version:
			return ErrChanged
		}
		if err := t.run(`UPDATE price_card SET archived_at = $1, version = version + 1, updated_at = $1 WHERE id = $2`, t.now, id); err != nil {
			return err
		}
		return t.audit(change{action: "price_card.archive", kind: "price_card", id: int64(id), subject: card.Name})
	})
	if err != nil {
		return fmt.Errorf("archive price card: %w", err)
	}
	return nil
}
