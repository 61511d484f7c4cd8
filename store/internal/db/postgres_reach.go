package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgSafe opens connections whose errors may be shown.
type pgSafe struct {
	driver.Connector
	path string
}

// Connect opens a connection.
func (c pgSafe) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, pgUnreachable{c.path, err}
	}
	return conn, nil
}

// pgUnreachable is why no connection could be opened. It takes the host from our own parsing of the address: the
// driver's error might show part of a password as a host.
type pgUnreachable struct {
	path string
	err  error
}

// Error lists the reasons, without their addresses.
func (e pgUnreachable) Error() string {
	var reasons []string
	for _, cause := range causes(e.err) {
		if reason := e.reason(cause); !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	where := "it"
	if u, err := url.Parse(e.path); err == nil && u.Host == "" && u.Query().Get("host") != "" {
		where = u.Query().Get("host") // such as a socket's folder
	}
	return where + " cannot be reached: " + strings.Join(reasons, ", ")
}

// Unwrap returns the driver's error.
func (e pgUnreachable) Unwrap() error { return e.err }

func (e pgUnreachable) reason(cause error) string {
	if pe, is := errors.AsType[*pgconn.PgError](cause); is {
		return pe.Message + " (SQLSTATE " + pe.Code + ")"
	}
	if de, is := errors.AsType[*net.DNSError](cause); is && !de.IsTimeout {
		return "there is no host of that name"
	}
	if ne, is := errors.AsType[net.Error](cause); is && ne.Timeout() || errors.Is(cause, os.ErrDeadlineExceeded) {
		return "it does not answer"
	}
	return withoutPassword(e.path, cause)
}

// causes are the leaves of a tree of errors. A net/dns error is one leaf.
func causes(err error) []error {
	if _, is := err.(*net.DNSError); is {
		return []error{err}
	}
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var all []error
		for _, one := range e.Unwrap() {
			all = append(all, causes(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return causes(inner)
		}
	}
	return []error{err}
}
