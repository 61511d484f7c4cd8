package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
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
	Usual    PriceCardID // that was used last, or else the oldest: what a form begins with; 0 where there is none
	Holidays []string    // dates, such as 2026-12-25

	HolidaysVersion int64 // grows with each change of them: see [ErrChanged]
}

// Card finds a card by id; false where there is none in use.
func (c PriceCards) Card(id PriceCardID) (PriceCard, bool) {
	i := slices.IndexFunc(c.Cards, func(card PriceCard) bool { return card.ID == id })
	if i < 0 {
		return PriceCard{}, false
	}
	return c.Cards[i], true
}

// PricesFor is what a card charges for a film that begins at the instant: see [PriceCards.CardFor]. False where there
// is no such card.
func (c PriceCards) PricesFor(id PriceCardID, starts Instant) (Prices, bool) {
	card, found := c.CardFor(id, starts)
	return card.Prices, found
}

// CardFor is the card whose prices hold for a film that begins at the instant and has the card: that of the first rule
// that fits, otherwise the card itself. A rule whose card is archived does not fit. False where there is no such card.
func (c PriceCards) CardFor(id PriceCardID, starts Instant) (PriceCard, bool) {
	card, found := c.Card(id)
	for _, rule := range card.Rules {
		if other, used := c.Card(rule.Card); used && rule.fits(starts, c.Holidays) {
			return other, true
		}
	}
	return card, found
}

// The cinema's holidays as they are stored: dates, a line each, and how often they were changed.
const (
	holidaySetting = "programme.holidays"
	holidayVersion = "programme.holidays.version"
)

// PriceCards reads the cards in use.
func (s Catalogue) PriceCards(ctx context.Context) (PriceCards, error) {
	return readPriceCards(readersOf{ctx, s.books}.list)
}

const cardSelect = `SELECT id, name, prices, surcharges, rules, version, COALESCE(archived_at, 0) AS archived_at
	FROM price_card`

func readPriceCards(list func(dest any, query string, args ...any) error) (c PriceCards, err error) {
	if err = list(&c.Cards, cardSelect+` WHERE archived_at IS NULL ORDER BY name, id`); err != nil {
		return c, fmt.Errorf("read price cards: %w", err)
	}
	var usual []PriceCardID
	if err = list(&usual, `SELECT l.price_card_id FROM (SELECT id, price_card_id FROM screening ORDER BY id DESC LIMIT 200) l
		JOIN price_card c ON c.id = l.price_card_id WHERE c.archived_at IS NULL ORDER BY l.id DESC LIMIT 1`); err != nil {
		return c, fmt.Errorf("read the usual price card: %w", err)
	}
	for _, card := range c.Cards {
		if c.Usual == 0 || card.ID < c.Usual {
			c.Usual = card.ID
		}
	}
	if len(usual) > 0 {
		c.Usual = usual[0]
	}
	if c.Holidays, err = readHolidays(list); err == nil {
		c.HolidaysVersion, err = settingsVersion(list, holidayVersion)
	}
	if err != nil {
		return c, fmt.Errorf("read holidays: %w", err)
	}
	return c, nil
}

func readHolidays(list func(dest any, query string, args ...any) error) ([]string, error) {
	var values []string
	err := list(&values, `SELECT value FROM setting WHERE key = $1`, holidaySetting)
	return strings.Fields(strings.Join(values, "\n")), err
}

// ArchivedPriceCards lists the cards out of use, by name.
func (s Catalogue) ArchivedPriceCards(ctx context.Context) ([]PriceCard, error) {
	var cards []PriceCard
	if err := s.list(ctx, &cards, cardSelect+` WHERE archived_at IS NOT NULL ORDER BY name, id`); err != nil {
		return nil, fmt.Errorf("read archived price cards: %w", err)
	}
	return cards, nil
}

