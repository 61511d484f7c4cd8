package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"cinemasphere/mpesa"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

const (
	// mostTypes and mostZones bound a price card.
	mostTypes, mostZones = 20, 10
	// mostRules bounds its rules.
	mostRules = 12
	// longestPriceName is of a card, a price type or a zone.
	longestPriceName = 40
)

// PricesPage answers GET /admin/prices.
func (a *Admin) PricesPage(w http.ResponseWriter, r *http.Request) error {
	v, err := a.prices(r)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.PricesPage(v))
}

// prices is the page of all price cards.
func (a *Admin) prices(r *http.Request) (v pages.Prices, err error) {
	if v.Cards, err = a.Store.Catalogue().PriceCards(r.Context()); err != nil {
		return v, err
	}
	var dates []string
	for _, date := range v.Cards.Holidays {
		if at, err := time.Parse(time.DateOnly, date); err == nil {
			dates = append(dates, at.Format("02/01/2006"))
		}
	}
	v.Holidays, v.Errors = strings.Join(dates, "\n"), map[string]string{}
	if !me(r).Role.Includes(store.RoleOwner) {
		return v, nil
	}
	allowances, err := a.Store.Catalogue().CompAllowances(r.Context())
	v.Allowances = map[string]string{}
	for role, n := range allowances {
		v.Allowances[string(role)] = strconv.Itoa(n)
	}
	return v, err
}

// SetHolidays answers POST /admin/prices/holidays.
func (a *Admin) SetHolidays(w http.ResponseWriter, r *http.Request) error {
	if !r.PostForm.Has("holidays") {
		return a.done(w, r, prefix+"/prices", "Nothing was changed.")
	}
	typed := r.PostForm.Get("holidays")
	dates, wrong := readHolidays(typed)
	if wrong != "" {
		v, err := a.prices(r)
		if err != nil {
			return err
		}
		v.Holidays, v.Errors["holidays"] = echo(typed), wrong
		return a.render(w, r, http.StatusUnprocessableEntity, pages.PricesPage(v))
	}
	if err := a.Store.Catalogue().SetHolidays(r.Context(), dates); err != nil {
		return err
	}
	return a.done(w, r, prefix+"/prices", "The holidays are saved.")
}

// readHolidays reads dates, a line each, or is what is wrong with the first that is none.
func readHolidays(typed string) (dates []string, wrong string) {
	for line := range strings.FieldsFuncSeq(typed, func(c rune) bool {
		return c == '\n' || c == '\r' || c == ',' || c == ';'
	}) {
		text := strings.TrimSpace(line)
		if text == "" {
			continue
		}
		day, read := store.ReadDay(text)
		if !read {
			return nil, fmt.Sprintf("%q is no date. Write it as 25/12/2026.", quote(text))
		}
		if dates = append(dates, string(day)); len(dates) > 500 {
			return nil, "These are too many dates."
		}
	}
	return dates, ""
}

// CardPage answers GET /admin/prices/{id}; new is an empty card.
func (a *Admin) CardPage(w http.ResponseWriter, r *http.Request) error {
	cards, card, err := a.card(r)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, pages.CardPage(cardForm(cards, card)))
}

// card is the card of the address, among all; the zero card for new.
func (a *Admin) card(r *http.Request) (cards store.PriceCards, card store.PriceCard, err error) {
	if cards, err = a.Store.Catalogue().PriceCards(r.Context()); err != nil {
		return cards, card, err
	}
	if id := chi.URLParam(r, "id"); id != "new" {
		found := false
		if card, found = cards.Card(store.PriceCardID(number(id))); !found {
			return cards, card, store.ErrNotFound
		}
	}
	return cards, card, nil
}

