package store_test

import (
	"database/sql"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cinemasphere/store"
	"cinemasphere/store/storetest"
)

// described is a schema as text: of each table its columns and constraints in order, and every index.
type described struct {
	tables  map[string][]string
	indexes []string
}

// TestSchema: a fresh database has what schema.sql says, no more and no less, on SQLite to the letter.
func TestSchema(t *testing.T) {
	file := schemaFile(t)
	storetest.Each(t, func(t *testing.T) {
		if storetest.Postgres(t) {
			compare(t, postgresForm(file), postgresSchema(t, freshDatabase(t, "pgx", storetest.EmptyDatabase(t))))
			return
		}
		compare(t, file, sqliteSchema(t, freshDatabase(t, "sqlite", t.TempDir()+"/books.db")))
	})
}

// TestSchemaIsExplained: a comment stands before each table, and after or before each column but those that the head of
// the file explains.
func TestSchemaIsExplained(t *testing.T) {
	table, before := "", ""
	columns := 0
	for line := range strings.Lines(schemaText(t)) {
		line = strings.TrimSpace(line)
		if name, is := strings.CutPrefix(line, "CREATE TABLE "); is {
			if table = strings.Fields(name)[0]; before == "" {
				t.Errorf("table %s: no comment", table)
			}
		}
		if column := regexp.MustCompile(`^([a-z_]+) +(TEXT|BIGINT)`).FindStringSubmatch(line); column != nil {
			columns++
			explained := slices.Contains([]string{"id", "created_at", "updated_at"}, column[1])
			if !explained && before == "" && !strings.Contains(line, " -- ") {
				t.Errorf("column %s.%s: no comment", table, column[1])
			}
		}
		before, _ = strings.CutPrefix(line, "--")
		if before == line {
			before = ""
		}
	}
	if columns < 150 {
		t.Errorf("only %d columns were found", columns)
	}
}

func schemaText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// schemaFile reads schema.sql.
func schemaFile(t *testing.T) described {
	t.Helper()
	d := described{tables: map[string][]string{}}
	for statement := range strings.SplitSeq(sqlComment.ReplaceAllString(schemaText(t), ""), ";") {
		d.add(statement)
	}
	return d
}

// add takes in a CREATE statement.
func (d *described) add(statement string) {
	statement = strings.Join(strings.Fields(statement), " ")
	name, is := strings.CutPrefix(statement, "CREATE TABLE ")
	if !is {
		if statement != "" {
			d.indexes = append(d.indexes, statement)
		}
		return
	}
	name, body, _ := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	name = strings.TrimSpace(name)
	d.tables[name] = []string{}
	depth, from := 0, 0
	for i, r := range body + "," {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			d.tables[name] = append(d.tables[name], strings.TrimSpace(body[from:i]))
			from = i + 1
		}
	}
}

