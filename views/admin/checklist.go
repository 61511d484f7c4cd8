package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"cinemasphere/store"
	"cinemasphere/views/ui"
	"cinemasphere/views/wording"
)

// MpesaSetUp is how M-PESA is set up.
type MpesaSetUp struct {
	Environment store.Environment
	Callback    string // the address that M-PESA sends its answers to
	Unreachable string // why M-PESA would not take that address in production; "" where it would
}

// CheckLines says how far a cinema is from opening: what the books say, and the settings of M-PESA. Who is no owner
// gets no links to pages for owners.
func CheckLines(r store.Readiness, m MpesaSetUp, owner bool) []CheckLine {
	film := CheckLine{What: "A film with a poster", Done: r.Films > 0 && r.Posterless == 0, Link: "Films",
		Path: "/admin/films", Says: counted(r.Films, "film", "There is no film yet.") + " Each has its poster."}
	switch {
	case r.Films == 0:
		film.Says, film.Link, film.Path = "There is no film yet.", "Add a film", "/admin/films/new"
	case r.Posterless > 0:
		film.Says = fmt.Sprintf("%s Without a poster of their own: %d. Those have one that is drawn from the title.",
			counted(r.Films, "film", ""), r.Posterless)
		film.Link, film.Path = "Add a poster", "/admin/films/"+strconv.FormatInt(int64(r.PosterFor), 10)+"#poster"
	}
	hall := CheckLine{What: "A hall", Done: r.Halls > 0, Link: "Halls", Path: "/admin/halls",
		Says: counted(r.Halls, "hall", "There is no hall yet.")}
	if r.Halls == 0 {
		hall.Link, hall.Path = "Add a hall", "/admin/halls/new"
	}
	prices := CheckLine{What: "Prices", Done: r.Cards > 0, Link: "Prices", Path: "/admin/prices",
		Says: counted(r.Cards, "price card", "There is no price card yet.")}
	if r.Cards == 0 {
		prices.Link, prices.Path = "Add prices", "/admin/prices/new"
	}
	screening := CheckLine{What: "A screening on sale", Done: r.Next != 0, Link: "Screenings",
		Path: "/admin/screenings", Says: "Customers can book."}
	if r.Next == 0 {
		screening.Says = "Nothing is on sale. A draft is sold once it is published."
	}
	code := CheckLine{What: "An authenticator app for each owner", Done: r.Owners > 0 && r.OwnersNoCode == 0,
		Link: "Set it up", Path: "/admin/account/code",
		Says: "Whoever learns an owner’s password cannot sign in without the phone."}
	if code.Done {
		code.Link = ""
	}
	people := CheckLine{What: "The staff", Done: r.People > 1, Link: "Staff", Path: "/admin/staff",
		Says: "Nobody but you can sign in: add managers, cashiers and ushers, each with a password of their own."}
	if people.Done {
		people.Says = counted(r.People, "person", "") + " can sign in."
		if r.People > 1 {
			people.Says = fmt.Sprintf("%d people can sign in.", r.People)
		}
	}
	backup := CheckLine{What: "Backups", Done: r.BackupSince != 0 || r.BackupAt != 0, ByHand: r.BackupAt == 0,
		Says: "The program has made none. Name a folder or a bucket for them (BACKUP_DIR, BACKUP_BUCKET), and try " +
			"once to restore one: the guide “Backups” says how. Or copy the database elsewhere each night by other " +
			"means, and say so here."}
	if r.BackupAt != 0 {
		backup.Says = "The last good one is of " + wording.Moment(r.BackupAt) + "."
	}
	test := CheckLine{What: "A test sale", Done: r.TestsPaid > 0, Link: "Try it", Path: "/admin/checklist#test",
		Says: "One seat for KSh 1, with a real prompt, to see that all of it works."}
	if test.Done {
		test.Says, test.Link = "One was paid for.", "Try it again"
	}
	if !owner {
		code.Link, code.Path, people.Link, people.Path = "", "", "", ""
	}
	return []CheckLine{film, hall, prices, screening, mpesaLine(m), code, people, backup, test}
}

// mpesaLine says whether customers' money would come.
func mpesaLine(m MpesaSetUp) CheckLine {
	line := CheckLine{What: "M-PESA"}
	switch m.Environment {
	case store.Production:
		line.Says = "Customers pay to you."
	case store.Sandbox:
		line.Says = "Safaricom’s sandbox takes the payments, and no ticket is valid. With your own keys and " +
			"MPESA_ENV=production customers pay to you: see the guide “Going live”."
	case store.Simulator:
		line.Says = "This is the demo: it has an M-PESA of its own, and no money moves."
	}
	if m.Environment == store.Simulator {
		return line
	}
	answers := " M-PESA sends its answers to " + m.Callback
	switch {
	case m.Unreachable != "":
		line.Says += answers + ", which it would not take from a real cinema: " + m.Unreachable + "."
	default:
		line.Done = m.Environment == store.Production
		line.Says += answers + "."
	}
	return line
}

// counted is how many there are, or what to say of none.
func counted(n int, what, none string) string {
	switch n {
	case 0:
		return none
	case 1:
		return "1 " + what + "."
	}
	return strconv.Itoa(n) + " " + what + "s."
}

// NextScreenings are the next n screenings that are sold, as a choice.
func NextScreenings(films []store.Film, n int, sold func(store.Screening) bool) []ui.Option {
	type showing struct {
		store.Screening
		title string
	}
	var next []showing
	for _, f := range films {
		for _, sc := range f.Screenings {
			if sold(sc) {
				next = append(next, showing{sc, f.Title})
			}
		}
	}
	slices.SortFunc(next, func(a, b showing) int {
		return cmp.Or(cmp.Compare(a.StartsAt, b.StartsAt), cmp.Compare(a.ID, b.ID))
	})
	var options []ui.Option
	for _, sc := range next[:min(n, len(next))] {
		options = append(options, ui.Option{
			Value: screeningID(sc.ID), Label: wording.When(sc.StartsAt) + ", " + sc.title + ", " + sc.Hall,
		})
	}
	return options
}