// cardForm is a card as a form, with room for more.
func cardForm(cards store.PriceCards, card store.PriceCard) pages.CardForm {
	v := pages.CardForm{ID: card.ID, Version: card.Version, Name: card.Name, Zones: []string{""}}
	for _, p := range card.Prices {
		if !slices.Contains(v.Types, p.Name) {
			v.Types = append(v.Types, p.Name)
		}
		if !slices.Contains(v.Zones, p.Zone) {
			v.Zones = append(v.Zones, p.Zone)
		}
	}
	if card.ID == 0 {
		v.Types = []string{"Adult", "Child", "Student"}
	}
	widen(&v)
	for _, p := range card.Prices {
		v.Cells[slices.Index(v.Types, p.Name)][slices.Index(v.Zones, p.Zone)] = shillings(p.Cents)
	}
	for _, rule := range card.Rules {
		form := pages.RuleForm{
			Card: strconv.FormatInt(int64(rule.Card), 10), Days: map[time.Weekday]bool{}, Holidays: rule.Holidays,
		}
		for _, day := range rule.Days {
			form.Days[day] = true
		}
		if rule.Before > 0 {
			form.Before = fmt.Sprintf("%02d:%02d", rule.Before/60, rule.Before%60)
		}
		v.Rules = append(v.Rules, form)
	}
	for _, extra := range card.Surcharges {
		v.Extras = append(v.Extras, pages.ExtraForm{
			Name: extra.Name, Price: shillings(extra.Cents), Optional: extra.Optional,
		})
	}
	withRules(&v, cards)
	return v
}

// widen adds an empty zone and two empty types, and a cell for each.
func widen(v *pages.CardForm) {
	if len(v.Zones) < mostZones && (len(v.Zones) == 1 || v.Zones[len(v.Zones)-1] != "") {
		v.Zones = append(v.Zones, "")
	}
	for len(v.Types) < mostTypes && (len(v.Types) < 3 || v.Types[len(v.Types)-1] != "") {
		v.Types = append(v.Types, "")
	}
	for len(v.Cells) < len(v.Types) {
		v.Cells = append(v.Cells, nil)
	}
	for i := range v.Cells {
		for len(v.Cells[i]) < len(v.Zones) {
			v.Cells[i] = append(v.Cells[i], "")
		}
	}
}

// withRules adds an empty surcharge, an empty rule, and the cards that a rule may name.
func withRules(v *pages.CardForm, cards store.PriceCards) {
	if n := len(v.Extras); n < store.MostSurcharges && (n == 0 || v.Extras[n-1].Name+v.Extras[n-1].Price != "") {
		v.Extras = append(v.Extras, pages.ExtraForm{})
	}
	if len(v.Rules) < mostRules {
		v.Rules = append(v.Rules, pages.RuleForm{})
	}
	for _, card := range cards.Cards {
		if card.ID != v.ID {
			v.Others = append(v.Others, card)
		}
	}
}

// shillings is an amount as it is typed: 900, or 12.50.
func shillings(cents store.Cents) string { return strings.TrimSuffix(wording.Decimal(cents), ".00") }

// SaveCard answers POST /admin/prices/{id}.
func (a *Admin) SaveCard(w http.ResponseWriter, r *http.Request) error {
	cards, have, err := a.card(r)
	if err != nil {
		return err
	}
	v := readCard(r.PostForm)
	v.ID = have.ID
	// A form that has none of these fields is older than they are, or there was nothing to choose: it takes nothing
	// away.
	is := cardForm(cards, have)
	for i, name := range v.Types {
		for j, zone := range v.Zones {
			if !r.PostForm.Has(fmt.Sprintf("price.%d.%d", i, j)) {
				v.Cells[i][j] = cellOf(is, name, zone)
			}
		}
	}
	if v.Extras == nil {
		v.Extras = is.Extras
	}
	if v.Rules == nil {
		v.Rules = is.Rules
	}
	card := store.PriceCard{
		ID: have.ID, Name: v.Name, Version: v.Version, Prices: readPrices(&v), Surcharges: readExtras(&v),
		Rules: readRules(&v),
	}
	status := http.StatusUnprocessableEntity
	if len(v.Errors) == 0 {
		_, err = a.Store.Catalogue().SavePriceCard(r.Context(), card)
		switch {
		case err == nil:
			return a.done(w, r, prefix+"/prices", "The prices are saved.")
		case errors.Is(err, store.ErrChanged):
			status, v.Notice, v.Version = http.StatusConflict, changedSentence, have.Version
			theirs := cardForm(cards, have)
			for i, name := range v.Types {
				for j, zone := range v.Zones {
					mine, now := v.Cells[i][j], cellOf(theirs, name, zone)
					if mine != now {
						v.Errors[fmt.Sprintf("price.%d.%d", i, j)] = "It is now: " + orNothing(now)
					}
				}
			}
			for i := range max(len(v.Extras), len(theirs.Extras)) {
				var mine, now pages.ExtraForm
				if i < len(v.Extras) {
					mine = v.Extras[i]
				}
				if i < len(theirs.Extras) {
					now = theirs.Extras[i]
				}
				if mine != now {
					v.Errors[fmt.Sprintf("extra.%d", i)] = "It is now: " + orNothing(now.Text())
				}
			}
		case errors.Is(err, store.ErrNameTaken):
			v.Errors["name"] = "Another price card has this name."
		default:
			return err
		}
	}
	widen(&v)
	withRules(&v, cards)
	return a.render(w, r, status, pages.CardPage(v))
}

