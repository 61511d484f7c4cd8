package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocsOfSecurity: each row of the table of ASVS names a test at least, each test that the page names is there, and
// no row is twice in the table.
func TestDocsOfSecurity(t *testing.T) {
	tests, function := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := pages(t)["assets/docs/security.md"]
	_, table, found := strings.Cut(text, "\n## OWASP ASVS")
	if !found {
		t.Fatal("the page has no table of ASVS")
	}
	table, _, _ = strings.Cut(table, "**Not covered")
	named, rows, seen := regexp.MustCompile("`(Test[A-Za-z0-9]+)`"), 0, map[string]bool{}
	for line := range strings.Lines(table) {
		if !regexp.MustCompile(`^\| [0-9]`).MatchString(line) {
			continue
		}
		rows++
		id, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		if !named.MatchString(line) {
			t.Errorf("%s names no test", id)
		}
	}
	if rows < 40 {
		t.Errorf("the table has %d rows", rows)
	}
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		if !tests[m[1]] {
			t.Errorf("there is no test %s", m[1])
		}
	}
}
