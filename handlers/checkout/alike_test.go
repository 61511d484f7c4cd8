package checkout_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"cinemasphere/mpesa/sim"
	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// spellings are how people type a ticket's code as the account number.
var spellings = map[string]func(code string) string{
	"as it is":               func(code string) string { return code },
	"small":                  strings.ToLower,
	"in groups":              func(code string) string { return code[:1] + " " + code[1:5] + " " + code[5:] },
	"hyphen":                 func(code string) string { return code[:5] + "-" + code[5:] },
	"O for zero":             func(code string) string { return "O" + code[1:] },
	"dots":                   func(code string) string { return " " + code[:5] + ". " + code[5:] + "." },
	"a prompt's":             func(code string) string { return code + "A0" },
	"a prompt's, in groups":  func(code string) string { return code[:5] + " " + code[5:] + " a0" },
	"a prompt's, O for zero": func(code string) string { return "O" + code[1:] + "AO" },
	"look-alike": func(code string) string {
		return strings.NewReplacer("L", "1", "Z", "2", "S", "5", "G", "6", "B", "8").Replace(code)
	},
}

// byHandToo is a world in which a prompt is paid whose callback never comes, and the customer pays by hand as well.
type byHandToo struct {
	till, registered bool
	echo             sim.Echo
	handAfter        time.Duration // from the booking to the payment by hand; 0 for none
	spelling         string
	hashed           bool // the C2B confirmations hash the phone, as version 1 does; version 2 masks it
	typed            bool // the customer types the receipt on the ticket's page
	refunded         bool // the payment by hand is given back in the portal, and written down
	prompts          int  // of the ticket, each paid; 0 is one
	customers        int  // who book with the same phone; 0 is one
}

// TestEveryEntryIsAPayment: what M-PESA took twice stands in the books twice, however alike the two are, or is counted
// as what may be due.
func TestEveryEntryIsAPayment(t *testing.T) {
	stories := map[string]byHandToo{}
	for _, till := range []bool{false, true} {
		where := map[bool]string{false: "paybill", true: "till"}[till]
		for _, after := range []time.Duration{15 * time.Second, 90 * time.Second} {
			for spelling := range spellings {
				if !till || spelling == "as it is" {
					stories[fmt.Sprint(where, ", ", after, ", ", spelling)] = byHandToo{
						till: till, registered: true, handAfter: after, spelling: spelling,
					}
				}
			}
			stories[fmt.Sprint(where, ", ", after, ", typed")] = byHandToo{till: till, handAfter: after, typed: true}
			stories[fmt.Sprint(where, ", ", after, ", told and typed")] = byHandToo{
				till: till, registered: true, handAfter: after, typed: true,
			}
			stories[fmt.Sprint(where, ", ", after, ", hashed")] = byHandToo{
				till: till, registered: true, handAfter: after, hashed: true,
			}
			for _, typed := range []bool{false, true} {
				stories[fmt.Sprint(where, ", ", after, ", given back, typed ", typed)] = byHandToo{
					till: till, registered: true, handAfter: after, refunded: true, typed: typed,
				}
			}
			for _, echo := range []sim.Echo{sim.EchoBefore, sim.EchoBetween, sim.EchoAfter} {
				stories[fmt.Sprint(where, ", ", after, ", echo ", echo)] = byHandToo{
					till: till, registered: true, handAfter: after, echo: echo,
				}
			}
		}
		stories[where+", only an echo"] = byHandToo{till: till, registered: true, echo: sim.EchoBefore}
		stories[where+", two prompts"] = byHandToo{till: till, registered: true, prompts: 2}
		stories[where+", two prompts and echoes"] = byHandToo{
			till: till, registered: true, prompts: 2, echo: sim.EchoBefore,
		}
		stories[where+", two prompts, by hand too"] = byHandToo{
			till: till, registered: true, prompts: 2, handAfter: 15 * time.Second, typed: true,
		}
		stories[where+", two customers of a phone"] = byHandToo{
			till: till, registered: true, customers: 2, handAfter: 15 * time.Second,
		}
		stories[where+", two customers of a phone, typed"] = byHandToo{
			till: till, customers: 2, handAfter: 15 * time.Second, typed: true,
		}
		stories[where+", two customers of a phone and echoes"] = byHandToo{
			till: till, registered: true, customers: 2, echo: sim.EchoBefore,
		}
	}
	for i, name := range slices.Sorted(maps.Keys(stories)) {
		if testing.Short() && i%5 != 0 { // -short is for the race detector: one thing after the other has few races
			continue
		}
		story := stories[name]
		t.Run(name, func(t *testing.T) {
			for _, refund := range []bool{false, true} { // what goes back by itself must not be what may be the same
				inBubble(t, func(w *world) {
					w.till, w.autoRefund = story.till, refund
				}, func(t *testing.T, w *world, id store.ScreeningID) {
					w.play(story, id)
				})
			}
		})
	}
}

