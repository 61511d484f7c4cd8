package seating_test

import (
	"testing"

	"cinemasphere/store/seating"
)

// FuzzText: no text makes the reader panic, and what it reads prints and reads back as the same plan.
func FuzzText(f *testing.F) {
	for _, text := range []string{
		whole, smallHall, kinds, "", "A ooo|ooo odd left, even right", "zone o = Front\nA o(3)w\nzones: o",
		"[S]\n-\nA x_|LL even, start 9998\nnote A9998 = =1+1", "\uFEFFA wcL\u0301 from right",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := seating.Parse(text)
		roundTrip(t, &p, problems)
		p, problems = seating.Read(text)
		roundTrip(t, &p, problems)
	})
}

// FuzzCSV does the same for sheets.
func FuzzCSV(f *testing.F) {
	p, _ := seating.Parse(whole)
	for _, sheet := range []string{
		p.CSV(), "A1,A2,,A3", "row;;\n[S];;\nA;VIP:1+;2c\n;;\nB;1L;2L", "\uFEFFA\t1\t2", "\xFF\xFEA\x001\x00,\x00",
		"\"A1\"\"\",B", "row\nA,A1h,|,A2x\nzone q = Q", "A1,Zone:A2\nB1,zone:B2",
	} {
		f.Add([]byte(sheet))
	}
	f.Fuzz(func(t *testing.T, sheet []byte) {
		p, problems := seating.ParseCSV(sheet)
		roundTrip(t, &p, problems)
	})
}

func roundTrip(t *testing.T, p *seating.Plan, problems []seating.Problem) {
	t.Helper()
	if len(problems) > 0 {
		if len(p.Seats) > 0 {
			t.Fatal("a plan in spite of problems")
		}
		for _, problem := range problems {
			if problem.Line < 1 || problem.Column < 1 || problem.Error() == string(problem.Fault) {
				t.Fatalf("%+v", problem)
			}
		}
		return
	}
	text := p.Text()
	again, problems := seating.Parse(text)
	same(t, "text", text, p, again, problems)
	sheet := p.CSV()
	again, problems = seating.ParseCSV([]byte(sheet))
	same(t, "CSV", sheet, p, again, problems)
	if _, err := p.Pretix("Hall"); err != nil {
		t.Fatal(err)
	}
}
