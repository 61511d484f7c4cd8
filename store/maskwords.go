package store

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cinemasphere/store/money"
)

// What people wrote about a case may say who its customers are. Notes and reasons go whole. References of refunds by
// hand, why a ticket was given away, and M-PESA's own words account for the money, and stay: out of them go phone
// numbers, e-mail addresses, and the customers' names.

// namedTicket is a ticket with its customer.
type namedTicket struct {
	ID    TicketID
	Code  string
	Name  string
	Phone string
	Email string
}

func (tk namedTicket) isMasked() bool {
	return tk.Name == MaskedName && tk.Email == "" && (tk.Phone == "" || IsMasked(tk.Phone))
}

// wordsAbout names the rows of a case that hold what people wrote.
type wordsAbout struct {
	*scope
	tickets  []namedTicket
	payments []PaymentID
	facts    []int64
	byStaff  bool // somebody of the staff has given money back, or said something of it
}

// wordsOf reads what a case is about, before it is masked.
func (t *tx) wordsOf(about *scope, l *ledger) (of wordsAbout, err error) {
	of = wordsAbout{scope: about, byStaff: len(l.refunds) > 0}
	for _, p := range l.payments {
		of.payments = append(of.payments, p.ID)
	}
	for _, f := range l.Case.Facts {
		of.facts = append(of.facts, f.ID)
		of.byStaff = of.byStaff || f.Source == money.Operator
	}
	var args []any
	return of, t.list(&of.tickets, `SELECT id, code, customer_name AS name, phone, email FROM ticket WHERE id `+
		oneOf(t, &args, about.tickets)+` ORDER BY id`, args...)
}

// codes are the codes of the tickets.
func (of wordsAbout) codes() (codes []string) {
	for _, tk := range of.tickets {
		codes = append(codes, tk.Code)
	}
	return codes
}

// maskUnread empties what was legible in reports that were not understood.
const maskUnread = `UPDATE unread SET phone = '', account = '', detail = '', legible = '' WHERE `

// maskWords takes the customers out of what was written about a case.
func (t *tx) maskWords(of wordsAbout) error {
	var args []any
	unread := `ticket_id ` + oneOf(t, &args, of.scope.tickets) + ` OR push_id ` + oneOf(t, &args, of.pushes) +
		` OR receipt ` + oneOf(t, &args, of.receipts)
	var reports []CallbackID
	if err := t.list(&reports, `SELECT callback_id FROM unread WHERE `+unread, args...); err != nil {
		return err
	}
	if len(reports) > 0 {
		if err := t.run(maskUnread+unread, args...); err != nil {
			return err
		}
	}
	if err := t.maskTexts(of, reports); err != nil {
		return err
	}
	return t.maskLog(of, reports)
}

// writtenAt is where words stand: the statement that changes them, and whether they go whole.
type writtenAt struct {
	table, column string
	whole         bool
}

// maskTexts takes the customers out of notes, references and M-PESA's words.
func (t *tx) maskTexts(of wordsAbout, reports []CallbackID) error {
	var args []any
	var queries []string
	places := []writtenAt{}
	words := func(table, column string, whole bool, kind, where string) {
		queries = append(queries, fmt.Sprintf(`SELECT %d AS place, %s AS kind, id, %s AS words FROM %s WHERE %s <> '' AND (%s)`,
			len(places), kind, column, table, column, where))
		places = append(places, writtenAt{table, column, whole})
	}
	tickets, pushes := oneOf(t, &args, of.scope.tickets), oneOf(t, &args, of.pushes)
	payments, receipts := oneOf(t, &args, of.payments), oneOf(t, &args, of.receipts)
	facts, callbacks := oneOf(t, &args, of.facts), oneOf(t, &args, reports)
	refunds := `IN (SELECT id FROM refund WHERE payment_id ` + payments + `)`
	// A refund's reference, and why a ticket was given away, are the notes of their facts too.
	const accounts = `says IN ('given', 'given_back', 'nothing_paid', 'paid')`
	words("fact", "note", true, `''`, `id `+facts+` AND NOT `+accounts)
	words("fact", "note", false, `''`, `id `+facts+` AND `+accounts)
	words("ticket", "given_reason", false, `''`, `id `+tickets)
	words("refund", "reason", true, `''`, `payment_id `+payments)
	words("refund", "reference", false, `''`, `payment_id `+payments)
	words("refund", "result_text", false, `''`, `payment_id `+payments)
	words("push_request", "result_text", false, `''`, `id `+pushes)
	words("question", "result_text", false, `kind`, `kind = 'push' AND id `+pushes+` OR receipt `+receipts+
		` OR kind = 'reversal' AND id `+refunds)
	words("resolution", "note", true, `kind`, `kind = 'payment' AND id `+payments+` OR kind = 'push' AND id `+pushes+
		` OR kind = 'claim' AND id IN (SELECT id FROM claim WHERE ticket_id `+tickets+`)
		OR kind = 'callback' AND id `+callbacks)
	var found []struct {
		Place int
		Kind  string
		ID    int64
		Words string
	}
	if err := t.list(&found, strings.Join(queries, ` UNION ALL `), args...); err != nil {
		return err
	}
	for _, w := range found {
		at, without := places[w.Place], MaskedName
		if !at.whole {
			without = of.without(w.Words)
		}
		if without == w.Words {
			continue
		}
		row, args := `id = $1`, []any{w.ID, without}
		if w.Kind != "" {
			row, args = `id = $1 AND kind = $3`, append(args, w.Kind)
		}
		if err := t.run(`UPDATE `+at.table+` SET `+at.column+` = $2 WHERE `+row, args...); err != nil {
			return err
		}
	}
	return nil
}

