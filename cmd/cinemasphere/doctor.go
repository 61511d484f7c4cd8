package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cinemasphere/handlers/doctor"
	"cinemasphere/mpesa"
	"cinemasphere/store"
)

type doctorCmd struct {
	config
	JSON bool `name:"json" help:"Print the findings as JSON."`
}

// errUnwell makes the program exit with 1; the findings have been printed.
var errUnwell = errors.New("something is wrong that keeps tickets from being sold or paid: see the failures above")

// Run examines the settings and what they lead to, prints a line for each thing, and fails where one is a failure.
func (c doctorCmd) Run(p *program) (err error) {
	plan, problems := c.check()
	setDefault(&plan.DatabaseURL, c.defaultDatabase())
	d := plan.doctor(problems)
	st, openErr := openBooks(p.ctx, plan.DatabaseURL)
	if st != nil {
		defer func() { err = errors.Join(err, st.Close()) }()
	}
	d.Store, d.OpenError = st, openErr
	if !store.IsPostgres(plan.DatabaseURL) && store.PathName(plan.DatabaseURL) != "" {
		_, statErr := os.Stat(store.PathName(plan.DatabaseURL))
		d.Missing = errors.Is(statErr, fs.ErrNotExist)
	}
	if problems == nil && !plan.simulate {
		if err := plan.withDaraja(&d, st); err != nil {
			return err
		}
	}
	found := doctor.Examine(p.ctx, d)
	if err := c.print(p, found); err != nil {
		return err
	}
	if doctor.Worst(found.Findings) == doctor.Failure {
		return errUnwell
	}
	return nil
}

// openBooks opens books that are there, of whatever environment.
func openBooks(ctx context.Context, path string) (*store.Store, error) {
	return store.Open(ctx, store.Options{Path: path, Existing: true})
}

// withDaraja adds what needs a client of Daraja of its own.
func (p *plan) withDaraja(d *doctor.Config, st *store.Store) error {
	var tokens mpesa.TokenStore
	if st != nil {
		tokens = p.tokens(st, processName(), slog.New(slog.DiscardHandler))
	}
	daraja, err := p.newDaraja(tokens, nil)
	if err != nil {
		return err
	}
	d.LogIn = daraja.LogIn
	return nil
}

func (c doctorCmd) print(p *program, found doctor.Examined) error {
	if c.JSON {
		out := json.NewEncoder(p.stdout)
		out.SetIndent("", "  ")
		return out.Encode(struct {
			Worst    doctor.Grade     `json:"worst"`
			Findings []doctor.Finding `json:"findings"`
		}{doctor.Worst(found.Findings), found.Findings})
	}
	for _, f := range found.Findings {
		if _, err := fmt.Fprintf(p.stdout, "%-8s %-16s %s\n", f.Grade, f.Name, f.Says); err != nil {
			return err
		}
		if f.Do != "" {
			if _, err := fmt.Fprintf(p.stdout, "%-8s %-16s → %s\n", "", "", f.Do); err != nil {
				return err
			}
		}
	}
	return nil
}

// doctor says what there is to examine of a plan, and of what is wrong with it. Where something is, only what does not
// depend on it is looked at.
func (p *plan) doctor(problems error) doctor.Config {
	d := doctor.Config{
		Settings: p.settingsSource(), Problems: linesOf(problems), Warnings: p.warnings, Environment: p.env,
		Database: store.PathName(p.DatabaseURL), OpenFiles: openFiles, Files: p.ownFiles(),
	}
	if p.Found != nil {
		d.Warnings = append(slices.Clone(p.Found.warnings), p.warnings...)
	}
	if !canLookAtDisks {
		d.OpenFiles = nil
	}
	if p.DatabaseURL != "" && !store.IsPostgres(p.DatabaseURL) {
		d.Folder, d.Disk = filepath.Dir(store.PathName(p.DatabaseURL)), p.disk()
	}
	if problems != nil {
		return d
	}
	d.Shortcode, d.Till = p.MpesaBusinessShortCode, p.MpesaTillNumber
	d.BuyGoods = p.MpesaTransactionType == mpesa.BuyGoods ||
		p.MpesaTransactionType == "" && p.MpesaTillNumber != "" && p.MpesaTillNumber != p.MpesaBusinessShortCode
	d.Initiator, d.Certificate, d.Password = p.MpesaInitiatorName != "", p.MpesaCertificate, p.password
	d.Explain, d.Logins = explainLogIn, p.logins()
	d.HTTPS = p.https
	if p.simulate {
		return d // it calls this machine
	}
	d.Daraja = p.MpesaBaseURL
	d.Refuses = func(address string) error { return mpesa.CheckCallbackURL(address, p.daraja()) }
	d.Callback = []string{p.callback}
	if p.results != p.callback {
		d.Callback = append(d.Callback, p.results)
	}
	return d
}

// ownFiles are those that are not for other users.
func (p *plan) ownFiles() (all []string) {
	if p.DatabaseURL != "" && !store.IsPostgres(p.DatabaseURL) {
		path := store.PathName(p.DatabaseURL)
		all = append(all, path, path+"-wal", path+"-shm")
	}
	if p.Found != nil {
		all = append(all, p.Found.files...)
	}
	if p.https != nil {
		for _, s := range p.https.Look() {
			all = append(all, s.Key)
		}
	}
	return all
}

// linesOf are the errors that are joined in one.
func linesOf(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// explainLogIn says what a log-in that failed means, without anything that Daraja has answered.
func explainLogIn(err error) string {
	fault, is := errors.AsType[*mpesa.Error](err)
	switch {
	case !is:
		return "the call failed"
	case fault.Kind == mpesa.KindConfig:
		return "it does not know MPESA_CONSUMER_KEY with this MPESA_CONSUMER_SECRET"
	case fault.Kind == mpesa.KindBusy:
		return "it is too busy"
	case fault.HTTPStatus != 0:
		return fmt.Sprintf("it answers HTTP %d", fault.HTTPStatus)
	}
	return "it does not answer"
}
