package main

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
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

// TestSizes: a file of more than 450 lines or a function of more than 70 is not read by anyone.
func TestSizes(t *testing.T) {
	for _, p := range readTree(t) {
		for name, f := range p.files {
			if generated(name) {
				continue
			}
			if lines := p.fset.Position(f.End()).Line; lines > 450 {
				t.Errorf("%s has %d lines", name, lines)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					if lines := p.fset.Position(fn.End()).Line - p.fset.Position(fn.Pos()).Line; lines > 70 {
						t.Errorf("%s: %s has %d lines", name, fn.Name.Name, lines)
					}
				}
			}
		}
	}
}
