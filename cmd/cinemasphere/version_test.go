package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionOf(t *testing.T) {
	const revision = "3f0c9a7e5b1d4c2a8f6e0d9b7a5c3e1f20468ace"
	for _, tt := range []struct{ main, revision, time, modified, want string }{
		{"v1.2.0", revision, "2026-11-30T01:02:03Z", "false", "v1.2.0"},
		{"v1.2.0-rc.1", revision, "2026-11-30T01:02:03Z", "false", "v1.2.0-rc.1"},
		{"v1.2.0+dirty", revision, "2026-11-30T01:02:03Z", "true", "v1.2.0, modified"},
		{"v1.2.0", "", "", "", "v1.2.0"},
		{"v0.0.0-20261130010203-3f0c9a7e5b1d", revision, "2026-11-30T01:02:03Z", "false",
			"commit 3f0c9a7e5b1d of 2026-11-30"},
		{"v1.2.1-0.20261130010203-3f0c9a7e5b1d+dirty", revision, "2026-11-30T01:02:03Z", "true",
			"commit 3f0c9a7e5b1d of 2026-11-30, modified"},
		{"(devel)", revision, "2026-11-30T01:02:03Z", "false", "commit 3f0c9a7e5b1d of 2026-11-30"},
		{"", revision, "2026-11-30T01:02:03Z", "true", "commit 3f0c9a7e5b1d of 2026-11-30, modified"},
		{"(devel)", "3f0c", "", "", "commit 3f0c of an unknown day"},
		{"(devel)", "", "", "", unknownVersion},
		{"", "", "", "", unknownVersion},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: tt.main}}
		for key, value := range map[string]string{
			"vcs.revision": tt.revision, "vcs.time": tt.time, "vcs.modified": tt.modified,
		} {
			if value != "" {
				info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
			}
		}
		if got := versionOf(info); got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// TestMakeBuildStampsTheVersion builds the program as make build does, in a repository of its own: of a commit, of one
// whose files are modified, and of a tag.
func TestMakeBuildStampsTheVersion(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves this out: it builds the program three times")
	}
	dir := t.TempDir()
	root := filepath.Join("..", "..")
	for _, name := range []string{"assets", "cmd", "handlers", "mpesa", "store", "views"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".gitignore", "LICENSE", "Makefile", "go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string, args ...string) string {
		t.Helper()
		c := exec.Command(name, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	in("git", "init", "-q")
	in("git", "add", "-A")
	in("git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "-qm", "Everything")
	built := func() string {
		t.Helper()
		in("make", "build")
		first, _, _ := strings.Cut(in(filepath.Join(dir, "bin", "cinemasphere"), "version"), "\n")
		return first
	}
	commit := "cinemasphere commit " + strings.TrimSpace(in("git", "rev-parse", "--short=12", "HEAD")) + " of "
	if got := built(); !strings.HasPrefix(got, commit) || strings.Contains(got, "modified") {
		t.Errorf("of a commit: %q, want %q", got, commit)
	}
	if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := built(); !strings.HasPrefix(got, commit) || !strings.HasSuffix(got, ", modified") {
		t.Errorf("of modified files: %q, want %q", got, commit)
	}
	in("git", "checkout", "-q", "LICENSE")
	in("git", "tag", "v1.2.3")
	if got := built(); got != "cinemasphere v1.2.3" {
		t.Errorf("of a tag: %q", got)
	}
}
