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
	"cinemasphere/store/seating"
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
	c := a.Store.Catalogue()
	if v.Cards, err = c.PriceCards(r.Context()); err != nil {
		return v, err
	}
	if v.Archived, err = c.ArchivedPriceCards(r.Context()); err != nil {
		return v, err
	}
	halls, err := a.seated(r)
	if err != nil {
		return v, err
	}
	v.Lacks = map[store.PriceCardID][]pages.ZoneLack{}
	for _, card := range v.Cards.Cards {
		v.Lacks[card.ID] = lacks(halls, card.Prices)
	}
	v.Holidays, v.Errors = strings.Join(shownDates(v.Cards.Holidays), "\n"), map[string]string{}
	v.HolidaysVersion = v.Cards.HolidaysVersion
	if !me(r).Role.Includes(store.RoleOwner) {
		return v, nil
	}
	allowances, version, err := c.CompAllowances(r.Context())
	v.Allowances, v.AllowancesVersion = map[string]string{}, version
	for role, n := range allowances {
		v.Allowances[string(role)] = strconv.Itoa(n)
	}
	return v, err
}

// shownDates are dates as they are typed: 25/12/2026.
func shownDates(dates []string) (shown []string) {
	for _, date := range dates {
		if at, err := time.Parse(time.DateOnly, date); err == nil {
			shown = append(shown, at.Format("02/01/2006"))
		}
	}
	return shown
}

// seatedHall is a hall in use with its seats.
type seatedHall struct {
	store.Hall
	plan seating.Plan
}

// seated are the halls in use with their seats.
func (a *Admin) seated(r *http.Request) ([]seatedHall, error) {
	halls, err := a.Store.Catalogue().Halls(r.Context())
	all := make([]seatedHall, len(halls))
	for i, h := range halls {
		all[i].Hall = h
		all[i].plan, _ = seating.Parse(h.Plan) // it was checked when it was written
	}
	return all, err
}

// lacks are the zones of halls that prices have none for.
func lacks(halls []seatedHall, prices store.Prices) (all []pages.ZoneLack) {
	for _, h := range halls {
		if zones := prices.Lacking(&h.plan); len(zones) > 0 {
			all = append(all, pages.ZoneLack{Hall: h.Name, Zones: zones})
		}
	}
	return all
}

// SetHolidays answers POST /admin/prices/holidays.
func (a *Admin) SetHolidays(w http.ResponseWriter, r *http.Request) error {
	if !r.PostForm.Has("holidays") {
		return a.done(w, r, prefix+"/prices", "Nothing was changed.")
	}
	typed := r.PostForm.Get("holidays")
	dates, wrong := readHolidays(typed)
	status := http.StatusUnprocessableEntity
	version := number(r.PostForm.Get("version"))
	if wrong == "" {
		err := a.Store.Catalogue().SetHolidays(r.Context(), dates, version)
		if err == nil {
			return a.done(w, r, prefix+"/prices", "The holidays are saved.")
		}
		if !errors.Is(err, store.ErrChanged) {
			return err
		}
		status = http.StatusConflict
	}
	v, err := a.prices(r)
	if err != nil {
		return err
	}
	if status == http.StatusConflict {
		v.Notice, wrong = changedSentence, holidaysDiffer(v.Cards.Holidays, dates)
	} else {
		v.HolidaysVersion = version
	}
	v.Holidays, v.Errors["holidays"] = echo(typed), wrong
	return a.render(w, r, status, pages.PricesPage(v))
}

// holidaysDiffer says in what the list that is saved differs from the one that was typed.
func holidaysDiffer(saved, typed []string) string {
	without := func(of, others []string) string {
		return strings.Join(shownDates(slices.DeleteFunc(slices.Clone(of), func(date string) bool {
			return slices.Contains(others, date)
		})), ", ")
	}
	said := "It is now another list."
	if more := without(saved, typed); more != "" {
		said += " Saved, and not here: " + more + "."
	}
	if less := without(typed, saved); less != "" {
		said += " Here, and not saved: " + less + "."
	}
	return said
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
	return a.cardPage(w, r, http.StatusOK, cards, cardForm(card), card.Prices)
}

