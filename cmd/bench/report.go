package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"cinemasphere/mpesa"
)

// report is the table that a benchmark prints: facts, and figures that have a target.
type report struct {
	title  string
	rows   [][3]string
	missed []string
}

// fact adds a figure without a target.
func (r *report) fact(name, format string, args ...any) {
	r.rows = append(r.rows, [3]string{name, "", fmt.Sprintf(format, args...)})
}

// goal adds a figure with its target, and whether that was met.
func (r *report) goal(name, target string, met bool, format string, args ...any) {
	verdict := "ok"
	if !met {
		verdict = "MISSED"
		r.missed = append(r.missed, name)
	}
	r.rows = append(r.rows, [3]string{name, target + ": " + verdict, fmt.Sprintf(format, args...)})
}

// finish prints the table and returns an error that names the targets that were missed.
func (r *report) finish(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "\n%s\n", r.title); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range r.rows {
		if _, err := fmt.Fprintf(table, "  %s\n", strings.Join(row[:], "\t")); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(r.missed) > 0 {
		return fmt.Errorf("target missed: %s", strings.Join(r.missed, ", "))
	}
	return nil
}

// thousands writes a number as people read it: 24,000.
func thousands[T ~int | ~int64](n T) string {
	digits := fmt.Sprintf("%d", n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// ksh writes whole shillings as people read them: KSh 24,000.
func ksh[T ~int | ~int64](shillings T) string { return mpesa.KSh(int64(shillings) * 100) }
