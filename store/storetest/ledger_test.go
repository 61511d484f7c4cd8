package storetest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

const (
	sold     = "UKT4JL9G91" // paid for a ticket of two seats, and told by callback
	byHand   = "UKT4JL9G92"
	soldFact = `INSERT INTO fact (id, source, says, push_id, receipt, ticket_id, beside_id, amount_cents, payer,
		transacted_at, account, said_by, note, about, created_at) `
)

// TestCompare: whatever M-PESA's ledger and the books differ by is found, unless fsck names that very payment, with the
// ledger's amount within its bounds, and the list shows it.
func TestCompare(t *testing.T) {
	paid := storetest.Taken{Receipt: sold, Amount: 2700, Reported: []store.Shillings{2700}}
	entry := func(change func(*storetest.Taken)) []storetest.Taken {
		e := paid
		change(&e)
		return []storetest.Taken{e}
	}
	amount := func(a store.Shillings, told ...store.Shillings) []storetest.Taken {
		return entry(func(e *storetest.Taken) { e.Amount, e.Reported = a, told })
	}
	besides := func(e storetest.Taken) []storetest.Taken { return []storetest.Taken{paid, e} }
	// the callback's word besides: another amount
	other := func(amount int) string {
		return soldFact + fmt.Sprintf(`SELECT 9, 'confirmation', 'paid', 0, receipt, 0, 0, %d, '', 0, '', '', '', '', 9
			FROM payment`, amount*100)
	}
	const doubted = `UPDATE payment SET doubt = 'amount_differs', doubt_cents = 260000, doubt_receipt = receipt`
	const resolved = soldFact + `SELECT 10, 'operator', 'resolved', 0, receipt, 0, 0, 260000, '', 0, '', 'Ada', 'seen',
		'amount_differs', 10 FROM payment`
	const accepted = soldFact + `SELECT 9, 'operator', 'pays_for', 0, '` + byHand + `', id, 0, 135000, '', 0, '', 'Ada',
		'', '', 9 FROM ticket WHERE payment_status = 'Pending'`
	const acceptedRow = `INSERT INTO payment (id, receipt, ticket_id, amount_cents, assumed, phone, account, learnt_by,
		state, reason, doubt, doubt_cents, doubt_receipt, loose, automatic, created_at, updated_at)
		SELECT 1, '` + byHand + `', id, 135000, 0, '', '', 'operator', 'applied', '', '', 0, '', 1, 0, 1, 1 FROM ticket
		WHERE payment_status = 'Pending'`
	typed := []string{`UPDATE payment SET receipt = '` + byHand + `'`,
		`UPDATE fact SET source = 'query', receipt = '', amount_cents = -1`}
	for name, c := range map[string]struct {
		queries []string
		ledger  []storetest.Taken
		says    string // "" is that nothing differs
	}{
		"all is told":          {nil, []storetest.Taken{paid}, ""},
		"a payment is dropped": {[]string{`DELETE FROM payment`}, []storetest.Taken{paid}, "nothing in the books"},
		"and its fact too": {[]string{`DELETE FROM payment`, `DELETE FROM fact`}, []storetest.Taken{paid},
			"nothing in the books"},
		"a shilling less in the books": {[]string{`UPDATE payment SET amount_cents = amount_cents - 100`},
			[]storetest.Taken{paid}, "the books say"},
		"a shilling more by the facts": {[]string{`UPDATE fact SET amount_cents = amount_cents + 100`},
			[]storetest.Taken{paid}, "in all"},
		"another receipt": {[]string{`UPDATE payment SET receipt = 'UKT4JL9G99'`}, []storetest.Taken{paid}, "never took"},
		"a prompt's, under a receipt that an operator typed": {typed, entry(func(e *storetest.Taken) {
			e.Token, e.Reported = "paid", []store.Shillings{0}
		}), ""},
		"and M-PESA told of its own": {typed, entry(func(e *storetest.Taken) { e.Token = "paid" }),
			"the books have"},
		"M-PESA took nothing":                   {nil, nil, "never took"},
		"M-PESA took more than it told":         {nil, amount(2701, 2700), ""},
		"and told so after all":                 {nil, amount(2701, 2700, 2701), "told so"},
		"told of no amount that the books have": {nil, amount(2700, 2600), ""},
		"nor took it":                           {nil, amount(2500, 2600), "and told of"},
		"a doubt that is not listed":            {[]string{other(2600)}, []storetest.Taken{paid}, "not on the list"},
		"a doubt, and the books are right":      {[]string{other(2600), doubted}, amount(2700, 2700, 2600), ""},
		"a doubt, and the books are wrong":      {[]string{other(2600), doubted}, amount(2600, 2700, 2600), ""},
		"a doubt, and both are wrong":           {[]string{other(2600), doubted}, amount(2599, 2599), "told so"},
		"a doubt resolved wrongly":              {[]string{other(2600), resolved}, amount(2600, 2700, 2600), ""},
		"a doubt resolved, and both are wrong":  {[]string{other(2600), resolved}, amount(2599, 2599), "told so"},
		"given back, and a ticket is paid with it": {nil, entry(func(e *storetest.Taken) { e.Reversed = true }),
			"given it back"},
		"given back, told, and still due": {[]string{`UPDATE payment SET state = 'refund_due'`},
			entry(func(e *storetest.Taken) { e.Reversed, e.ReturnReported = true, true }), "told so"},
		"gone in the books alone": {[]string{`UPDATE payment SET state = 'refunded'`}, []storetest.Taken{paid},
			"M-PESA has it"},
		"paid by hand, and nobody was told": {nil, besides(storetest.Taken{Receipt: byHand, Amount: 500}), ""},
		"paid by hand, and told": {nil, besides(storetest.Taken{Receipt: byHand, Amount: 500,
			Reported: []store.Shillings{500}}), "nothing in the books"},
		"paid by a prompt, and told without an amount": {nil, besides(storetest.Taken{Receipt: byHand, Amount: 1350,
			Token: "failed", Reported: []store.Shillings{0}}), "nothing in the books"},
		"behind a push without a verdict": {nil, besides(storetest.Taken{Receipt: byHand, Amount: 1350, Token: "open"}),
			""},
		"and told of, and more": {nil, besides(storetest.Taken{Receipt: byHand, Amount: 1351, Token: "open",
			Reported: []store.Shillings{1351}}), "without a verdict"},
		"behind a push that is shown as failed": {[]string{`UPDATE push_request SET state = 'failed', live = 0
			WHERE callback_token = 'open'`}, besides(storetest.Taken{Receipt: byHand, Amount: 1350, Token: "open",
			Reported: []store.Shillings{1350}}), "nothing in the books"},
		"by an operator's word alone": {[]string{accepted, acceptedRow}, []storetest.Taken{paid}, ""},
		"by an operator's word, who is right": {[]string{accepted, acceptedRow},
			besides(storetest.Taken{Receipt: byHand, Amount: 1350}), ""},
		"by an operator's word, who is wrong": {[]string{accepted, acceptedRow},
			besides(storetest.Taken{Receipt: byHand, Amount: 1400}), ""},
		"and M-PESA told so": {[]string{accepted, acceptedRow},
			besides(storetest.Taken{Receipt: byHand, Amount: 1400, Reported: []store.Shillings{1400}}), "told so"},
	} {
		t.Run(name, func(t *testing.T) {
			path := storetest.Path(t)
			s := open(t, path)
			storetest.Sell(t, s, storetest.Screening(t, s, 5, 10))
			storetest.Exec(t, path, `UPDATE push_request SET callback_token = CASE state WHEN 'paid' THEN 'paid' ELSE 'open' END`)
			for _, query := range c.queries {
				storetest.Exec(t, path, query)
			}
			differ, err := storetest.Compare(t.Context(), s, c.ledger)
			if err != nil {
				t.Fatal(err)
			}
			if said := strings.Join(differ, "; "); (said == "") != (c.says == "") || !strings.Contains(said, c.says) {
				t.Errorf("it says %q, want %q", said, c.says)
			}
		})
	}
}

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path, Environment: store.Simulator})
	if err != nil {
		t.Fatal(filepath.Base(path), err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
