package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// importLaw says what each package may import of the project. A package that does not stand here fails the test.
var importLaw = map[string][]string{
	"mpesa":  {},
	"assets": {},
	"store": {
		"store/alarm", "store/fairuse", "store/money", "store/seating", "store/poster", "store/internal/db",
	},
	"store/alarm":       {},
	"store/fairuse":     {},
	"store/money":       {},
	"store/seating":     {},
	"store/poster":      {},
	"store/sheet":       {},
	"store/internal/db": {},
	"mpesa/sim":         {"mpesa"},
	"store/storetest":   {"store", "store/storetest/needs", "store/storetest/pgserver"},
	"views/wording":     {"store", "store/alarm", "store/seating", "store/poster", "store/sheet", "mpesa"},
	"views/ui":          {"assets"},
	"views/docs":        {"assets"},
	"handlers/docs":     {"handlers/internal/web", "views/docs", "assets"},
	"views/seatmap":     {"views/ui", "views/wording", "store", "store/seating"},
	"views":             {"views/ui", "views/seatmap", "views/wording", "assets", "store", "store/poster"},
	"views/mail":        {"views/ui", "views/wording", "assets", "store"},
	"views/admin":       {"views/ui", "views/seatmap", "views/wording", "assets", "store", "store/seating"},

	"store/storetest/needs":    {},
	"store/storetest/pgserver": {},

	"handlers/checkout":       {"store", "mpesa"},
	"handlers/backup":         {"store"},
	"handlers/staff":          {"store"},
	"handlers/https":          {},
	"handlers/https/acmetest": {},
	"handlers/doctor": {
		"handlers/checkout", "handlers/https", "views/wording", "store", "store/alarm", "mpesa",
	},
	"handlers/notify":       {"store", "views/mail", "views/wording"},
	"handlers/watch":        {"handlers/internal/web", "views/wording", "store", "store/alarm"},
	"handlers/internal/web": {"mpesa", "views/ui", "store", "assets"}, // mpesa for its masker of phone numbers
	"handlers/site": {
		"handlers/internal/web", "views", "views/ui", "views/wording", "store", "store/poster", "handlers/checkout",
		"assets",
	},
	"handlers/api":   {"handlers/internal/web", "views/wording", "store", "handlers/checkout"},
	"handlers/hooks": {"handlers/internal/web", "mpesa", "handlers/checkout"},
	"handlers/admin": {
		"handlers/internal/web", "handlers/staff", "handlers/checkout", "handlers/doctor", "views", "views/admin",
		"views/ui", "views/wording",
		// mpesa reads receipts and phone numbers
		"store", "store/poster", "store/sheet", "store/seating", "assets", "mpesa",
	},
	"handlers": {
		"handlers/internal/web", "handlers/site", "handlers/api", "handlers/hooks", "handlers/admin",
		"handlers/docs", "handlers/checkout", "handlers/staff", "handlers/watch", "handlers/doctor", "store", "assets",
	},
	"cmd/cinemasphere": nil, // everything
	"cmd/bench":        nil,
}

const module = "cinemasphere"

// pkg is one package of the project as its files stand.
type pkg struct {
	path  string // below the module
	files map[string]*ast.File
	tests map[string]*ast.File
	fset  *token.FileSet
}

