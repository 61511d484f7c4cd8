package needs

import (
	"errors"
	"testing"
)

// outcome records what Program does to a test.
type outcome struct{ failed, skipped bool }

func (o *outcome) Helper()               {}
func (o *outcome) Fatalf(string, ...any) { o.failed = true }
func (o *outcome) Skipf(string, ...any)  { o.skipped = true }

func TestProgram(t *testing.T) {
	missing := errors.New("not installed")
	for _, tt := range []struct {
		name      string
		quick, ci string
		missing   error
		want      outcome
	}{
		{"there", "", "", nil, outcome{}},
		{"there, on CI", "", "true", nil, outcome{}},
		{"missing", "", "", missing, outcome{skipped: true}},
		{"missing, on CI", "", "true", missing, outcome{failed: true}},
		{"missing, on another CI", "", "1", missing, outcome{failed: true}},
		{"quick", "1", "", nil, outcome{skipped: true}},
		{"quick, missing", "1", "", missing, outcome{skipped: true}},
		{"quick, missing, on CI", "1", "true", missing, outcome{skipped: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("TEST_QUICK", tt.quick)
			t.Setenv("CI", tt.ci)
			var got outcome
			Program(&got, "a browser", tt.missing)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