// freshDatabase is one that the program has just made.
func freshDatabase(t *testing.T, driver, path string) *sql.DB {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driver, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// sqliteSchema reads a database back, which keeps the statements that made it.
func sqliteSchema(t *testing.T, db *sql.DB) described {
	t.Helper()
	d := described{tables: map[string][]string{}}
	for _, row := range texts(t, db, `SELECT sql, '' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY rootpage`) {
		d.add(sqlComment.ReplaceAllString(row[0], ""))
	}
	return d
}

// postgresSchema reads a database back from the catalogue.
func postgresSchema(t *testing.T, db *sql.DB) described {
	t.Helper()
	d := described{tables: map[string][]string{}}
	for _, row := range texts(t, db, `SELECT table_name,
		column_name || ' ' || upper(data_type) || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END ||
		CASE WHEN column_default IS NULL THEN '' ELSE ' DEFAULT ' || split_part(column_default, '::', 1) END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'
		ORDER BY table_name, ordinal_position`) {
		d.tables[row[0]] = append(d.tables[row[0]], row[1])
	}
	for _, row := range texts(t, db, `SELECT conrelid::regclass::text,
		CASE contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'c' THEN 'CHECK'
			ELSE 'REFERENCES ' || confrelid::regclass END
		|| ' ' || (SELECT string_agg(attname, ', ' ORDER BY k.n) FROM unnest(conkey) WITH ORDINALITY AS k (att, n)
		JOIN pg_attribute ON attrelid = conrelid AND attnum = k.att)
		FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'goose%'
		AND contype <> 'n'`) {
		d.tables[row[0]] = append(d.tables[row[0]], row[1])
	}
	for _, row := range texts(t, db, `SELECT indexdef, '' FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%'
		AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace)`) {
		d.indexes = append(d.indexes, indexForm(strings.NewReplacer("public.", "", "USING btree ", "").Replace(row[0])))
	}
	return d
}

// texts are the rows of a query, of two texts each.
func texts(t *testing.T, db *sql.DB, query string) (all [][2]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var row [2]string
		if err := rows.Scan(&row[0], &row[1]); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// postgresForm says what the catalogue of PostgreSQL says: constraints apart from columns, and of a check the column
// alone, since the catalogue words it anew.
func postgresForm(file described) described {
	d := described{tables: map[string][]string{}}
	for table, parts := range file.tables {
		var constraints []string
		for _, part := range parts {
			if key := regexp.MustCompile(`^(PRIMARY KEY|UNIQUE) \((.*)\)$`).FindStringSubmatch(part); key != nil {
				constraints = append(constraints, key[1]+" "+key[2])
				continue
			}
			name, _, _ := strings.Cut(part, " ")
			if name == "CHECK" { // of several columns: those that it names
				var names []string
				for _, word := range regexp.MustCompile(`\b[a-z_]+\b`).FindAllString(part, -1) {
					if !slices.Contains(names, word) {
						names = append(names, word)
					}
				}
				constraints = append(constraints, "CHECK "+strings.Join(names, ", "))
				continue
			}
			if of := regexp.MustCompile(`REFERENCES (\w+)`).FindStringSubmatch(part); of != nil {
				constraints = append(constraints, "REFERENCES "+of[1]+" "+name)
			}
			column := regexp.MustCompile(`^\w+ (TEXT|BIGINT)`).FindString(part)
			for _, kind := range []string{"PRIMARY KEY", "UNIQUE", "CHECK"} {
				if strings.Contains(part, " "+kind) {
					constraints = append(constraints, kind+" "+name)
				}
			}
			if strings.Contains(part, " NOT NULL") || strings.Contains(part, " PRIMARY KEY") {
				column += " NOT NULL"
			}
			column += regexp.MustCompile(` DEFAULT ('[^']*'|\d+)`).FindString(part)
			d.tables[table] = append(d.tables[table], column)
		}
		d.tables[table] = append(d.tables[table], constraints...)
	}
	for _, index := range file.indexes {
		d.indexes = append(d.indexes, indexForm(index))
	}
	return d
}

// indexForm is an index with the columns and texts of its condition alone.
func indexForm(index string) string {
	head, where, _ := strings.Cut(index, " WHERE ")
	words := regexp.MustCompile(`'[^']*'|\b[a-z_]+\b|\b\d+\b`).FindAllString(strings.ReplaceAll(where, "::text", ""),
		-1)
	return strings.Join(append([]string{head}, words...), " ")
}

func compare(t *testing.T, want, got described) {
	t.Helper()
	names := slices.Sorted(maps.Keys(want.tables))
	if have := slices.Sorted(maps.Keys(got.tables)); !slices.Equal(names, have) {
		t.Errorf("schema.sql has the tables\n%q, the database\n%q", names, have)
	}
	for _, name := range names {
		difference(t, "table "+name, want.tables[name], got.tables[name])
	}
	difference(t, "indexes", want.indexes, got.indexes)
}

func difference(t *testing.T, what string, want, got []string) {
	t.Helper()
	want, got = slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s: schema.sql has %q, the database has not", what, line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: the database has %q, schema.sql has not", what, line)
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s: schema.sql has %d, the database %d", what, len(want), len(got))
	}
}
