package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// forbidden is what no SQL of ours may have, because one of the two databases does not have it or means something else
// by it; and because time and chance come from outside. Examples show that each is found. The files named are for one
// database alone; db/ is internal/db/.
var forbidden = []struct{ pattern, example, files string }{
	{`FOR\s+(NO\s+KEY\s+)?(UPDATE|SHARE|KEY\s+SHARE)`, "SELECT 1 FROM a FOR UPDATE", "tx.go"},
	{`SKIP\s+LOCKED|NOWAIT`, "SELECT 1 FROM a SKIP LOCKED", ""},
	{`LISTEN|UNLISTEN|NOTIFY|PG_NOTIFY`, "LISTEN events", ""},
	{`PG_(TRY_)?ADVISORY\w*`, "SELECT pg_try_advisory_xact_lock(1)", "tx.go"},
	{`LOCK\s+(TABLE\s+)?\w+\s+IN`, "LOCK TABLE ticket IN EXCLUSIVE MODE", ""},
	{`TRIGGER|FUNCTION|PROCEDURE|LANGUAGE\s+(PLPGSQL|SQL)`, "CREATE FUNCTION f() RETURNS trigger", ""},
	{`(BIG|SMALL)?SERIAL|SEQUENCE|NEXTVAL|AUTOINCREMENT|IDENTITY`, "CREATE TABLE a (id BIGSERIAL)", ""},
	{`DEFERRABLE|DEFERRED`, "CREATE TABLE a (b BIGINT REFERENCES c DEFERRABLE)", ""},
	{`CTID|ROWID|XMIN|OID|WITHOUT\s+ROWID`, "SELECT rowid FROM a", ""},
	{`INSERT\s+OR|UPDATE\s+OR|REPLACE\s+INTO|DUPLICATE\s+KEY`, "INSERT OR IGNORE INTO a VALUES (1)", ""},
	{`PRAGMA|VACUUM|ATTACH|REINDEX|STRICT`, "PRAGMA journal_mode", "db/sqlite.go db/file.go db/copy.go"},
	{`SAVEPOINT|RELEASE|IMMEDIATE`, "SAVEPOINT item", "db/writer.go"},
	{`BEGIN|COMMIT|ROLLBACK`, "COMMIT", "db/writer.go db/postgres_writer.go db/postgres_conn.go db/pool.go"},
	{`SET\s+(LOCAL|SESSION|LOCK_TIMEOUT|TRANSACTION|\w+_TIMEOUT)|CURRENT_SETTING|SHOW`, "SET lock_timeout = 1",
		"db/postgres.go"},
	{`INFORMATION_SCHEMA|PG_CATALOG|PG_CLASS|PG_INDEX|SQLITE_\w+`, "SELECT 1 FROM pg_catalog.pg_class",
		"schema.go db/postgres_dump.go"},
	{`CURRENT_(TIME|DATE|TIMESTAMP)|LOCALTIME|LOCALTIMESTAMP|INTERVAL`, "SELECT CURRENT_TIMESTAMP", ""},
	{`JSONB?\w*`, "SELECT jsonb_agg(a) FROM b", ""},
	{`TEMP|TEMPORARY|UNLOGGED`, "CREATE TEMP TABLE a (b TEXT)", ""},
	{`ILIKE|GLOB|REGEXP|SIMILAR\s+TO|MATCH`, "SELECT 1 FROM a WHERE b ILIKE 'c'", ""},
	{`TRUNCATE`, "TRUNCATE TABLE a", "db/sqlite.go db/copy.go"},
	{`MERGE\s+INTO|COPY|LATERAL|DISTINCT\s+ON|ARRAY|TABLESAMPLE|FETCH\s+FIRST`, "SELECT DISTINCT ON (a) b FROM c", ""},
	{`INT|INTEGER|SMALLINT|BOOLEAN|BOOL|TIMESTAMPTZ|TIMESTAMP|NUMERIC|DECIMAL|REAL|DOUBLE|FLOAT|VARCHAR|CHAR|BY` +
		`TEA|BLOB`, "CREATE TABLE a (b BOOLEAN)", ""},
	{`TRUE|FALSE`, "SELECT 1 FROM a WHERE b = TRUE", ""},
	{`CASCADE`, "DROP TABLE a CASCADE", "db/postgres_dump.go"},
}

// operators are the same for what is no word by itself.
var operators = []struct{ pattern, example string }{
	{`(?i)\b(now|date|time|datetime|strftime|julianday|unixepoch|date_trunc|extract|to_char|to_timestamp|\w+_timestam` +
		`p|age)\s*\(`, "SELECT now()"},
	{`(?i)\b(random|randomblob|gen_random\w+|uuid\w*)\s*\(`, "SELECT random()"},
	{`(?i)\b(any|unnest|generate_series|group_concat|ifnull|total|printf|format|instr|typeof|changes|greatest|lea` +
		`st)\s*\(`, "SELECT ifnull(a, 0) FROM b"},
	{`::`, "SELECT a::text FROM b"},
	{`->|#>|@>|<@|&&`, "SELECT a->>'b' FROM c"},
	{`\$\$`, "DO $$ BEGIN END $$"},
	{`!?~\*?`, "SELECT 1 FROM a WHERE b ~ 'c'"},
	{`\?|[:@][a-z]`, "SELECT 1 FROM a WHERE b = ?"},
	{"`", "SELECT `a` FROM b"},
}