func cellOf(v pages.CardForm, name, zone string) string {
	i, j := slices.Index(v.Types, name), slices.Index(v.Zones, zone)
	if i < 0 || j < 0 {
		return ""
	}
	return v.Cells[i][j]
}

func orNothing(text string) string {
	if text == "" {
		return "not sold"
	}
	return text
}

// ArchiveCard answers POST /admin/prices/{id}/archive.
func (a *Admin) ArchiveCard(w http.ResponseWriter, r *http.Request) error {
	id := store.PriceCardID(number(chi.URLParam(r, "id")))
	err := a.Store.Catalogue().ArchivePriceCard(r.Context(), id, number(r.PostForm.Get("version")))
	if errors.Is(err, store.ErrChanged) {
		cards, card, err := a.card(r)
		if err != nil {
			return err
		}
		v := cardForm(cards, card)
		v.Notice = "Somebody else has changed this card since you opened it. It stands below as it is now."
		return a.render(w, r, http.StatusConflict, pages.CardPage(v))
	}
	if err != nil {
		return err
	}
	return a.done(w, r, prefix+"/prices", "The price card is out of use.")
}

// readCard reads the form as it was typed.
func readCard(f url.Values) pages.CardForm {
	v := pages.CardForm{
		Version: number(f.Get("version")), Name: strings.Join(strings.Fields(echo(f.Get("name"))), " "),
		Zones: []string{""}, Errors: map[string]string{},
	}
	if v.Name == "" {
		v.Errors["name"] = "Please give it a name."
	} else if len([]rune(v.Name)) > longestPriceName {
		v.Errors["name"] = fmt.Sprintf("Please use at most %d characters.", longestPriceName)
	}
	columns := fieldsOf(f, "zone.%d", mostZones)
	for i := range mostTypes {
		columns = max(columns, fieldsOf(f, fmt.Sprintf("price.%d.", i)+"%d", mostZones))
	}
	for j := range columns {
		if j > 0 {
			v.Zones = append(v.Zones, tidyCell(f, fmt.Sprintf("zone.%d", j), v.Errors))
		}
	}
	for i := range fieldsOf(f, "type.%d", mostTypes) {
		v.Types = append(v.Types, tidyCell(f, fmt.Sprintf("type.%d", i), v.Errors))
		var row []string
		for j := range v.Zones {
			row = append(row, strings.TrimSpace(echo(f.Get(fmt.Sprintf("price.%d.%d", i, j)))))
		}
		v.Cells = append(v.Cells, row)
	}
	for i := range fieldsOf(f, "extra.%d.name", store.MostSurcharges) {
		at := fmt.Sprintf("extra.%d", i)
		v.Extras = append(v.Extras, pages.ExtraForm{
			Name:     strings.Join(strings.Fields(echo(f.Get(at+".name"))), " "),
			Price:    strings.TrimSpace(echo(f.Get(at + ".price"))),
			Optional: f.Has(at + ".optional"),
		})
	}
	for i := range fieldsOf(f, "rule.%d.card", mostRules) {
		rule := pages.RuleForm{
			Card:     f.Get(fmt.Sprintf("rule.%d.card", i)),
			Before:   strings.TrimSpace(echo(f.Get(fmt.Sprintf("rule.%d.before", i)))),
			Holidays: f.Has(fmt.Sprintf("rule.%d.holidays", i)), Days: map[time.Weekday]bool{},
		}
		for _, day := range f[fmt.Sprintf("rule.%d.day", i)] {
			rule.Days[time.Weekday(number(day)%7)] = true
		}
		v.Rules = append(v.Rules, rule)
	}
	return v
}

// fieldsOf is how many numbered fields a form has, also where one between them is not there.
func fieldsOf(f url.Values, name string, most int) (n int) {
	for i := range most {
		if f.Has(fmt.Sprintf(name, i)) {
			n = i + 1
		}
	}
	return n
}

func tidyCell(f url.Values, name string, wrong map[string]string) string {
	text := strings.Join(strings.Fields(echo(f.Get(name))), " ")
	if len([]rune(text)) > longestPriceName {
		wrong[name] = fmt.Sprintf("Please use at most %d characters.", longestPriceName)
	}
	return text
}

