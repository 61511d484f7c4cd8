package seating_test

import (
	"fmt"
	"strings"
	"testing"

	"cinemasphere/store/seating"
)

// TestTypedSheets: sheets as people type them, and the plan that they are.
func TestTypedSheets(t *testing.T) {
	for _, tt := range []struct{ name, sheet, want string }{
		{"seats alone", "A1,A2,,A3\nB1,B2,,B3\n", "A  oo_o\nB  oo_o\n"},
		{"an aisle first", ",A1,A2\nB1,B2,B3\n", "A  _oo\nB  ooo\n"},
		{"semicolons", "A1;A2;;A3\r\nB1;B2;;B3\r\n", "A  oo_o\nB  oo_o\n"},
		{"tabs", "A1\tA2\t\tA3", "A  oo_o\n"},
		{"a mark of the order", "\uFEFFA1,A2", "A  oo\n"},
		{"labels first, then numbers", "A,1,2,,3\nB,3,2,,1\n", "A  oo_o\nB  oo_o  from right\n"},
		{"labels first, then labels", "A,A1,A2\nB,B2,B1\n", "A  oo\nB  oo  from right\n"},
		{"a header, and rows with numbers", "Row,,\n1,1,2\n2,1,3\n", "1  oo\n2  oo  odd\n"},
		{"zones and kinds", "VIP:E11,VIP:E12+,E13c,E14L,E15L,E16h,E17x",
			"zone v = VIP\nE  vwcLLhx  start 11\nzones: _v\n"},
		{"spaces", " A1 , VIP : A2 + ,A3c", "zone v = VIP\nA  owc\nzones: _v\n"},
		{"the text's mark for accessible", "A1w,A2", "A  wo\n"},
		{"an empty row is an aisle", "A1,A2\n,\nB1,B2\n,\n,\n", "A  oo\n-\nB  oo\n"},
		{"zones with one first letter", "VIP:A1,Vault:A2,Void:A3",
			"zone v = VIP\nzone a = Vault\nzone i = Void\nA  vai\n"},
		{"a zone of marks alone", "hLx:A1", "zone l = hLx\nA  l\n"},
		{"a zone without letters", "2026:A1", "zone a = 2026\nA  a\n"},
		{"a centre", "row\nA,A3,A1,|,A2,A4\n", "A  oo|oo  odd left, even right\n"},
		{"headings and notes", "row\n[Stalls]\nA,1\nnote A1 = cold\n", "[Stalls]\nA  o\nnote A1 = cold\n"},
		{"quoted", "\"A1\",\"A2\"\n", "A  oo\n"},
		{"numbers with zeros before", "A01,A02", "A  oo\n"},
		{"row labels that end in digits", "row\nC2,C21,C23", "C2  oo  odd\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := seating.ParseCSV([]byte(tt.sheet))
			if len(problems) > 0 || p.Text() != tt.want {
				t.Errorf("got\n%s want\n%s%v", p.Text(), tt.want, problems)
			}
			if typed, problems := seating.Read(tt.sheet); strings.ContainsAny(tt.sheet, ",;") &&
				(len(problems) > 0 || typed.Text() != tt.want) {
				t.Errorf("pasted: got\n%s want\n%s%v", typed.Text(), tt.want, problems)
			}
		})
	}
}

// TestSheetProblems: every problem of a sheet, with its line and cell.
func TestSheetProblems(t *testing.T) {
	var tall strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&tall, "R%d-1\n", i)
	}
	for sheet, want := range map[string]string{
		"":                                  "no_seats 1:1 ",
		"hello":                             "row_empty 1:1 |no_seats 1:1 ",
		"A1,A2,x":                           "bad_cell 1:3 x",
		"A1,B2":                             "cells_out_of_row 1:2 B2",
		"A1,=HYPERLINK(\"http://x\")":       "bad_cell 1:2 =HYPERLINK(\"http://x\")",
		"=1,=2":                             "bad_label 1:1 =",
		"A1,@A2,-A3":                        "cells_out_of_row 1:2 @A2|cells_out_of_row 1:3 -A3",
		"A1,A0":                             "bad_number 1:2 A0",
		"A1,A123456":                        "bad_number 1:2 A123456",
		"A1,A1":                             "seat_twice 1:2 A1",
		"A1,A2L":                            "odd_love 1:2 ",
		"A1,A2c":                            "companion_alone 1:2 ",
		"A1,:A2":                            "bad_cell 1:2 :A2",
		"A1,=v:A2":                          "unknown_zone 1:2 =v",
		"zone v = VIP\nVIP:A1,VPI:A2":       "unknown_zone 2:2 VPI",
		"row\nA,1,|,2,|,3":                  "centre_twice 2:5 ",
		"A1\n[B]":                           "section_empty 2:1 B",
		"row\nnote,note1":                   "bad_label 2:1 note",
		"A1,A2\nB1,B2,B9999999999999999999": "bad_number 2:3 B9999999999999999999",
		strings.Repeat("A1,", 400_000):      "text_too_long 1:1 ",
		tall.String():                       "too_many_rows 101:1 ",
	} {
		p, problems := seating.ParseCSV([]byte(sheet))
		var got []string
		for _, problem := range problems {
			got = append(got, fmt.Sprintf("%s %d:%d %s", problem.Fault, problem.Line, problem.Column, problem.Text))
		}
		if g := strings.Join(got, "|"); g != want || len(p.Seats) > 0 {
			t.Errorf("%.60q:\n got %s\nwant %s", sheet, g, want)
		}
	}
}
