package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"cinemasphere/handlers/checkout"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

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
		p.by(c.By)
		cases, err := checkout.NamedItems(p.ctx, st, c.Named)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("nothing on the list is named %s: see cinemasphere payments", c.Named)
		}
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
