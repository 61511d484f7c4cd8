package main

import (
	"go/ast"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"cinemasphere/handlers/watch"
	"cinemasphere/mpesa/sim"
	"cinemasphere/store/alarm"
	"cinemasphere/store/storetest/needs"
)

// pages reads the README and the other pages for people, by their path in the project.
func pages(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	out := map[string]string{}
	for _, pattern := range []string{"*.md", "assets/docs/*.md", ".github/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %q, %v", pattern, found, err)
		}
		for _, name := range found {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			short, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			out[filepath.ToSlash(short)] = string(text)
		}
	}
	return out
}

// TestDocsOfSettings: the table names every setting there is and no other, with its default.
func TestDocsOfSettings(t *testing.T) {
	table := pages(t)["assets/docs/configuration.md"]
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
}

// TestDocsOfTheDemo: the simulator's table has every ending.
func TestDocsOfTheDemo(t *testing.T) {
	page := pages(t)["assets/docs/demo.md"]
	for _, sc := range sim.Scenarios() {
		if !strings.Contains(page, "\n| "+sc.Suffix+" | ") {
			t.Errorf("the ending %s (%s) is not listed", sc.Suffix, sc.Name)
		}
	}
}

// TestDocsOfStates: each diagram has the states that the schema allows, and no other.
func TestDocsOfStates(t *testing.T) {
	schema, err := os.ReadFile("../../store/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	page := pages(t)["assets/docs/architecture.md"]
	diagrams := regexp.MustCompile("(?s)```states (\\w+)\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(diagrams) != 4 {
		t.Errorf("%d diagrams of states, want 4", len(diagrams))
	}
	for _, d := range diagrams {
		allowed := map[string]bool{}
		_, table, _ := strings.Cut(string(schema), "\nCREATE TABLE "+d[1]+" (")
		table, _, _ = strings.Cut(table, "\n);")
		column := regexp.MustCompile(`CHECK \((?:payment_status|state) IN \(([^)]*)\)`).FindStringSubmatch(table)
		if column == nil {
			t.Fatalf("no states of %s in the schema", d[1])
		}
		for _, state := range regexp.MustCompile(`\w+`).FindAllString(column[1], -1) {
			allowed[state] = false
		}
		for line := range strings.Lines(d[2]) {
			step := regexp.MustCompile(`^(\w+) ──> (\w+) +\S`).FindStringSubmatch(line)
			if step == nil {
				t.Errorf("%s: %q is no step from one state to another for a reason", d[1], line)
				continue
			}
			for _, state := range step[1:] {
				if _, is := allowed[state]; !is && state != "new" {
					t.Errorf("%s: %s is no state", d[1], state)
				}
			}
			allowed[step[2]] = true
		}
		for state, reached := range allowed {
			if !reached {
				t.Errorf("%s: nothing leads to %s", d[1], state)
			}
		}
	}
}

// TestDocsOfRooms: the page names each package, and each function of a callback's way is in the room that it says.
func TestDocsOfRooms(t *testing.T) {
	page := pages(t)["assets/docs/architecture.md"]
	tree := readTree(t)
	for path := range importLaw {
		named := regexp.MustCompile(`\b` + filepath.Base(path) + `\b`).MatchString(page)
		if !named && !strings.HasPrefix(path, "store/storetest/") {
			t.Errorf("the page does not name %s", path)
		}
	}
	steps := 0
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z/]+)` \\| (`.*) \\|$").FindAllStringSubmatch(page, -1) {
		there := map[string]bool{}
		for _, file := range tree[row[1]].files {
			for _, d := range file.Decls {
				if f, is := d.(*ast.FuncDecl); is {
					there[f.Name.Name] = true
				}
			}
		}
		names, _, _ := strings.Cut(row[2], ":")
		for _, name := range regexp.MustCompile(`\w+`).FindAllString(names, -1) {
			if steps++; !there[name] {
				t.Errorf("there is no %s in %s", name, row[1])
			}
		}
	}
	if steps < 15 {
		t.Errorf("only %d steps were found", steps)
	}
}

// TestDocsCommands: each make target exists, and the program understands each of its own commands.
func TestDocsCommands(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)")
	commands := regexp.MustCompile("(?m)(?:^|`)bin/cinemasphere ([^#`\n]+)")
	count := 0
	for name, text := range pages(t) {
		for _, m := range targets.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+m[1]+": ") {
				t.Errorf("%s: there is no target %s", name, m[1])
			}
		}
		for _, m := range commands.FindAllStringSubmatch(text, -1) {
			count++
			var c cli
			parser, err := commandLine{settings: &settings{}, names: map[*kong.Value]string{}}.parser(
				&c, io.Discard, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			args := strings.Fields(strings.TrimSuffix(strings.TrimSpace(m[1]), " --help"))
			if _, err := parser.Parse(args); err != nil {
				t.Errorf("%s: %q: %v", name, m[1], err)
			}
		}
	}
	if count < 12 {
		t.Errorf("%d commands of the program were found", count)
	}
}

