package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"cinemasphere/handlers/staff"
	"cinemasphere/store"
	"cinemasphere/views/wording"
)

type operatorCmd struct {
	Add   addOperatorCmd   `cmd:"" help:"Add a person of the staff. The password is asked for, or read from the standard input."`
	Reset resetOperatorCmd `cmd:"" help:"Give a person a new password, asked for or read from the standard input. They are signed out everywhere, their authenticator app is taken away, and they may sign in again if they were disabled."`
	List  listOperatorsCmd `cmd:"" help:"List the people of the staff."`
}

type addOperatorCmd struct {
	books
	Name string `arg:"" help:"The name that the person signs in with."`
	Role string `required:"" enum:"owner,manager,cashier,usher" help:"owner (all), manager (programme, orders, refunds), cashier (counter, find, check in) or usher (check in)."`
}

// Run adds a person of the staff.
func (c addOperatorCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		password, err := readPassword(p.stdin, p.stderr)
		if err != nil {
			return err
		}
		o, err := staff.New(st, staff.Config{}).Add(p.ctx, c.Name, store.Role(c.Role), password)
		if err != nil {
			return sentences(err)
		}
		_, err = fmt.Fprintf(p.stdout, "%s is added as %s.\n", o.Name, o.Role)
		return err
	})
}

type resetOperatorCmd struct {
	books
	Name    string `arg:"" help:"The name that the person signs in with."`
	Address bool   `help:"Print a one-time address at which the person chooses the password. It works even while somebody else's guesses make signing in wait."`
}

// Run gives a person a new password.
func (c resetOperatorCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		o, err := st.Staff().OperatorByName(p.ctx, c.Name)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("nobody of the staff is named %s: see cinemasphere operator list", c.Name)
		}
		if err != nil {
			return err
		}
		if c.Address {
			return c.byAddress(p, st, o)
		}
		password, err := readPassword(p.stdin, p.stderr)
		if err != nil {
			return err
		}
		if err := staff.New(st, staff.Config{}).Reset(p.ctx, o, password); err != nil {
			return sentences(err)
		}
		_, err = fmt.Fprintf(p.stdout, "%s (%s) signs in with the new password from now on.\n", o.Name, o.Role)
		return err
	})
}

// byAddress prints a one-time address.
func (c resetOperatorCmd) byAddress(p *program, st *store.Store, o store.Operator) error {
	o, token, err := staff.New(st, staff.Config{}).ResetByAddress(p.ctx, o.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s chooses a password at this address, once, until %s:\n\n    %s/admin/join/%s\n",
		o.Name, wording.Moment(o.InviteUntil), strings.TrimRight(c.BaseURL, "/"), token)
	return err
}

type listOperatorsCmd struct{ books }

// Run lists the people of the staff.
func (c listOperatorsCmd) Run(p *program) error {
	return c.with(p, func(st *store.Store) error {
		all, err := st.Staff().Operators(p.ctx)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			_, err = fmt.Fprintln(p.stdout, "There is nobody yet.")
			return err
		}
		t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, o := range all {
			fmt.Fprintf(t, "%s\t%s\t%s\n", o.Name, o.Role, strings.Join(standing(o), ", "))
		}
		return t.Flush()
	})
}

// standing says how a person may sign in.
func standing(o store.Operator) []string {
	var says []string
	switch {
	case o.DisabledAt != 0:
		says = append(says, "disabled since "+wording.Moment(o.DisabledAt))
	case o.InviteUntil != 0:
		says = append(says, "invited until "+wording.Moment(o.InviteUntil))
	case o.Password == "":
		says = append(says, "no password")
	}
	if o.TOTPSecret != "" {
		says = append(says, "authenticator app")
	}
	if o.SignedInAt != 0 {
		says = append(says, "last signed in "+wording.Moment(o.SignedInAt))
	}
	return says
}

// sentences says what is wrong with a form, for who typed a command.
func sentences(err error) error {
	invalid, is := errors.AsType[staff.Invalid](err)
	if !is {
		return err
	}
	var all []string
	for _, sentence := range invalid {
		all = append(all, sentence)
	}
	slices.Sort(all)
	return errors.New(strings.Join(all, " "))
}

// firstLine is the first line of what comes in.
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
