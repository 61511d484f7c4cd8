package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cinemasphere/store/storetest/needs"
)

// TestRelease makes a release of the same source in two folders: both have the same hashes, of the program and of the
// list of what is in it, and the program runs.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program twice")
	}
	_, missing := exec.LookPath("make")
	needs.Program(t, "make", missing)
	var sums [2]string
	var dist string
	for i := range sums {
		source := t.TempDir()
		copyProject(t, source)
		dist = filepath.Join(source, "dist")
		release := exec.CommandContext(t.Context(), "make", "release", "RELEASES="+runtime.GOOS+"/"+runtime.GOARCH)
		release.Dir = source
		if out, err := release.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dist, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = string(text)
	}
	if sums[0] != sums[1] || strings.Count(sums[0], "\n") != 2 {
		t.Errorf("the first has\n%sthe second\n%s", sums[0], sums[1])
	}
	name := filepath.Join(dist, "cinemasphere-"+runtime.GOOS+"-"+runtime.GOARCH)
	if out, err := exec.CommandContext(t.Context(), name, "version").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(name + ".cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	there := map[string]string{}
	for _, c := range list.Components {
		there[c.Name] = c.Version
	}
	for _, want := range []string{"modernc.org/sqlite", "github.com/caddyserver/certmagic", "std"} {
		if there[want] == "" {
			t.Errorf("the list has no %s: %v", want, there)
		}
	}
	if there["github.com/letsencrypt/pebble/v2"] != "" {
		t.Error("what only tests need is in the program")
	}
}

// copyProject copies the files of the project, without what was built and what belongs to version control.
func copyProject(t *testing.T, to string) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, name := range []string{
		".ci", "assets", "cmd", "handlers", "mpesa", "store", "views", "go.mod", "go.sum", "Makefile",
	} {
		from := filepath.Join(root, name)
		info, err := os.Stat(from)
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			err = os.CopyFS(filepath.Join(to, name), os.DirFS(from))
		} else {
			var text []byte
			if text, err = os.ReadFile(from); err == nil {
				err = os.WriteFile(filepath.Join(to, name), text, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
