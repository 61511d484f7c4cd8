package main

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// oneOf are what the program has one of: a formatter of money, of Nairobi time, a masker of phone numbers. All are in
// mpesa, since the simulator, checkout, the pages and the command line can import that one; views/wording gives them
// the store's types.
var oneOf = []struct {
	what  string
	text  *regexp.Regexp // of a string, or of a call such as time.FixedZone
	where []string
}{
	{"formatter of money", regexp.MustCompile(`%d\.%0?2d|KSh ?%|Ksh ?%d|KSh $`), []string{
		"mpesa/amount.go", "mpesa/sim/screen.go", // which cuts the unit off for M-PESA's own messages
	}},
	{"formatter of Nairobi time", regexp.MustCompile(`^time\.(FixedZone|LoadLocation|In)$|^Africa/Nairobi$`),
		[]string{"mpesa/clock.go", "store/businessday.go"}}, // store may not import mpesa
	{"masker of phone numbers", regexp.MustCompile(`^[ *]*\*[ *]*\*[ *]*\*[ *]*$|^strings\.Repeat \*$`), []string{
		"mpesa/errors.go", "mpesa/msisdn.go",
		"mpesa/sim/confirmation.go",     // M-PESA's own mask, in a C2B confirmation
		"handlers/internal/web/mask.go", // of our tokens
	}},
}

// TestOneOfEach looks through strings and calls for another formatter or masker.
func TestOneOfEach(t *testing.T) {
	for path, p := range readTree(t) {
		if path == "store/storetest" { // which says things to programmers alone
			continue
		}
		for name, f := range p.files {
			if generated(name) {
				continue
			}
			file := filepath.ToSlash(filepath.Join(path, filepath.Base(name)))
			ast.Inspect(f, func(n ast.Node) bool {
				for _, text := range spelt(n) {
					for _, one := range oneOf {
						if one.text.MatchString(text) && !slices.Contains(one.where, file) {
							t.Errorf("%s: %q is another %s", p.fset.Position(n.Pos()), text, one.what)
						}
					}
				}
				return true
			})
		}
	}
}

// spelt is a string as it is, or a call by its name: of strings.Repeat with what is repeated.
func spelt(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
			return []string{text}
		}
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		if x, ok := sel.X.(*ast.Ident); ok {
			name := x.Name + "." + sel.Sel.Name
			if name == "strings.Repeat" && len(n.Args) > 0 {
				name += " " + strings.Join(spelt(n.Args[0]), "")
			}
			return []string{name}
		}
	}
	return nil
}