// TestTypedInsteadOfPrompt: who cancels a prompt, and pays by hand under the account number that it showed, has paid
// once. M-PESA is asked about the prompt until it says that it failed, though its callback never comes.
func TestTypedInsteadOfPrompt(t *testing.T) {
	inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
		w.registered()
		phone := storetest.Phone(1)
		w.daraja.SetScript(phone, sim.Script{
			Result: "1032", ResultAfter: 20 * time.Second, Callbacks: sim.NoCallback, Echo: sim.EchoNever,
		})
		placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "typed"))
		if err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		receipt := w.payByHand(placed.Ticket, phone, "a prompt's")
		pass(40 * time.Minute)
		p, err := w.store.Money().Payments(t.Context())
		if err != nil || len(p) != 1 || p[0].Receipt != receipt || p[0].State != store.PaymentApplied {
			t.Fatalf("%+v, %v", p, err)
		}
		if open, err := w.store.Money().OpenItems(t.Context(), store.ItemFilter{}); err != nil || len(open) > 0 {
			t.Errorf("%+v, %v", open, err)
		}
		w.inTheBooks()
		w.sound()
	})
}

// TestTypedBesideLatePrompt: a prompt is cancelled, its payer types the account number that it showed, and M-PESA has
// taken the prompt's money after all: two payments, however late the confirmation comes.
func TestTypedBesideLatePrompt(t *testing.T) {
	for _, after := range []time.Duration{0, 2 * time.Minute, 35 * time.Minute} {
		for _, spelling := range []string{"as it is", "a prompt's"} {
			t.Run(fmt.Sprint(after, ", ", spelling), func(t *testing.T) {
				inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
					w.registered()
					phone := storetest.Phone(1)
					w.daraja.SetScript(phone, sim.Script{
						Result: "1032", ResultAfter: 4 * time.Second, PaidLater: 150 * time.Second,
						Callbacks: sim.NoCallback, Echo: sim.EchoNever, ConfirmationAfter: after,
					})
					placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "typed"))
					if err != nil {
						t.Fatal(err)
					}
					pass(40 * time.Second)
					w.payByHand(placed.Ticket, phone, spelling)
					pass(90 * time.Minute)
					w.inTheBooks()
					w.sound()
				})
			})
		}
	}
}

// TestRefundStaysWithItsReceipt: a payment under a prompt's account number is refunded, and the prompt's own callback
// names another receipt while the Reversal is out. What went back is the one that was asked back.
func TestRefundStaysWithItsReceipt(t *testing.T) {
	for _, result := range []time.Duration{time.Second, 6 * time.Minute} {
		for _, by := range []string{"", "PORTAL1"} {
			t.Run(fmt.Sprint(result, by), func(t *testing.T) {
				inBubble(t, func(*world) {}, func(t *testing.T, w *world, id store.ScreeningID) {
					w.registered()
					phone := storetest.Phone(1)
					w.daraja.SetScript(phone, sim.Script{
						Result: "0", ResultAfter: 4 * time.Second, CallbackAfter: 5 * time.Minute, Echo: sim.EchoNever,
						Reversal: sim.Call{ResultAfter: result},
					})
					placed, err := w.service.Book(t.Context(), booking(id, phone, 1, "typed"))
					if err != nil {
						t.Fatal(err)
					}
					pass(2 * time.Second)
					hand := w.payByHand(placed.Ticket, phone, "a prompt's")
					pass(time.Minute)
					if by != "" {
						w.daraja.Reverse(hand)
					}
					if _, err := w.store.Money().RequestRefund(t.Context(), store.NewRefund{
						Receipt: hand, By: "box office", Reference: by,
					}); err != nil {
						t.Fatal(err)
					}
					pass(90 * time.Minute)
					for _, e := range w.daraja.Ledger() {
						if e.Reversed != (e.Receipt == hand) {
							t.Errorf("%s of %s: reversed %v", e.Receipt, e.Kind, e.Reversed)
						}
					}
					w.inTheBooks()
					w.sound()
				})
			})
		}
	}
}