// readPrices reads the cells, and adds what is wrong with them to the form's errors.
func readPrices(v *pages.CardForm) (prices store.Prices) {
	for i, name := range v.Types {
		at := fmt.Sprintf("type.%d", i)
		if name != "" &&
			slices.ContainsFunc(v.Types[:i], func(of string) bool { return store.NameKey(of) == store.NameKey(name) }) {
			v.Errors[at] = "This kind of ticket stands above already."
		}
		for j, zone := range v.Zones {
			text, field := v.Cells[i][j], fmt.Sprintf("price.%d.%d", i, j)
			if text == "" {
				continue
			}
			cents, wrong := readCents(text)
			switch {
			case wrong != "":
				v.Errors[field] = wrong
			case name == "":
				v.Errors[at] = "Please say which kind of ticket this is."
			case j > 0 && zone == "":
				v.Errors[fmt.Sprintf("zone.%d", j)] = "Please name this zone as in the hall’s plan."
			case j > 0 && slices.Contains(v.Zones[:j], zone):
				v.Errors[fmt.Sprintf("zone.%d", j)] = "This zone stands to the left already."
			default:
				prices = append(prices, store.Price{Name: name, Zone: zone, Cents: cents})
			}
		}
	}
	slices.SortStableFunc(prices, func(a, b store.Price) int {
		return slices.Index(v.Zones, a.Zone) - slices.Index(v.Zones, b.Zone)
	})
	if len(prices) == 0 && len(v.Errors) == 0 {
		v.Errors["prices"] = "Please give at least one price."
	}
	return prices
}

// readExtras reads the surcharges, and adds what is wrong with them to the form's errors.
func readExtras(v *pages.CardForm) (extras store.Surcharges) {
	for i, typed := range v.Extras {
		at := fmt.Sprintf("extra.%d", i)
		again := slices.ContainsFunc(v.Extras[:i], func(of pages.ExtraForm) bool {
			return store.NameKey(of.Name) == store.NameKey(typed.Name)
		})
		cents, wrong := readCents(typed.Price)
		switch {
		case typed.Name == "" && typed.Price == "":
		case typed.Name == "":
			v.Errors[at] = "Please say what this is, such as 3D glasses."
		case len([]rune(typed.Name)) > longestPriceName:
			v.Errors[at] = fmt.Sprintf("Please use at most %d characters.", longestPriceName)
		case again:
			v.Errors[at] = "This stands above already."
		case typed.Price == "":
			v.Errors[at] = "Please write what it costs, in shillings."
		case wrong != "":
			v.Errors[at] = wrong
		default:
			extras = append(extras, store.Surcharge{Name: typed.Name, Cents: cents, Optional: typed.Optional})
		}
	}
	return extras
}

// readCents reads an amount in shillings, or is what is wrong with it.
func readCents(typed string) (store.Cents, string) {
	cents, read := mpesa.ParseAmount(typed)
	switch price := store.Cents(cents); {
	case !read:
		return 0, "Please write an amount in shillings, such as 900. Leave it empty where the ticket is not sold."
	case price > store.Cents(store.MaxCharge)*100:
		return 0, "M-PESA takes KSh 250,000 at most."
	default:
		return price, ""
	}
}

// readRules reads the rules, and adds what is wrong with them to the form's errors.
func readRules(v *pages.CardForm) (rules store.PriceRules) {
	for i, typed := range v.Rules {
		rule := store.PriceRule{Card: store.PriceCardID(number(typed.Card)), Holidays: typed.Holidays}
		for day := range time.Weekday(7) {
			if typed.Days[day] {
				rule.Days = append(rule.Days, day)
			}
		}
		at := fmt.Sprintf("rule.%d", i)
		if typed.Before != "" {
			clock, err := time.Parse("15:04", typed.Before)
			if rule.Before = clock.Hour()*60 + clock.Minute(); err != nil || rule.Before == 0 {
				v.Errors[at] = "Please write a time such as 17:00."
				continue
			}
		}
		narrows := len(rule.Days) > 0 || rule.Before > 0 || rule.Holidays
		switch {
		case rule.Card != 0 && !narrows:
			v.Errors[at] = "Please say when it holds: days, holidays or an hour."
		case rule.Card == 0 && narrows:
			v.Errors[at] = "Please choose which prices hold then."
		case rule.Card != 0:
			rules = append(rules, rule)
		}
	}
	return rules
}
