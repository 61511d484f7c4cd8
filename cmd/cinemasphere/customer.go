package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
)

type customerCmd struct {
	Export exportCustomerCmd `cmd:"" help:"Print all that the books hold of who has a phone number, as JSON. See first that who asks has the phone."`
	Erase  eraseCustomerCmd  `cmd:"" help:"Erase name, phone, address and raw reports of who has a phone number. What was paid stays, and so does what something is still open about."`
}

type exportCustomerCmd struct {
	books
	Phone string `arg:"" help:"The phone number, such as 0712345678."`
}

// errNoCustomer is that there is nobody to export or erase.
var errNoCustomer = errors.New("the books hold nothing of this phone number")

// Run prints what there is of a customer.
func (c exportCustomerCmd) Run(p *program) error {
	phone, err := readPhone(c.Phone)
	if err != nil {
		return err
	}
	return c.with(p, func(st *store.Store) error {
		all, err := st.Tickets().Customer(p.ctx, phone)
		if errors.Is(err, store.ErrNotFound) {
			return errNoCustomer
		}
		if err != nil {
			return err
		}
		out := json.NewEncoder(p.stdout)
		out.SetIndent("", "  ")
		return out.Encode(all)
	})
}

type eraseCustomerCmd struct {
	books
	Phone string `arg:"" help:"The phone number, such as 0712345678."`
	Yes   bool   `required:"" help:"Yes: it cannot be undone, and backups have it until they are deleted."`
}

// Run erases a customer.
func (c eraseCustomerCmd) Run(p *program) error {
	phone, err := readPhone(c.Phone)
	if err != nil {
		return err
	}
	return c.with(p, func(st *store.Store) error {
		out, err := st.Tickets().EraseCustomer(p.ctx, phone)
		if errors.Is(err, store.ErrNotFound) {
			return errNoCustomer
		}
		if err != nil {
			return err
		}
		return printErased(p.stdout, out)
	})
}

func readPhone(typed string) (string, error) {
	phone, wrong := mpesa.ParseMSISDN(typed)
	if wrong != nil {
		return "", errors.New("that is no Kenyan mobile number, such as 0712345678")
	}
	return string(phone), nil
}

// printErased says what was erased, and what was not and why.
func printErased(w io.Writer, m store.Masked) error {
	_, err := fmt.Fprintf(w, "Erased: the customer of %d tickets, and %d raw reports of M-PESA. What was paid stays.\n",
		m.Tickets, m.Bodies)
	if err == nil && len(m.Kept) > 0 {
		_, err = fmt.Fprintf(w,
			"Kept, since the film is not over for a day, or something is open about the money: %s.\n",
			strings.Join(m.Kept, ", "))
	}
	return err
}
