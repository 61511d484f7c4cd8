package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cinemasphere/store/money"
)

// OpenKind is why the amount that M-PESA took is uncertain.
type OpenKind string

// Why the amount is uncertain.
const (
	OpenTwoAmounts OpenKind = "two_amounts"    // M-PESA reports two amounts, even where an operator has resolved it
	OpenNoAmount   OpenKind = "no_amount"      // paid, and M-PESA has not reported the amount
	OpenShared     OpenKind = "receipt_shared" // the receipt was reported for several pushes
	OpenByWord     OpenKind = "by_word"        // paid, or how much, by an operator's word alone
	OpenPush       OpenKind = "no_verdict"     // a push without a verdict
	OpenCallback   OpenKind = "not_understood" // a callback that was not understood completely
)

// OpenKinds lists the kinds in display order.
func OpenKinds() []OpenKind {
	return []OpenKind{OpenPush, OpenTwoAmounts, OpenNoAmount, OpenShared, OpenByWord, OpenCallback}
}

// OpenAmount is money of uncertain amount, between Least and Most.
type OpenAmount struct {
	Name        string // of its open item, such as payment:12
	Receipt     string // "" where it has none
	Least, Most Cents
	Why         OpenKind
}

// Bounds is the least and most that M-PESA may have taken, by all facts and everything still awaited. Refunded money
// counts as taken.
type Bounds struct {
	Least, Most Cents
	Open        []OpenAmount // each uncertain amount
	Alike       []Alike      // pairs that may be one payment
}

// Bounds decides all facts anew and returns the least and most that M-PESA may have taken.
func (s Money) Bounds(ctx context.Context) (b Bounds, err error) {
	books, err := s.loadBooks(ctx)
	if err == nil {
		b.Alike, err = s.Alikes(ctx)
	}
	if err == nil {
		err = s.openAwaited(ctx, &b)
	}
	if err != nil {
		return b, fmt.Errorf("add up what M-PESA took: %w", err)
	}
	rows := map[money.Key]PaymentID{}
	for _, p := range books.payments {
		rows[money.Key{Push: p.PushID, Receipt: p.Receipt}] = p.ID
	}
	least := map[PaymentID]Cents{}
	for _, c := range money.Cases(books.all()) {
		for _, p := range money.Decide(c, decidedAt(c)).Payments {
			id := rows[p.Key]
			least[id] = p.Least
			if why := openWhy(p); why != "" {
				b.Open = append(b.Open, OpenAmount{
					Name: OpenItem{Kind: ItemPayment, ID: int64(id)}.Name(), Receipt: p.Receipt, Least: p.Least,
					Most: p.Most, Why: why,
				})
				continue
			}
			b.Least, b.Most = b.Least+p.Least, b.Most+p.Most
		}
	}
	slices.SortFunc(b.Open, func(a, b OpenAmount) int { return cmp.Compare(a.Name, b.Name) })
	for _, o := range b.Open {
		b.Least, b.Most = b.Least+o.Least, b.Most+o.Most
	}
	pairs := slices.Clone(b.Alike)
	for i, a := range pairs {
		pairs[i].Amount = least[a.Pending]
	}
	b.Least -= Between(pairs)
	return b, nil
}

func openWhy(p money.Payment) OpenKind {
	switch {
	case p.Least == p.Most:
		return ""
	case !p.AmountKnown:
		return OpenNoAmount
	case p.AmountBy == money.Operator:
		return OpenByWord
	case p.Least > 0:
		return OpenTwoAmounts
	case p.Push != 0 && p.Receipt == "":
		return OpenShared
	}
	return OpenByWord
}

// openAwaited adds pushes that may still turn out paid, and callbacks that may hide money for which there is no push or
// payment.
func (s *Store) openAwaited(ctx context.Context, b *Bounds) error {
	pushes, err := s.Money().UndecidedPushes(ctx)
	if err != nil {
		return err
	}
	for _, p := range pushes {
		b.Open = append(b.Open, OpenAmount{
			Name: OpenItem{Kind: ItemPush, ID: int64(p.ID)}.Name(), Most: Cents(p.Amount) * 100, Why: OpenPush,
		})
	}
	var unread []struct {
		ID      int64
		Receipt string
		Amount  Cents
	}
	err = s.list(ctx, &unread, `SELECT c.id, COALESCE(u.receipt, '') AS receipt, COALESCE(u.amount_cents, 0) AS amount`+
		unreadFrom+` WHERE `+unreadOpen+` AND (c.kind IN ('c2b', 'pull', 'validation') OR c.kind = 'stk'
		AND p.state IN ('failed', 'refused'))`)
	for _, u := range unread {
		b.Open = append(b.Open, OpenAmount{
			Name: OpenItem{Kind: ItemCallback, ID: u.ID}.Name(), Receipt: u.Receipt,
			Most: cmp.Or(u.Amount, money.MaxPayment), Why: OpenCallback,
		})
	}
	return err
}
