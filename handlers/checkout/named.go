package checkout

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/store"
)

// Several means that a ticket's code names several open items: an operator must name one of them.
type Several struct{ Names []string }

// Error lists what may be named.
func (s Several) Error() string {
	return "the ticket has several entries: name one of " + strings.Join(s.Names, ", ")
}

// OneWord is a receipt or a code as it was typed, without the spaces that pages show.
func OneWord(typed string) string { return strings.ToUpper(strings.Join(strings.Fields(typed), "")) }

// Numbered reads an open item's own number, such as payment:123. The kind is "" where the name is none.
func Numbered(name string) (kind store.ItemKind, id int64) {
	word, digits, _ := strings.Cut(strings.ToLower(name), ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	kinds := []store.ItemKind{store.ItemPayment, store.ItemPush, store.ItemClaim, store.ItemCallback}
	if err != nil || !slices.Contains(kinds, store.ItemKind(word)) {
		return "", 0
	}
	return store.ItemKind(word), id
}

// NamedItems finds open items by what an operator calls them: one by its number, all that are about a receipt, or the
// only one of a ticket. ErrNotFound where there is none; Several where a ticket has more.
func NamedItems(ctx context.Context, st *store.Store, typed string) ([]store.OpenItem, error) {
	name := OneWord(typed)
	if kind, id := Numbered(name); kind != "" {
		items, err := st.Money().OpenItems(ctx, store.ItemFilter{All: true})
		items = slices.DeleteFunc(items, func(i store.OpenItem) bool { return i.Kind != kind || i.ID != id })
		return some(items, err)
	}
	items, err := st.Money().OpenItems(ctx, store.ItemFilter{Receipt: name})
	if err == nil && len(items) == 0 {
		items, err = st.Money().OpenItems(ctx, store.ItemFilter{Ticket: name})
	}
	if len(items) > 1 && items[0].TicketCode == name {
		names := make([]string, len(items))
		for i, item := range items {
			names[i] = cmp.Or(item.Receipt, item.Name())
		}
		return nil, Several{names}
	}
	return some(items, err)
}

func some(items []store.OpenItem, err error) ([]store.OpenItem, error) {
	if err == nil && len(items) == 0 {
		err = store.ErrNotFound
	}
	return items, err
}

// ErrNoPayment means that what was named is an open item, but no payment.
var ErrNoPayment = errors.New("it is no payment")

// RefundNamed requests the refund of the payment that an operator names: by its number, its receipt or, where there is
// no such receipt, its ticket's code. It refuses as [store.Money.RequestRefund] does, and with ErrNoPayment.
func RefundNamed(ctx context.Context, st *store.Store, typed string, n store.NewRefund) (store.Refund, error) {
	name := OneWord(typed)
	kind, id := Numbered(name)
	switch {
	case kind == store.ItemPayment:
		n.PaymentID = store.PaymentID(id)
	case kind != "":
		return store.Refund{}, ErrNoPayment
	default:
		n.Receipt = name
	}
	r, err := st.Money().RequestRefund(ctx, n)
	if errors.Is(err, store.ErrNotFound) && kind == "" {
		n.Receipt, n.Ticket = "", name
		r, err = st.Money().RequestRefund(ctx, n)
	}
	return r, err
}

// AcceptFor completes an acceptance with the ticket that an operator names: by its code, or by the number of a push of
// it, or of a payment of it that lacks its receipt.
func AcceptFor(a store.Acceptance, typed string) store.Acceptance {
	a.Ticket = OneWord(typed)
	switch kind, id := Numbered(a.Ticket); kind {
	case store.ItemPayment:
		a.Ticket, a.PaymentID = "", store.PaymentID(id)
	case store.ItemPush:
		a.Ticket, a.PushID = "", store.PushID(id)
	case store.ItemClaim, store.ItemCallback:
	}
	return a
}