// SetHolidays writes the cinema's holidays, where nobody has changed them since the version: else ErrChanged. Each is a
// date such as 2026-12-25; see [ReadDay]. The same dates again change nothing.
func (s Catalogue) SetHolidays(ctx context.Context, dates []string, version int64) error {
	dates = slices.Compact(slices.Sorted(slices.Values(dates)))
	err := s.write(ctx, booking, func(t *tx) error {
		is, err := t.lockSettings(holidayVersion)
		if err != nil {
			return err
		}
		was, err := readHolidays(t.list)
		switch {
		case err != nil || slices.Equal(was, dates):
			return err
		case is != version:
			return ErrChanged
		}
		if err := t.setSettings(map[string]string{
			holidaySetting: strings.Join(dates, "\n"), holidayVersion: strconv.FormatInt(version+1, 10),
		}); err != nil {
			return err
		}
		return t.audit(change{action: "holidays.edit", kind: "setting", subject: "holidays", was: was, now: dates})
	})
	if err != nil {
		return fmt.Errorf("write holidays: %w", err)
	}
	return nil
}

// SavePriceCard adds a card, or changes the one with its id where nobody has changed it since its version: else
// ErrChanged. Types without an id get that of the type with their name, or a new one. ErrNameTaken where another card
// in use has the name; ErrPrice for prices that nobody could pay. A new card that is there already, all alike and never
// edited, is that card: the same form sent twice adds one.
func (s Catalogue) SavePriceCard(ctx context.Context, card PriceCard) (PriceCardID, error) {
	err := checkPrices(card.Prices, card.Surcharges)
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
	err := t.lockCards()
	if err == nil && card.ID == 0 {
		if there, err := t.cardAlike(card); err != nil || there != 0 {
			return there, err
		}
	}
	if err == nil {
		err = t.cardNameFree(card)
	}
	if err == nil {
		err = t.rulesInUse(card)
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

// cardAlike is the card in use that a new card would be once more: of the same name, prices, surcharges and rules, as
// it was added. 0 where there is none.
func (t *tx) cardAlike(card PriceCard) (PriceCardID, error) {
	var there []PriceCard
	err := t.list(&there, cardSelect+` WHERE name = $1 AND version = 1 AND archived_at IS NULL`, card.Name)
	if err != nil || len(there) == 0 {
		return 0, err
	}
	text := func(card PriceCard) string {
		prices := slices.Clone(card.Prices)
		for i := range prices {
			prices[i].Type = 0 // the name says which
		}
		lists := []driver.Valuer{prices, card.Surcharges, card.Rules}
		var all []string
		for _, list := range lists {
			v, listErr := list.Value()
			err = errors.Join(err, listErr)
			all = append(all, fmt.Sprint(v))
		}
		return strings.Join(all, "\n")
	}
	if text(there[0]) != text(card) {
		return 0, err
	}
	return there[0].ID, err
}

// lockCards keeps others from changing price cards until this write ends: each may stand in the rules of others.
func (t *tx) lockCards() error {
	if !t.locks() {
		return nil
	}
	return t.lockName("price_card")
}

// cardNameFree refuses a name that another card in use has, in whatever case.
func (t *tx) cardNameFree(card PriceCard) error {
	var names []string
	if err := t.list(&names, `SELECT name FROM price_card WHERE id <> $1 AND archived_at IS NULL`, card.ID); err != nil {
		return err
	}
	if slices.ContainsFunc(names, func(name string) bool { return NameKey(name) == NameKey(card.Name) }) {
		return ErrNameTaken
	}
	return nil
}

// rulesInUse refuses a rule that would hold for nothing, since its card is out of use.
func (t *tx) rulesInUse(card PriceCard) error {
	var ids []PriceCardID
	if err := t.list(&ids, `SELECT id FROM price_card WHERE archived_at IS NULL`); err != nil {
		return err
	}
	for _, rule := range card.Rules {
		if !slices.Contains(ids, rule.Card) {
			return fmt.Errorf("rule for card %d: %w", rule.Card, ErrCardArchived)
		}
	}
	return nil
}

func (t *tx) priceCard(id PriceCardID) (card PriceCard, err error) {
	err = t.get(&card, cardSelect+` WHERE id = $1`, id)
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

// ErrCardArchived means that a price card is out of use, which a rule or a screening names.
var ErrCardArchived = errors.New("the price card is out of use")

// CardInUse means that rules of other cards choose a card that was to be archived. Nothing was changed.
type CardInUse struct{ By []PriceCard }

// Error names the cards.
func (c *CardInUse) Error() string {
	names := make([]string, len(c.By))
	for i, card := range c.By {
		names[i] = card.Name
	}
	return "rules choose the price card: those of " + strings.Join(names, ", ")
}

// ArchivePriceCard takes a card out of use, where nobody has changed it since the version: else ErrChanged. Screenings
// keep their prices. Rules of other cards that choose it end with it where endRules says so, else [CardInUse].
func (s Catalogue) ArchivePriceCard(ctx context.Context, id PriceCardID, version int64, endRules bool) error {
	err := s.write(ctx, booking, func(t *tx) error {
		if err := t.lockCards(); err != nil {
			return err
		}
		card, err := t.priceCard(id)
		switch {
		case err != nil:
			return err
		case card.ArchivedAt != 0:
			return nil
		case card.Version != version:
			return ErrChanged
		}
		if err := t.endRules(id, endRules); err != nil {
			return err
		}
		return t.setArchived(card, &t.now, "price_card.archive")
	})
	if err != nil {
		return fmt.Errorf("archive price card: %w", err)
	}
	return nil
}

// endRules takes the rules that choose a card from all others, or refuses where there are any.
func (t *tx) endRules(id PriceCardID, end bool) error {
	cards, err := readPriceCards(t.list)
	if err != nil {
		return err
	}
	var by []PriceCard
	for _, card := range cards.Cards {
		if slices.ContainsFunc(card.Rules, func(rule PriceRule) bool { return rule.Card == id }) && card.ID != id {
			by = append(by, card)
		}
	}
	if len(by) > 0 && !end {
		return &CardInUse{by}
	}
	for _, was := range by {
		card := was
		card.Rules = slices.DeleteFunc(slices.Clone(was.Rules), func(rule PriceRule) bool { return rule.Card == id })
		if err := t.run(`UPDATE price_card SET rules = $1, version = version + 1, updated_at = $2 WHERE id = $3`,
			card.Rules, t.now, card.ID); err != nil {
			return err
		}
		if err := t.audit(card.change("price_card.edit", &was)); err != nil {
			return err
		}
	}
	return nil
}

// setArchived takes a card out of use since an instant, or into use again.
func (t *tx) setArchived(card PriceCard, since *Instant, action string) error {
	if err := t.run(`UPDATE price_card SET archived_at = $1, version = version + 1, updated_at = $2 WHERE id = $3`, since,
		t.now, card.ID); err != nil {
		return err
	}
	return t.audit(change{action: action, kind: "price_card", id: int64(card.ID), subject: card.Name})
}

// RestorePriceCard takes a card into use again, with its prices and its rules; rules whose card is out of use have
// ended. ErrNameTaken where another card in use has its name. To restore it twice changes nothing.
func (s Catalogue) RestorePriceCard(ctx context.Context, id PriceCardID) error {
	err := s.write(ctx, booking, func(t *tx) error {
		if err := t.lockCards(); err != nil {
			return err
		}
		card, err := t.priceCard(id)
		if err != nil || card.ArchivedAt == 0 {
			return err
		}
		if err := t.cardNameFree(card); err != nil {
			return err
		}
		if err := t.dropDeadRules(card); err != nil {
			return err
		}
		return t.setArchived(card, nil, "price_card.restore")
	})
	if err != nil {
		return fmt.Errorf("restore price card: %w", err)
	}
	return nil
}

// dropDeadRules takes the rules from a card whose own cards are out of use.
func (t *tx) dropDeadRules(was PriceCard) error {
	cards, err := readPriceCards(t.list)
	if err != nil {
		return err
	}
	card := was
	card.Rules = slices.DeleteFunc(slices.Clone(was.Rules), func(rule PriceRule) bool {
		_, used := cards.Card(rule.Card)
		return !used
	})
	if len(card.Rules) == len(was.Rules) {
		return nil
	}
	if err := t.run(`UPDATE price_card SET rules = $1 WHERE id = $2`, card.Rules, card.ID); err != nil {
		return err
	}
	return t.audit(card.change("price_card.edit", &was))
}
