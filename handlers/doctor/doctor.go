// Package doctor examines a box office before a customer does: settings, credentials, the address that M-PESA calls,
// certificates, the clock, the disk and the database. The command line and the back office show the same lines.
//
// A line says what was found and what to do. Its words stand where it is looked, as those of the settings do. It must
// never show a secret, a token, a number of a customer or a password, and never change what it examines.
package doctor

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"cinemasphere/handlers/https"
	"cinemasphere/store"
	"cinemasphere/store/alarm"
)

// Grade is how good what was found is.
type Grade string

// The grades. Only a failure keeps tickets from being sold or paid.
const (
	OK      Grade = "ok"
	Warning Grade = "warning"
	Failure Grade = "failure"
)

// Finding is one line.
type Finding struct {
	Name  string `json:"name"`  // of what was looked at
	Grade Grade  `json:"grade"` // how good it is
	Says  string `json:"says"`  // what was found
	Do    string `json:"do"`    // what to do; "" where nothing is
}

// Examined is what an examination has found.
type Examined struct {
	Findings []Finding
	At       time.Time
}

// Worst is the worst grade of them.
func Worst(all []Finding) Grade {
	worst := OK
	for _, f := range all {
		if f.Grade == Failure || f.Grade == Warning && worst == OK {
			worst = f.Grade
		}
	}
	return worst
}

// Config says what there is to examine. What is empty or nil is not looked at.
type Config struct {
	Settings string   // where they were read from
	Problems []string // what is missing or contradicts
	Warnings []string // what may not be what is meant

	Environment store.Environment
	Database    string       // its name, for people
	Store       *store.Store // the books; nil where they could not be opened
	OpenError   error        // why not
	Missing     bool         // there are none yet

	Folder    string                     // where the file of the database is
	Disk      func() (alarm.Disk, error) // that it is on
	Sync      func(*os.File) error       // makes a file durable; nil is the file's own
	Files     []string                   // whose content is not for other users
	OpenFiles func() (uint64, error)     // how many may be open at once

	Daraja   string                      // its address, "" where it is our own simulator
	LogIn    func(context.Context) error // gets an access token
	Explain  func(error) string          // says what an error of LogIn means
	Logins   []Login                     // of other services
	Callback []string                    // the addresses that M-PESA is told to call, the pushes' first
	Refuses  func(address string) error  // what Daraja would refuse of one

	HTTPS *https.Config // how certificates are had; nil where a proxy has them

	Shortcode, Till string
	BuyGoods        bool // pushes are to the till

	Initiator   bool       // there is one
	Certificate string     // the file of M-PESA's certificate
	Password    *time.Time // since when the initiator has its password; nil where that is not known

	HTTP    http.RoundTripper // how the callback's address is reached; nil is directly
	Roots   *x509.CertPool    // of certificates; nil are the system's
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Now     func() time.Time // the clock; nil is the machine's
}

// Login is a service that the program must be let into.
type Login struct {
	Name string                      // such as e-mail
	Try  func(context.Context) error // the error holds no secret
	Do   string                      // what to do where it fails
}

// longest is how long one line may take.
const longest = 15 * time.Second

// Examine looks at everything at once, and returns the lines in order.
func Examine(ctx context.Context, c Config) Examined {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Resolve == nil {
		c.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if c.Sync == nil {
		c.Sync = (*os.File).Sync
	}
	looks := []func(context.Context) []Finding{
		c.settings, c.database, c.integrity, c.backup, c.room, c.syncing, c.files, c.descriptors, c.clock, c.logIn,
		c.logins, c.addresses, c.resolves, c.certificates, c.plain, c.reached, c.till, c.setUp, c.initiator, c.password,
	}
	found := make([][]Finding, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, longest)
			defer cancel()
			found[i] = look(ctx)
		})
	}
	all.Wait()
	out := Examined{At: c.Now()}
	for _, some := range found {
		out.Findings = append(out.Findings, some...)
	}
	return out
}

// one is a single line.
func one(name string, grade Grade, says, do string) []Finding {
	return []Finding{{Name: name, Grade: grade, Says: says, Do: do}}
}