// cardPage draws the form of a card: with the zones of the halls that its prices lack, and room for more.
func (a *Admin) cardPage(w http.ResponseWriter, r *http.Request, status int, cards store.PriceCards, v pages.CardForm,
	prices store.Prices) error {
	halls, err := a.seated(r)
	if err != nil {
		return err
	}
	if len(prices) > 0 {
		v.Lacks = lacks(halls, prices)
	}
	for _, h := range halls {
		for _, zone := range h.plan.Zones[1:] {
			if zoneAt(v, zone.Name) < 0 && len(v.Zones) < mostZones {
				// It takes the place of an empty one.
				if last := len(v.Zones) - 1; last > 0 && v.Zones[last] == "" && emptyColumn(v, last) {
					v.Zones[last] = zone.Name
				} else {
					v.Zones = append(v.Zones, zone.Name)
				}
			}
		}
	}
	widen(&v)
	withRules(&v, cards)
	return a.render(w, r, status, pages.CardPage(v))
}

// zoneAt is the column of a zone in a form; -1 where it has none.
func zoneAt(v pages.CardForm, zone string) int {
	return slices.IndexFunc(v.Zones, func(of string) bool { return store.NameKey(of) == store.NameKey(zone) })
}

// emptyColumn reports whether nothing is typed below a zone.
func emptyColumn(v pages.CardForm, column int) bool {
	return !slices.ContainsFunc(v.Cells, func(row []string) bool { return column < len(row) && row[column] != "" })
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

// cardForm is a card as a form.
func cardForm(card store.PriceCard) pages.CardForm {
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
	for range v.Types {
		v.Cells = append(v.Cells, make([]string, len(v.Zones)))
	}
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
	is := cardForm(have)
	for i, name := range v.Types {
		for j, zone := range v.Zones {
			if (j == 0 || zone != "") && !r.PostForm.Has(fmt.Sprintf("price.%d.%d", i, j)) {
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
			if cards, have, err = a.card(r); err != nil { // as it is after that
				return err
			}
			status, v.Notice, v.Version = http.StatusConflict, changedSentence, have.Version
			cardChanged(&v, cardForm(have), cards)
		case errors.Is(err, store.ErrTooDear):
			v.Errors["prices"] = "A ticket costs more, with all on top of it, than the KSh 250,000 that M-PESA takes."
		case errors.Is(err, store.ErrCardArchived):
			v.Errors["rule.0"] = "A price card of these rules is no longer in use. Please choose another."
		case errors.Is(err, store.ErrNameTaken):
			v.Errors["name"] = "Another price card has this name."
		default:
			return err
		}
	}
	return a.cardPage(w, r, status, cards, v, card.Prices)
}

// cellOf is what is typed for a type in a zone; "" where the form has none of them.
func cellOf(v pages.CardForm, name, zone string) string {
	i := slices.IndexFunc(v.Types, func(of string) bool { return store.NameKey(of) == store.NameKey(name) })
	if j := zoneAt(v, zone); i >= 0 && j >= 0 && name != "" {
		return v.Cells[i][j]
	}
	return ""
}

// soldAt is what was typed into a cell, written as every amount is, so that 1,500.00 and 1500 are one.
func soldAt(typed string) string {
	if cents, wrong := readCents(typed); wrong == "" {
		return shillings(cents)
	}
	return or(typed, "not sold")
}

// cardChanged says in a form in what the card, as somebody else has saved it, differs from what was typed: in a list,
// and at each field that the form has for it.
func cardChanged(v *pages.CardForm, now pages.CardForm, cards store.PriceCards) {
	note := func(field, label, is, typed string) {
		if is == typed {
			return
		}
		v.Changed = append(v.Changed, pages.FilmChange{Label: label, Now: is, Typed: typed})
		if field != "" {
			v.Errors[field] = "It is now: " + or(is, "nothing")
		}
	}
	note("name", "Name", now.Name, v.Name)
	types, zones := slices.Clone(v.Types), slices.Clone(v.Zones)
	for _, name := range now.Types {
		if !slices.ContainsFunc(types, func(of string) bool { return store.NameKey(of) == store.NameKey(name) }) {
			types = append(types, name)
		}
	}
	for _, zone := range now.Zones {
		if zoneAt(*v, zone) < 0 {
			zones = append(zones, zone)
		}
	}
	for i, name := range types {
		for j, zone := range zones {
			if name == "" || j > 0 && zone == "" {
				continue // a row or column for what is to come
			}
			field := ""
			if i < len(v.Types) && j < len(v.Zones) {
				field = fmt.Sprintf("price.%d.%d", i, j)
			}
			note(field, name+", "+or(zone, "Standard"), soldAt(cellOf(now, name, zone)), soldAt(cellOf(*v, name, zone)))
		}
	}
	for i := range max(len(v.Extras), len(now.Extras)) {
		var mine, is pages.ExtraForm
		field := ""
		if i < len(v.Extras) {
			mine, field = v.Extras[i], fmt.Sprintf("extra.%d", i)
		}
		if i < len(now.Extras) {
			is = now.Extras[i]
		}
		note(field, fmt.Sprintf("On top of each ticket, %d", i+1), is.Text(), mine.Text())
	}
	for i := range max(len(v.Rules), len(now.Rules)) {
		var mine, is pages.RuleForm
		field := ""
		if i < len(v.Rules) {
			mine, field = v.Rules[i], fmt.Sprintf("rule.%d", i)
		}
		if i < len(now.Rules) {
			is = now.Rules[i]
		}
		note(field, fmt.Sprintf("Rule %d", i+1), is.Text(cards), mine.Text(cards))
	}
}

// ArchiveCard answers POST /admin/prices/{id}/archive. Where rules of other cards choose it, it asks once more.
func (a *Admin) ArchiveCard(w http.ResponseWriter, r *http.Request) error {
	id := store.PriceCardID(number(chi.URLParam(r, "id")))
	err := a.Store.Catalogue().ArchivePriceCard(r.Context(), id, number(r.PostForm.Get("version")),
		r.PostForm.Get("rules") == "end")
	used, isUsed := errors.AsType[*store.CardInUse](err)
	if isUsed || errors.Is(err, store.ErrChanged) {
		cards, card, err := a.card(r)
		if err != nil {
			return err
		}
		v := cardForm(card)
		if isUsed {
			v.UsedBy = used.By
		} else {
			v.Notice = "Somebody else has changed this card since you opened it. It stands below as it is now."
		}
		return a.cardPage(w, r, http.StatusConflict, cards, v, card.Prices)
	}
	if err != nil {
		return err
	}
	return a.done(w, r, prefix+"/prices", "The price card is out of use.")
}

// RestoreCard answers POST /admin/prices/{id}/restore.
func (a *Admin) RestoreCard(w http.ResponseWriter, r *http.Request) error {
	err := a.Store.Catalogue().RestorePriceCard(r.Context(), store.PriceCardID(number(chi.URLParam(r, "id"))))
	if errors.Is(err, store.ErrNameTaken) {
		v, err := a.prices(r)
		if err != nil {
			return err
		}
		v.Notice = "It stays out of use: another price card has its name. Give that one another name first."
		return a.render(w, r, http.StatusConflict, pages.PricesPage(v))
	}
	if err != nil {
		return err
	}
	return a.done(w, r, prefix+"/prices", "The price card is in use again.")
}

// readCard reads the form as it was typed.
func readCard(f url.Values) pages.CardForm {
	v := pages.CardForm{
		Version: number(f.Get("version")), Name: strings.Join(strings.Fields(echo(f.Get("name"))), " "),
		Zones: []string{""}, Errors: map[string]string{},
	}
	if v.Name == "" {
		v.Errors["name"] = "Please give it a name."
	} else if problem := wrongPriceName(v.Name); problem != "" {
		v.Errors["name"] = problem
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
	if problem := wrongPriceName(text); problem != "" {
		wrong[name] = problem
	}
	return text
}

// wrongPriceName is what is wrong with the name of a card, a price type, a zone or a surcharge.
func wrongPriceName(text string) string {
	switch {
	case len([]rune(text)) > longestPriceName:
		return fmt.Sprintf("Please use at most %d characters.", longestPriceName)
	case !store.Printable(text):
		return wording.FilmFault(store.Fault{Kind: store.TextUnprintable})
	}
	return ""
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
			case j > 0 && zoneAt(*v, zone) < j:
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
		case wrongPriceName(typed.Name) != "":
			v.Errors[at] = wrongPriceName(typed.Name)
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