// TestDocsLinks: each link to a file of the project leads somewhere, and the README leads to every page.
func TestDocsLinks(t *testing.T) {
	all := pages(t)
	reached := map[string]bool{"README.md": true}
	for name, text := range all {
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			to := filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1]))
			if _, err := os.Stat(filepath.Join("..", "..", to)); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			}
			if name == "README.md" {
				reached[to] = true
			}
		}
	}
	for name := range all {
		if !reached[name] {
			t.Errorf("README.md does not lead to %s", name)
		}
	}
}

// TestDocsOfTheAPI types what the page of the API says into a shell, against a demo.
func TestDocsOfTheAPI(t *testing.T) {
	_, missing := exec.LookPath("curl")
	needs.Program(t, "curl", missing)
	_, block, _ := strings.Cut(pages(t)["assets/docs/api.md"], "```console\n")
	block, _, _ = strings.Cut(block, "```")
	p := start(t, "")
	filled := map[string]string{"localhost:8080": strings.TrimPrefix(p.base, "http://"), " | head -c 300": ""}
	ran := 0
	for _, command := range regexp.MustCompile(`(?m)^\$ ((?:.*\\\n)*.*)$`).FindAllStringSubmatch(block, -1) {
		line := command[1]
		for from, to := range filled {
			line = strings.ReplaceAll(line, from, to)
		}
		line += ` -w '\n%{http_code}'`
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
		body, status, _ := cutLast(string(out), "\n")
		if err != nil || status != "200" && status != "201" {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		ran++
		for placeholder, found := range map[string]string{
			"MOVIEID": `"movieId":(\d+)`, "TICKETSECRET": `"ticketSecret":"(\w+)"`,
			"ws_CO_…": `"checkoutRequestId":"(\w+)"`,
		} {
			if m := regexp.MustCompile(found).FindStringSubmatch(body); m != nil && filled[placeholder] == "" {
				filled[placeholder] = m[1]
			}
		}
	}
	if ran != 4 || len(filled) != 5 {
		t.Errorf("%d commands, filled in %v", ran, filled)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// TestDocsOfOperations types what the page of operations says into a shell, against a demo; and each metric and alarm
// that it names is one.
func TestDocsOfOperations(t *testing.T) {
	_, missing := exec.LookPath("curl")
	needs.Program(t, "curl", missing)
	page := pages(t)["assets/docs/operations.md"]
	metrics := freeAddr(t)
	p := start(t, "", "MPESA_ENV=simulator", "METRICS_ADDR="+metrics)
	ready := func() bool { status, _ := fetch(t, p.base+"/readyz"); return status == 200 }
	eventually(t, 10*time.Second, "it is ready", ready)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, command := range regexp.MustCompile(`(?m)^\$ (.*)$`).FindAllStringSubmatch(page, -1) {
		line := strings.NewReplacer("localhost:8080", strings.TrimPrefix(p.base, "http://"), "localhost:9464", metrics,
			"curl -s", "curl -sf", "bin/cinemasphere", path).Replace(command[1])
		c := exec.CommandContext(t.Context(), "sh", "-c", line)
		c.Dir, c.Env = p.dir, append(os.Environ(), "MPESA_ENV=simulator")
		if out, err := c.CombinedOutput(); err != nil || len(out) == 0 {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
		ran++
	}
	if ran != 7 {
		t.Errorf("%d commands ran", ran)
	}
	there := map[string]bool{}
	for _, name := range watch.Names() {
		there[name] = true
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the metric %s is not listed", name)
		}
	}
	for _, name := range regexp.MustCompile("`(cinemasphere_[a-z_]+)`").FindAllStringSubmatch(page, -1) {
		if !there[name[1]] {
			t.Errorf("there is no metric %s", name[1])
		}
	}
	for _, kind := range alarm.Kinds() {
		if !strings.Contains(page, "\n| `"+string(kind)+"` | ") {
			t.Errorf("the alarm %s is not listed", kind)
		}
	}
}

// fetch gets an address and returns the status and what it says.
func fetch(t *testing.T, address string) (status int, text string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, resp.Body)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
