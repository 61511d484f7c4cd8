package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"cinemasphere/handlers/checkout"
	"cinemasphere/mpesa"
	"cinemasphere/store"
)

type registerCmd struct {
	config
	Pull  bool   `help:"Register for Pull Transactions too (once, paybill only)."`
	Phone string `help:"The number that Safaricom asks for with --pull, as nominated in the M-PESA portal."`
}

// Run registers with Safaricom the addresses that C2B reports are sent to.
func (c registerCmd) Run(p *program) error {
	if err := c.nameDatabase(); err != nil {
		return err
	}
	plan, err := c.check()
	if err != nil {
		return err
	}
	if plan.simulate {
		return errors.New("the demo registers with its own simulator when it starts")
	}
	return books{c.config}.with(p, func(st *store.Store) error {
		daraja, err := plan.newDaraja(plan.tokens(st, processName(), slog.New(slog.DiscardHandler)), nil)
		if err != nil {
			return err
		}
		service := checkout.New(st, daraja, checkout.Config{CallbackURL: plan.callback, ResultURL: plan.results})
		if err := registerC2B(p.ctx, service, daraja); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, "Registered: payments made without a prompt will be reported to this program.")
		if !c.Pull {
			return nil
		}
		phone, err := mpesa.ParseMSISDN(c.Phone)
		if err != nil {
			return fmt.Errorf("--phone: %w", err)
		}
		if err := daraja.RegisterPull(p.ctx, mpesa.PullRegistration{
			Nominated: phone, CallbackURL: plan.results,
		}); err != nil && !errors.Is(err, mpesa.ErrAlreadyRegistered) {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, "Registered for Pull Transactions.")
		return err
	})
}

// registerC2B registers with Daraja the addresses for payments without a prompt.
func registerC2B(ctx context.Context, service *checkout.Service, daraja *mpesa.Client) error {
	confirmation, validation, err := service.C2BURLs(ctx)
	if err != nil {
		return err
	}
	_, err = daraja.RegisterURLs(ctx, mpesa.URLRegistration{
		ResponseType: mpesa.CompleteUnvalidated, ConfirmationURL: confirmation, ValidationURL: validation,
	})
	if errors.Is(err, mpesa.ErrAlreadyRegistered) {
		return errors.New(
			"this shortcode has addresses at Safaricom already: delete them in the Daraja portal (Self-service, URL " +
				"management), then register again")
	}
	return err
}