// readTree parses every Go file of the project.
func readTree(t *testing.T) map[string]*pkg {
	t.Helper()
	root := filepath.Join("..", "..")
	tree := map[string]*pkg{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() &&
			(strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "testdata" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		p := tree[rel]
		if p == nil {
			p = &pkg{path: rel, files: map[string]*ast.File{}, tests: map[string]*ast.File{}, fset: token.NewFileSet()}
			tree[rel] = p
		}
		f, err := parser.ParseFile(p.fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, "_test.go") {
			p.tests[path] = f
		} else {
			p.files[path] = f
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func imports(f *ast.File) []string {
	var paths []string
	for _, i := range f.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

func generated(path string) bool { return strings.HasSuffix(path, "_templ.go") }

func TestImportLaw(t *testing.T) {
	for path, p := range readTree(t) {
		allowed, known := importLaw[path]
		if !known {
			t.Errorf("package %s is not in the import law", path)
		}
		if strings.HasPrefix(path, "cmd/") {
			continue
		}
		for name, f := range p.files {
			for _, i := range imports(f) {
				if rest, ours := strings.CutPrefix(i, module+"/"); ours && !slices.Contains(allowed, rest) {
					t.Errorf("%s imports %s, which %s may not", name, rest, path)
				}
			}
		}
	}
}

// TestWhoSeesWhat keeps libraries in the rooms that they belong to.
func TestWhoSeesWhat(t *testing.T) {
	rules := []struct {
		what   *regexp.Regexp // an import
		rooms  []string       // where it may be
		reason string
	}{
		{regexp.MustCompile(`^(github.com/jmoiron/sqlx|modernc.org/sqlite.*|github.com/gofrs/flock)$`),
			[]string{"store/internal/db"}, "only the engine opens databases"},
		{regexp.MustCompile(`^github.com/pressly/goose.*$`), []string{"store"}, "only store knows the schema"},
		{regexp.MustCompile(`^database/sql.*$`), []string{"store", "store/internal/db", "store/storetest"},
			"only store sees SQL, and what lets it fail"},
		{regexp.MustCompile(`^github.com/jackc/.*$`), []string{"store/internal/db", "store/storetest/pgserver"},
			"only the engine opens databases, and what starts PostgreSQL for tests"},
		{regexp.MustCompile(`^net/http$`),
			[]string{
				"handlers", "handlers/site", "handlers/api", "handlers/hooks", "handlers/admin",
				"handlers/internal/web", "handlers/docs", "handlers/doctor", "handlers/notify", "handlers/watch",
				"handlers/https", "handlers/https/acmetest",
				"mpesa", "mpesa/sim", "cmd/cinemasphere", "cmd/bench",
			}, "only handlers, the Daraja client and the simulator speak HTTP"},
		{regexp.MustCompile(`^(github.com/wneessen/go-mail|codeberg.org/go-pdf/fpdf|github.com/arran4/golang-ical)$`),
			[]string{"handlers/notify"}, "only notify sends mails, and makes what comes with them"},
		{regexp.MustCompile(`^(filippo.io/age|github.com/minio/minio-go/v7)(/.*)?$`), []string{"handlers/backup"},
			"only backup encrypts what leaves the machine, and speaks to buckets"},
		{regexp.MustCompile(`^github.com/(caddyserver/certmagic|mholt/acmez/v3)(/.*)?$`), []string{"handlers/https"},
			"only https gets certificates"},
		{regexp.MustCompile(`^github.com/coreos/go-systemd/.*$`), []string{"cmd/cinemasphere"},
			"only cmd knows how it was started"},
		{regexp.MustCompile(`^github.com/yuin/goldmark(/.*)?$`), []string{"views/docs"},
			"only docs reads Markdown, which nobody but the project writes"},
		{regexp.MustCompile(`^github.com/alecthomas/kong$`), []string{"cmd/cinemasphere", "cmd/bench"},
			"only cmd reads the configuration"},
		{regexp.MustCompile(`\.`), nil, "mpesa and its simulator need the standard library alone"},
	}
	for path, p := range readTree(t) {
		for name, f := range p.files {
			for _, i := range imports(f) {
				for _, r := range rules {
					if r.rooms == nil {
						if strings.HasPrefix(path, "mpesa") && r.what.MatchString(i) {
							t.Errorf("%s imports %s: %s", name, i, r.reason)
						}
					} else if r.what.MatchString(i) && !slices.Contains(r.rooms, path) {
						t.Errorf("%s imports %s: %s", name, i, r.reason)
					}
				}
			}
		}
	}
}

var sqlText = regexp.MustCompile(
	`(?i)^\W*(SELECT\s.*\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX|UNIQUE)|DROP\s+TA` +
		`BLE|PRAGMA)\s`)

// seesSQL are the rooms that may hold SQL.
var seesSQL = map[string]bool{
	"store": true, "store/internal/db": true, "store/storetest": true, "store/storetest/pgserver": true,
}

// TestWords looks for what may only be written in some rooms: SQL, a Daraja client, the environment, the clock, the end
// of the program.
func TestWords(t *testing.T) {
	for path, p := range readTree(t) {
		for name, f := range p.files {
			if generated(name) {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if n.Kind == token.STRING && !seesSQL[path] && sqlText.MatchString(strings.Trim(n.Value, "`\"")) {
						t.Errorf("%s: SQL outside store: %.60s", p.fset.Position(n.Pos()), n.Value)
					}
				case *ast.SelectorExpr:
					x, ok := n.X.(*ast.Ident)
					if !ok {
						return true
					}
					if why := forbidden(path, x.Name, n.Sel.Name); why != "" {
						t.Errorf("%s: %s.%s: %s", p.fset.Position(n.Pos()), x.Name, n.Sel.Name, why)
					}
				case *ast.CallExpr:
					if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" && !strings.HasPrefix(path, "cmd/") &&
						!mayPanic[filepath.Base(name)] {
						t.Errorf("%s: panic outside start-up", p.fset.Position(n.Pos()))
					}
				}
				return true
			})
		}
	}
}

// mayPanic are files whose panics say that the program is built wrongly, or hand one of net/http's own on.
var mayPanic = map[string]bool{
	"assets.go":    true,
	"responder.go": true, // hands http.ErrAbortHandler on
	"recorder.go":  true,
}

func forbidden(room, x, sel string) string {
	inCmd := strings.HasPrefix(room, "cmd/")
	switch x + "." + sel {
	case "os.Getenv", "os.LookupEnv", "os.Environ", "os.Exit", "log.Fatal", "log.Fatalf", "log.Panic":
		if !inCmd && room != "store/storetest/needs" {
			return "only cmd may, and what decides whether a test can run"
		}
	case "mpesa.Client", "mpesa.New":
		if room != "handlers/checkout" && !inCmd {
			return "only checkout and cmd hold a Daraja client"
		}
	case "http.DefaultClient":
		if room != "cmd/bench" {
			return "no client without a time limit"
		}
	case "slog.SetDefault", "http.DefaultTransport", "http.DefaultServeMux", "http.Handle", "http.HandleFunc":
		return "no global state"
	}
	return ""
}

// TestClock: time comes from outside, so that tests can move it. A function may take time.Now as the default of its
// clock; calling it is for what measures durations.
func TestClock(t *testing.T) {
	measures := map[string]bool{
		"store/internal/db/writer.go":          true, // how long writes wait and take
		"store/internal/db/postgres_writer.go": true,
		"store/internal/db/postgres_conn.go":   true, // how long a connection was idle
	}
	for path, p := range readTree(t) {
		if strings.HasPrefix(path, "cmd/bench") {
			continue // measuring is what it is for
		}
		for name, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if ok && x.Name == "time" && (sel.Sel.Name == "Now" || sel.Sel.Name == "Sleep") &&
					!measures[filepath.ToSlash(filepath.Join(path, filepath.Base(name)))] {
					t.Errorf("%s: time.%s: the clock comes from outside", p.fset.Position(n.Pos()), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

// TestGeneratedFilesAreCurrent makes the pages' Go code anew and compares.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join("..", "..")
	templ := filepath.Join(dir, "templ")
	command(t, "go", "build", "-o", templ, "github.com/a-h/templ/cmd/templ")
	if err := os.CopyFS(filepath.Join(dir, "views"), os.DirFS(filepath.Join(root, "views"))); err != nil {
		t.Fatal(err)
	}
	generate := exec.Command(templ, "generate", "-path", ".")
	generate.Dir = dir
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("templ generate: %v\n%s", err, out)
	}
	checked := 0
	err := fs.WalkDir(os.DirFS(dir), "views", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !generated(path) {
			return err
		}
		checked++
		fresh, err1 := os.ReadFile(filepath.Join(dir, path))
		kept, err2 := os.ReadFile(filepath.Join(root, path))
		if err1 != nil || err2 != nil {
			t.Errorf("%s: %v, %v", path, err1, err2)
		} else if !bytes.Equal(fresh, kept) {
			t.Errorf("%s is not current: run make generate", path)
		}
		return nil
	})
	if err != nil || checked == 0 {
		t.Fatalf("%d generated files, %v", checked, err)
	}
}

// TestLibcMatchesSQLite: modernc.org/sqlite is translated against one version of modernc.org/libc, and another one
// breaks it.
func TestLibcMatchesSQLite(t *testing.T) {
	type mod struct{ Path, Version, GoMod string }
	read := func(path string) (m mod) {
		if err := json.Unmarshal(command(t, "go", "list", "-m", "-json", path), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	libc := read("modernc.org/libc")
	wants, err := os.ReadFile(read("modernc.org/sqlite").GoMod)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(wants, []byte("modernc.org/libc "+libc.Version+"\n")) {
		t.Errorf("go.mod has libc %s, and modernc.org/sqlite asks for another", libc.Version)
	}
}

func command(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var errs bytes.Buffer
	c := exec.Command(name, args...)
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, errs.Bytes())
	}
	return out
}
