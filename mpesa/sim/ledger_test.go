package sim_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cinemasphere/mpesa/sim"
)

// seeded is a source of chance that can be had twice.
func seeded(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

// history lets a cinema and its customers do random things for some hours, under random scripts and outages.
func (w *world) history(dice *rand.Rand) {
	w.register(urlsPath2)
	pick := func(n int) bool { return dice.IntN(n) == 0 }
	for range 150 {
		number := "25471234567" + itoa(dice.IntN(3))
		w.sim.SetScript(number, sim.Script{
			Answer:        []sim.Answer{"", "", sim.AnswerLost, sim.AnswerBusy}[dice.IntN(4)],
			Result:        []string{"", "0", "0", "1032", "1037"}[dice.IntN(5)],
			ResultAfter:   time.Duration(dice.IntN(20)) * time.Second,
			CallbackAfter: time.Duration(dice.IntN(200)) * time.Second,
			PaidLater:     time.Duration(dice.IntN(2)) * time.Minute, Callbacks: dice.IntN(4) - 1,
			AmountDelta: dice.IntN(2),
			Echo:        []sim.Echo{"", sim.EchoBefore, sim.EchoAfter}[dice.IntN(3)],
			Reversal: sim.Call{
				Answer: []sim.Answer{"", sim.AnswerLost, sim.AnswerQuota}[dice.IntN(3)], Results: dice.IntN(4) - 1,
				Undone: pick(5),
			},
		})
		if pick(20) {
			w.sim.AddOutage(sim.Outage{For: 10 * time.Minute, Answer: sim.AnswerBlocked, HoldCallbacks: pick(2)})
		}
		if pick(10) {
			w.sim.RevokeToken()
			w.token = ""
		}
		if w.token == "" {
			a, err := w.do("GET", "/oauth/v1/generate?grant_type=client_credentials", basic("key", "secret"), "")
			if err == nil && a.status == 200 {
				w.token = a.json(w.T)["access_token"].(string)
			}
		}
		ledger := w.sim.Ledger()
		switch some := dice.IntN(10); {
		case some < 5:
			_, _ = w.post(pushPath, pushFields(number, 1+dice.IntN(2000)))
		case some < 6:
			_, _ = w.sim.PayByHand(sim.HandPayment{
				Phone: number, To: shortcode, Account: "A", Amount: 1 + dice.IntN(2000), PIN: "1234",
			})
		case some < 7:
			w.sim.Withdraw(dice.IntN(500))
		case some < 8 && len(ledger) > 0:
			w.sim.Reverse(ledger[dice.IntN(len(ledger))].Receipt)
		case len(ledger) > 0:
			e := ledger[dice.IntN(len(ledger))]
			_, _ = w.post(reversalPath, reversalFields(e.Receipt, e.Amount))
		}
		_ = w.sim.PIN(number, "1234")
		time.Sleep(time.Duration(dice.IntN(120)) * time.Second)
	}
	time.Sleep(2 * time.Hour)
	synctest.Wait()
}

// Whatever happens, the ledger adds up, and what was reported is in it.
func TestLedgerAddsUp(t *testing.T) {
	for seed := range byte(20) {
		inBubble(t, nil, func(w *world) {
			dice := rand.New(seeded(seed))
			w.history(dice)
			taken, back := 0, 0
			receipts := map[string]int{}
			for _, e := range w.sim.Ledger() {
				taken += e.Amount
				receipts[e.Receipt] = e.Amount
				if e.Reversed != (e.Reversal != nil) ||
					e.Reversed &&
						(e.Reversal.Of != e.Receipt || e.Reversal.Amount != e.Amount || e.Reversal.At.Before(e.At)) {
					w.Errorf("seed %d: entry %+v, reversal %+v", seed, e, e.Reversal)
				}
			}
			for _, r := range w.sim.Reversals() {
				back += r.Amount
				if _, twice := receipts[r.Receipt]; twice {
					w.Errorf("seed %d: receipt %s twice", seed, r.Receipt)
				}
				receipts[r.Receipt] = 0
			}
			totals := w.sim.Totals()
			w.wantMoney(taken, back, totals.Balance)
			if len(receipts) != totals.Paid+totals.Reversed || totals.Balance < 0 || totals.Balance > taken-back ||
				totals.Waiting != 0 || totals.Paid == 0 || totals.Reversed == 0 {
				w.Errorf("seed %d: %d receipts, totals %+v", seed, len(receipts), totals)
			}
			for _, c := range w.received() {
				if !strings.HasPrefix(c.path, "/cb/") {
					continue
				}
				if code, items := c.result(w.T); code == json.Number("0") &&
					fmt.Sprint(items["Amount"]) != itoa(receipts[fmt.Sprint(items["MpesaReceiptNumber"])])+".00" {
					w.Errorf("seed %d: callback %s is not in the ledger", seed, c.body)
				}
			}
		})
	}
}

// The same seed and the same clock make the same history, to the last id.
func TestHistoriesRepeat(t *testing.T) {
	run := func(seed byte) (story string) {
		inBubble(t, func(c *sim.Config) { c.Rand = seeded(seed) }, func(w *world) {
			w.history(rand.New(seeded(1)))
			for _, list := range []any{
				w.sim.Ledger(), w.sim.Reversals(), w.sim.Requests(), w.sim.Pushes(""), w.sim.Totals(),
			} {
				text, err := json.Marshal(list)
				if err != nil {
					w.Fatal(err)
				}
				story += string(text) + "\n"
			}
		})
		return story
	}
	first := run(7)
	for range 3 {
		if again := run(7); again != first {
			t.Fatalf("two histories of one seed:\n%s\n%s", first, again)
		}
	}
	if run(8) == first {
		t.Error("another seed makes the same ids")
	}
}