// play lets a story happen, and looks whether each entry of M-PESA's ledger is in the books.
func (w *world) play(story byHandToo, id store.ScreeningID) {
	w.t.Helper()
	t, ctx := w.t, context.Background()
	if story.registered {
		w.registered()
	}
	echo := story.echo
	if echo == "" {
		echo = sim.EchoNever
	}
	phone := storetest.Phone(1)
	if story.hashed {
		w.setGarble(func(kind store.CallbackKind, body []byte) []byte {
			masked := phone[:4] + " ***** " + phone[9:]
			return bytes.ReplaceAll(body, []byte(masked), fmt.Appendf(nil, "%x", sha256.Sum256([]byte(phone))))
		})
	}
	script := sim.Script{Result: "0", ResultAfter: 4 * time.Second, Callbacks: sim.NoCallback, Echo: echo}
	if story.prompts > 1 { // what the first one brings comes late, so that the customer tries again
		script.Result, script.PaidLater = "1037", 150*time.Second
	}
	w.daraja.SetScript(phone, script)
	var tickets []*store.Ticket
	for n := range max(story.customers, 1) {
		placed, err := w.service.Book(ctx, booking(id, phone, 1, fmt.Sprint("customer ", n)))
		if err != nil {
			t.Fatalf("%v", err)
		}
		tickets = append(tickets, placed.Ticket)
		if n+1 < story.customers {
			pass(130 * time.Second) // until the phone is free again
		}
	}
	tk := tickets[len(tickets)-1]
	var hand string
	if story.handAfter > 0 {
		pass(story.handAfter)
		hand = w.payByHand(tk, phone, story.spelling)
		if story.refunded {
			w.daraja.Reverse(hand)
			pass(time.Second)
			_, _ = w.store.Money().RequestRefund(ctx, store.NewRefund{
				Receipt: hand, By: "box office", Reference: "PORTAL",
			})
		}
	}
	if story.prompts > 1 {
		pass(125 * time.Second)
		script.Result, script.PaidLater = "0", 0
		w.daraja.SetScript(phone, script)
		if _, err := w.service.Retry(ctx, tk.Secret, phone, "", store.Client{}); err != nil {
			t.Fatalf("%v", err)
		}
	}
	if story.typed {
		pass(60 * time.Second)
		if _, err := w.service.Claim(ctx, tk.Secret, hand+" Confirmed.", ""); err != nil &&
			!strings.Contains(err.Error(), string(store.NotFailed)) && !story.refunded {
			t.Fatalf("%v", err)
		}
	}
	pass(40 * time.Minute)
	w.inTheBooks()
	w.sound()
}

// payByHand pays for a ticket in the phone's menu.
func (w *world) payByHand(tk *store.Ticket, phone, spelling string) string {
	w.t.Helper()
	spell := spellings[spelling]
	if spell == nil {
		spell = spellings["as it is"]
	}
	p := sim.HandPayment{Phone: phone, To: "174379", Account: spell(tk.Code), Amount: int(tk.Total), PIN: "1234"}
	if w.till {
		p.To, p.Account = w.tillNumber(), ""
	}
	receipt, err := w.daraja.PayByHand(p)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return receipt
}

// inTheBooks fails the test where an entry of M-PESA's ledger is neither a payment of its receipt nor one of its
// prompt, though M-PESA has told of it or confirmed it.
func (w *world) inTheBooks() {
	w.t.Helper()
	payments, err := w.store.Money().Payments(context.Background())
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	for _, e := range w.daraja.Ledger() {
		found := false
		for _, p := range payments {
			found = found || p.Receipt == e.Receipt || p.Receipt == "" && p.PushToken == path.Base(e.CallbackURL)
		}
		if !found {
			w.t.Errorf("M-PESA took KSh %d (%s, %s) and nothing in the books says so: %+v", e.Amount, e.Kind, e.Receipt,
				payments)
		}
	}
}
