package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// numbered reads an open item's own number, such as payment:123. The kind is "" where the name is none.
func numbered(name string) (kind store.ItemKind, id int64) {
	word, digits, _ := strings.Cut(strings.ToLower(name), ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	kinds := []store.ItemKind{store.ItemPayment, store.ItemPush, store.ItemClaim, store.ItemCallback}
	if err != nil || !slices.Contains(kinds, store.ItemKind(word)) {
		return "", 0
	}
	return store.ItemKind(word), id
}

type resolveCmd struct {
	books
	Named string `arg:"" name:"entry" help:"The receipt of the entry, its ticket's code, or its own number, such as push:…, as the list prints it."`
	Note  string `required:"" help:"What you have found or done, for the records. Customers do not see it."`
	By    string `help:"Who resolves it." default:"box office"`
}

// Run takes open items off the list.
func (c resolveCmd) Run(p *program) error {
	note := strings.TrimSpace(c.Note)
	if note == "" {
		return errors.New("--note must say what you have found or done; nothing was written")
	}
	return c.with(p, func(st *store.Store) error {
		cases, err := c.entries(p.ctx, st)
		if err != nil {
			return err
		}
		err = st.Money().ResolveItems(p.ctx, cases, note, c.By)
		if refusal, is := errors.AsType[*store.Refusal](err); is {
			action := wording.Action{Verb: wording.Resolve, Named: c.Named, For: cases[0].Name()}
			return fmt.Errorf("%s cannot be resolved by a note: %w", c.Named, refused(action, refusal))
		}
		if err != nil {
			return err
		}
		for _, entry := range cases {
			if _, err := fmt.Fprintf(p.stdout,
				"%s (%s, ticket %s) is off the list; cinemasphere payments --all shows it with your note.\n",
				entry.Name(), cmp.Or(entry.Receipt, "no receipt"), cmp.Or(entry.TicketCode, "-")); err != nil {
				return err
			}
		}
		return nil
	})
}

// entries finds the named open items: one by its number, all that are about a receipt, or the only one of a ticket.
func (c resolveCmd) entries(ctx context.Context, st *store.Store) ([]store.OpenItem, error) {
	name := oneWord(c.Named)
	if kind, id := numbered(name); kind != "" {
		cases, err := st.Money().OpenItems(ctx, store.ItemFilter{All: true})
		cases = slices.DeleteFunc(cases, func(entry store.OpenItem) bool {
			return entry.Kind != kind || entry.ID != id
		})
		return c.some(cases, err)
	}
	cases, err := st.Money().OpenItems(ctx, store.ItemFilter{Receipt: name})
	if err == nil && len(cases) == 0 {
		cases, err = st.Money().OpenItems(ctx, store.ItemFilter{Ticket: name})
	}
	if len(cases) > 1 && cases[0].TicketCode == name {
		names := make([]string, len(cases))
		for i, entry := range cases {
			names[i] = cmp.Or(entry.Receipt, entry.Name())
		}
		return nil, fmt.Errorf("the ticket has several entries: name one of %s", strings.Join(names, ", "))
	}
	return c.some(cases, err)
}

func (c resolveCmd) some(cases []store.OpenItem, err error) ([]store.OpenItem, error) {
	if err == nil && len(cases) == 0 {
		err = fmt.Errorf("nothing on the list is named %s: see cinemasphere payments", c.Named)
	}
	return cases, err
}