var (
	sqlWords = regexp.MustCompile(
		`\b(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|WITH|FROM|WHERE|JOIN|VALUES|SET|ORDER ` +
			`BY|PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|LISTEN|NOTIFY|TRUNCATE|LOCK|CASE)\b`)
	sqlText    = regexp.MustCompile(`'[^']*'`)
	sqlComment = regexp.MustCompile(`--.*`)
)

// Of a text without a word of SQL in capitals it is SQL where it begins as a statement does or calls one of the
// database's functions, has no small letters at all, or is nothing but what is forbidden: our own SQL is written in
// capitals, and what somebody writes otherwise is not to slip through.
var (
	sqlSmall = regexp.MustCompile(
		`(?i)^\W*(select|insert\s+into|update\s+\w+\s+set|delete\s+from|with\s+\w+|create|alter|drop|lock|listen|noti` +
			`fy|vacuum|pragma|set|begin|do)\s|\b(for\s+(no\s+key\s+)?(update|share)|skip\s+locked|order\s+by|pg_\w+)\b`)
	sqlCapital = regexp.MustCompile(`^[^a-z]*[A-Z]{2}[^a-z]*$`)
)

// isSQL reports whether a text of a file is SQL, or a piece of it.
func isSQL(text string) bool {
	if sqlWords.MatchString(text) || sqlSmall.MatchString(text) || sqlCapital.MatchString(text) {
		return true
	}
	return slices.ContainsFunc(forbiddenAlone, func(f *regexp.Regexp) bool { return f.MatchString(text) })
}

var forbiddenAlone = func() (all []*regexp.Regexp) {
	for _, f := range forbidden {
		all = append(all, regexp.MustCompile(`(?i)^\W*(`+f.pattern+`)\W*$`))
	}
	return all
}()

// ofOneDatabase is what a file may say of the forbidden, since it says it otherwise on the other database: a list in
// one parameter.
var ofOneDatabase = map[string][]string{
	"case.go": {"IN (SELECT value FROM json_each($%d))", "= ANY (CAST($%d AS BIGINT[]))",
		"= ANY (CAST($%d AS TEXT[]))"},
}

// wrong says what of the forbidden a file's piece of SQL has.
func wrong(file, sql string) (found []string) {
	if slices.Contains(ofOneDatabase[file], sql) {
		return nil
	}
	sql = sqlText.ReplaceAllString(sqlComment.ReplaceAllString(sql, ""), "''")
	for _, f := range forbidden {
		if !slices.Contains(strings.Fields(f.files), file) {
			found = append(found, regexp.MustCompile(`(?i)\b(`+f.pattern+`)\b`).FindAllString(sql, -1)...)
		}
	}
	for _, o := range operators {
		found = append(found, regexp.MustCompile(o.pattern).FindAllString(sql, -1)...)
	}
	return found
}

// TestForbiddenSQL looks through every piece of SQL that there is.
func TestForbiddenSQL(t *testing.T) {
	for _, f := range forbidden {
		if len(wrong("", f.example)) == 0 {
			t.Errorf("not found: %s", f.example)
		}
	}
	for _, o := range operators {
		if len(wrong("", o.example)) == 0 {
			t.Errorf("not found: %s", o.example)
		}
	}
	for _, sql := range []string{
		" NOWAIT", " skip locked", "select pg_advisory_xact_lock($1)", " returning id for update", "ORDER BY random()",
		"listen events", " LIMIT 1 FOR SHARE", "copy", "pg_notify($1, $2)",
	} {
		if !isSQL(sql) || len(wrong("", sql)) == 0 {
			t.Errorf("not found: %s", sql)
		}
	}
	for _, words := range []string{
		"show this at the door", "M-PESA does not answer", "no such function", "it is of another date",
		"copy the receipt", "till 600200", "the lock is held (%s)",
	} {
		if isSQL(words) {
			t.Errorf("taken for SQL: %s", words)
		}
	}
	pieces := 0
	look := func(where, file, sql string) {
		if !isSQL(sql) {
			return
		}
		pieces++
		for _, w := range wrong(file, sql) {
			t.Errorf("%s: %q: %.120s", where, w, strings.Join(strings.Fields(sql), " "))
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := filepath.Glob("internal/db/*.go")
	if err != nil || len(engine) == 0 {
		t.Fatal(engine, err)
	}
	files = slices.DeleteFunc(append(files, engine...), func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	for _, file := range files {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if _, is := n.(*ast.ImportSpec); is {
				return false // a package's name is no SQL
			}
			if lit, is := n.(*ast.BasicLit); is && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					look(set.Position(lit.Pos()).String(), strings.TrimPrefix(filepath.ToSlash(file), "internal/"),
						text)
				}
			}
			return true
		})
	}
	scripts, err := filepath.Glob("*.sql")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range strings.Split(sqlComment.ReplaceAllString(string(text), ""), ";") {
			look(script, filepath.Base(script), sql)
		}
	}
	if pieces < 150 {
		t.Errorf("only %d pieces of SQL were found", pieces)
	}
}
