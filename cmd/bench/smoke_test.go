package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store/storetest/needs"
	"cinemasphere/store/storetest/pgserver"
)

// built is the two programs, freshly built.
func built(t *testing.T) (bench, product string) {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "cinemasphere/cmd/bench",
		"cinemasphere/cmd/cinemasphere").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "bench"), filepath.Join(dir, "cinemasphere")
}

// A busy machine may miss a target for speed in these tests; nothing else may be missed.
func TestBenchmarksRun(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves this out: each benchmark runs for seconds")
	}
	bench, product := built(t)
	for name, args := range map[string][]string{
		"bookings": {"bookings", "--rate=20", "--for=2s", "--within=20s", "--binary=" + product},
		"postgres": {"bookings", "--database=postgres", "--rate=20", "--for=2s", "--within=20s", "--binary=" + product},
		"sellout":  {"sellout", "--database=postgres", "--buyers=700", "--for=3s", "--binary=" + product},
		"slow-daraja": {
			"slow-daraja", "--buyers=4", "--answer=100ms", "--for=1s", "--views=20", "--rate=1", "--within=20s",
			"--binary=" + product,
		},
		"home":     {"home", "--rounds=1", "--for=1s", "--share=0.01", "--binary=" + product},
		"map":      {"map", "--views=5", "--within=2s", "--binary=" + product},
		"floor":    {"floor", "--rounds=1", "--rate=20", "--for=1s", "--times=100", "--binary=" + product},
		"overload": {"overload", "--measure=300ms", "--for=500ms"},
	} {
		t.Run(name, func(t *testing.T) {
			if slices.Contains(args, "--database=postgres") {
				needs.Program(t, "PostgreSQL", pgserver.Missing())
			}
			work := t.TempDir()
			var stdout, stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), bench, append(args, "--dir="+work)...)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil && !strings.Contains(stderr.String(), "target missed") {
				t.Fatalf("%v\n%s%s", err, stdout.String(), stderr.String())
			}
			met := false
			for line := range strings.Lines(stdout.String()) {
				met = met || strings.Contains(line, ": ok")
				speed := strings.Contains(line, "  paid ") || strings.Contains(line, "home page, meanwhile")
				if strings.Contains(line, "MISSED") && !speed {
					t.Error(line)
				}
			}
			if !met {
				t.Errorf("no target was met:\n%s%s", stdout.String(), stderr.String())
			}
			if left, err := os.ReadDir(work); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestMissedTargetIsAFailure(t *testing.T) {
	bench, product := built(t)
	out, err := exec.CommandContext(t.Context(), bench, "bookings", "--rate=5", "--for=1s", "--within=1us",
		"--binary="+product, "--dir="+t.TempDir()).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("target missed")) || !bytes.Contains(out, []byte("MISSED")) {
		t.Errorf("p99 under a microsecond: %v\n%s", err, out)
	}
}