// loggedWords are the fields of the audit log's entries that people wrote; true is one that goes whole.
var loggedWords = map[string]map[string]bool{
	"comp.give":       {"name": true, "reason": false},
	"comp.take-back":  {"name": true},
	"payment.refund":  {"reason": true, "reference": false},
	"payment.resolve": {"note": true},
}

// maskLog takes the customers out of what the audit log says of a case.
func (t *tx) maskLog(of wordsAbout, reports []CallbackID) error {
	var args []any
	payments := oneOf(t, &args, of.payments)
	tickets := oneOf(t, &args, of.scope.tickets)
	which := `subject_kind = 'ticket' AND subject_id ` + tickets +
		` OR subject_kind = 'payment' AND subject_id ` + payments +
		` OR subject_kind = 'push' AND subject_id ` + oneOf(t, &args, of.pushes) +
		` OR subject_kind = 'claim' AND subject_id IN (SELECT id FROM claim WHERE ticket_id ` + tickets + `)` +
		` OR subject_kind = 'callback' AND subject_id ` + oneOf(t, &args, reports)
	if of.byStaff { // the row of a payment may be another's by now
		which += ` OR subject_kind = 'payment' AND (subject ` + oneOf(t, &args, of.receipts) + ` OR subject ` +
			oneOf(t, &args, of.codes()) + `)`
	}
	var rows []LogEntry
	if err := t.list(&rows, `SELECT id, who, role, source, action, subject_kind, subject_id, subject, was, now, at FROM audit
		WHERE `+which+` ORDER BY id`, args...); err != nil {
		return err
	}
	for _, e := range rows {
		fields, has := loggedWords[e.Action]
		if !has {
			continue
		}
		was, err := of.withoutFields(e.Was, fields)
		if err != nil {
			return err
		}
		now, err := of.withoutFields(e.Now, fields)
		if err != nil {
			return err
		}
		if was == e.Was && now == e.Now {
			continue
		}
		e.Was, e.Now = was, now
		if err := t.run(`UPDATE audit SET was = $2, now = $3, words = $4 WHERE id = $1`, e.ID, was, now, e.words()); err != nil {
			return err
		}
	}
	return nil
}

// withoutFields is a JSON object of the audit log without the customers in some of its fields.
func (of wordsAbout) withoutFields(text string, fields map[string]bool) (string, error) {
	if text == "" {
		return "", nil
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return "", fmt.Errorf("audit log: %w", err)
	}
	changed := false
	for name, whole := range fields {
		said, is := all[name].(string)
		without := MaskedName
		if !whole {
			without = of.without(said)
		}
		if is && said != "" && said != without {
			all[name], changed = without, true
		}
	}
	if !changed {
		return text, nil
	}
	return auditJSON(all)
}

// phoneLike is what people write as a phone number: a Kenyan one with or without its beginning, in whatever groups;
// another country's behind its sign; or Daraja's name for a push, which ends in the number. What follows at once is
// taken for a part of it.
var phoneLike = regexp.MustCompile(`(^|[^0-9A-Za-z])(ws_CO_\w+|` +
	`(?:\+|00)?(?:254[ .()/-]*)?0?[ .()/-]*[17](?:[ .()/-]*[0-9]){8}[0-9]*|` +
	`(?:\+|00)[1-9](?:[ .()/-]*[0-9]){7,})`)

// mailLike is what people write as an e-mail address.
var mailLike = regexp.MustCompile(`[^\s@<>(),;:]+@[^\s@<>(),;:]+\.[^\s@<>(),;:]+`)

// without is a text without phone numbers, e-mail addresses, and the names of the customers, which are words of two
// letters at least. The rest stays.
func (of wordsAbout) without(text string) string {
	if text == "" {
		return ""
	}
	text = phoneLike.ReplaceAllString(text, "${1}"+MaskedName)
	text = mailLike.ReplaceAllString(text, MaskedName)
	var names []string
	for _, tk := range of.tickets {
		names = append(names, nameWord.FindAllString(tk.Name, -1)...)
	}
	return nameWord.ReplaceAllStringFunc(text, func(word string) string {
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, word) }) {
			return MaskedName
		}
		return word
	})
}

// nameWord is a word as names have it.
var nameWord = regexp.MustCompile(`\pL[\pL\pM]+`)
