package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"cinemasphere/handlers/staff"
	"cinemasphere/store"
)

// setUpFile has the one-time set-up address where there is no terminal to print it on.
const setUpFile = "set-up-address.txt"

// openStaff makes ready to let the staff in. Outside the demo, while there is nobody, it gives out the one-time address
// that makes the first owner: on the terminal, or else in a file that only the program's user can read. It never goes
// into the log, which others may read.
func (s *server) openStaff(ctx context.Context) error {
	file := s.setUpPath()
	s.staff = staff.New(s.store, staff.Config{
		Production: s.env == store.Production, Demo: s.env == store.Simulator, OnSetUp: func() { s.forget(file) },
	})
	token, err := s.staff.NewSetUpToken(ctx)
	if err != nil {
		return err
	}
	if token == "" {
		s.forget(file)
		return nil
	}
	address := s.BaseURL + "/admin/setup/" + token
	if isTerminal(s.out) {
		_, err = fmt.Fprintf(s.out,
			"\nThe cinema has no owner yet. Open this address once to set it up:\n\n    %s\n\n", address)
		return err
	}
	if err := writePrivate(file, address+"\n"); err != nil {
		return fmt.Errorf("write the set-up address: %w", err)
	}
	s.log.Warn("the cinema has no owner yet: open the address in this file once to set it up", "file", file)
	return nil
}

// setUpPath is where the set-up address is written: beside the database's file, or in the working directory.
func (s *server) setUpPath() string {
	if store.IsPostgres(s.DatabaseURL) {
		return setUpFile
	}
	return filepath.Join(filepath.Dir(store.PathName(s.DatabaseURL)), setUpFile)
}

// forget removes the file with an address that is no longer good.
func (s *server) forget(file string) {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("the set-up address is used up, and its file can be removed", "file", file, "error", err)
	}
}

// writePrivate writes a new file that only this user can read, in place of an old one.
func writePrivate(path, text string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// isTerminal reports whether somebody reads there.
func isTerminal(w any) bool {
	if p, is := w.(*printer); is {
		w = p.to
	}
	f, is := w.(interface{ Fd() uintptr })
	return is && term.IsTerminal(int(f.Fd()))
}

// readPassword asks for a new password, twice, where somebody types it, and else takes the first line. It is never an
// argument, which every user of the machine could read.
func readPassword(in io.Reader, ask io.Writer) (string, error) {
	f, is := in.(*os.File)
	if !is || !isTerminal(f) {
		return firstLine(in)
	}
	var typed [2]string
	for i, question := range []string{"New password: ", "Once more: "} {
		fmt.Fprint(ask, question)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(ask)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ; nothing was written")
	}
	return typed[0], nil
}
