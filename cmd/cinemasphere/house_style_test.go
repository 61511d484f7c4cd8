package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPackageComments(t *testing.T) {
	for path, p := range readTree(t) {
		var with []string
		for name, f := range p.files {
			if f.Doc != nil && !generated(name) {
				with = append(with, name)
				if want := "Package " + f.Name.Name + " "; f.Name.Name != "main" &&
					!strings.HasPrefix(f.Doc.Text(), want) {
					t.Errorf("%s: the package comment does not begin with %q", name, want)
				}
				if !strings.Contains(f.Doc.Text(), "never") {
					t.Errorf("%s: the package comment does not say what the package must never do", name)
				}
			}
		}
		if len(with) != 1 && len(p.files) > 0 {
			t.Errorf("package %s: %d files with a package comment, want one: %v", path, len(with), with)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	for _, p := range readTree(t) {
		for name, f := range p.files {
			if generated(name) {
				continue
			}
			for _, d := range f.Decls {
				for _, missing := range undocumented(d) {
					t.Errorf("%s: %s has no comment", p.fset.Position(missing.Pos()), missing.Name)
				}
			}
		}
	}
}

func undocumented(d ast.Decl) []*ast.Ident {
	var out []*ast.Ident
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			out = append(out, d.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					out = append(out, s.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
						out = append(out, n)
					}
				}
			}
		}
	}
	return out
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return !ok || id.IsExported()
}

// TestNoInitNoMutableState: nothing runs before main, and no package variable is ever written to.
func TestNoInitNoMutableState(t *testing.T) {
	for _, p := range readTree(t) {
		vars := map[string]bool{}
		for _, f := range p.files {
			for _, d := range f.Decls {
				if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
					for _, s := range g.Specs {
						for _, n := range s.(*ast.ValueSpec).Names {
							vars[n.Name] = n.Name != "_"
						}
					}
				}
			}
		}
		for name, f := range p.files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					if fn.Recv == nil && fn.Name.Name == "init" {
						t.Errorf("%s has an init", name)
					}
					for _, id := range assigned(fn) {
						if vars[id.Name] && !local(fn, id) {
							t.Errorf("%s: package variable %s is written to", p.fset.Position(id.Pos()), id.Name)
						}
					}
				}
			}
		}
	}
}

// assigned lists the names a function assigns to, itself or by index or field.
func assigned(fn *ast.FuncDecl) []*ast.Ident {
	var out []*ast.Ident
	root := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			case *ast.Ident:
				out = append(out, x)
				return
			default:
				return
			}
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, l := range n.Lhs {
					root(l)
				}
			}
		case *ast.IncDecStmt:
			root(n.X)
		}
		return true
	})
	return out
}

// local reports whether the name is one that the function declares.
func local(fn *ast.FuncDecl, id *ast.Ident) bool {
	return id.Obj != nil && id.Obj.Pos() >= fn.Pos() && id.Obj.Pos() <= fn.End()
}

// widest is how many columns a line may have. A tab counts as four.
const widest = 120

// narrow are the directories whose lines are held to that, with those below them.
var narrow = []string{"assets", "cmd", "handlers", "mpesa", "store", "views"}

// TestLines: a line that does not fit beside another window is not read to its end. SQL stands as a database would show
// it, and a struct's tag cannot be broken.
func TestLines(t *testing.T) {
	for path, p := range readTree(t) {
		if !slices.ContainsFunc(narrow, func(dir string) bool { return strings.HasPrefix(path+"/", dir+"/") }) {
			continue
		}
		for _, files := range []map[string]*ast.File{p.files, p.tests} {
			for name, f := range files {
				if generated(name) {
					continue
				}
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, line := range wide(p.fset, f, string(text)) {
					t.Errorf("%s:%d is wider than %d columns", name, line, widest)
				}
			}
		}
	}
}

// wide lists the lines, from 1, of a file that are too wide.
func wide(fset *token.FileSet, f *ast.File, text string) []int {
	free := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if strings.HasPrefix(n.Value, "`") && sqlText.MatchString(strings.Trim(n.Value, "`")) {
				for line := fset.Position(n.Pos()).Line; line <= fset.Position(n.End()).Line; line++ {
					free[line] = true
				}
			}
		case *ast.Field:
			if n.Tag != nil {
				free[fset.Position(n.Tag.Pos()).Line] = true
			}
		}
		return true
	})
	var out []int
	number := 0
	for line := range strings.Lines(text) {
		number++
		columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) + 3*strings.Count(line, "\t")
		if columns > widest && !free[number] {
			out = append(out, number)
		}
	}
	return out
}

// TestWide: what the rule of lines holds to be too wide.
func TestWide(t *testing.T) {
	long := strings.Repeat("é", 200)
	for _, tt := range []struct {
		text string
		want []int
	}{
		{"// " + long[:2*117], nil},
		{"// " + long[:2*118], []int{2}},
		{"\t// " + long[:2*113], nil},
		{"\t// " + long[:2*114], []int{2}},
		{"var a = 1 // " + long, []int{2}},
		{"var a = `\n\n" + long + "`", []int{4}},
		{"var a = `SELECT a FROM b\n" + long + "`", nil},
		{"var a = `SELECT a FROM b\n`\n//" + long, []int{4}},
		{"var a = \"SELECT a FROM b WHERE " + long + "\"", []int{2}},
		{"type a struct {\n\tb int `help:\"" + long + "\"`\n}", nil},
		{"type a struct {\n\tb int `help:\"\"`\n\t// " + long + "\n}", []int{4}},
	} {
		text := "package a\n" + tt.text + "\n"
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "a.go", text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := wide(fset, f, text); !slices.Equal(got, tt.want) {
			t.Errorf("%s: lines %v, want %v", tt.text, got, tt.want)
		}
	}
}
