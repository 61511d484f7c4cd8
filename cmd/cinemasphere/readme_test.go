package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"cinemasphere/mpesa/sim"
)

// TestREADME: the settings' table names every setting there is and no other, the simulator's table every ending, and each
// make target that it speaks of exists.
func TestREADME(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	readme, makefile := read("README.md"), read("Makefile")
	_, table, _ := strings.Cut(readme, "## Settings")
	table, _, _ = strings.Cut(table, "## Going live")
	listed := map[string]bool{}
	for line := range strings.Lines(table) {
		if cell, ok := strings.CutPrefix(line, "| `"); ok {
			cell, _, _ = strings.Cut(cell, " |")
			for _, name := range regexp.MustCompile(`[A-Z_]{4,}`).FindAllString(cell, -1) {
				listed[name] = true
			}
		}
	}
	for f := range reflect.TypeFor[config]().Fields() {
		name := f.Tag.Get("env")
		if name == "" {
			continue
		}
		if !listed[name] {
			t.Errorf("the settings' table does not have %s", name)
		}
		delete(listed, name)
		if d := f.Tag.Get("default"); d != "" && !strings.Contains(table, "`"+d+"`") {
			t.Errorf("%s: the default %s is not in the table", name, d)
		}
	}
	for name := range listed {
		t.Errorf("the settings' table has %s, which is no setting", name)
	}
	for _, sc := range sim.Scenarios() {
		if !strings.Contains(readme, "\n| "+sc.Suffix+" | ") {
			t.Errorf("the ending %s (%s) is not listed", sc.Suffix, sc.Name)
		}
	}
	for _, m := range regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)").FindAllStringSubmatch(readme, -1) {
		if !strings.Contains(makefile, "\n"+m[1]+": ") {
			t.Errorf("there is no target %s", m[1])
		}
	}
}
