// Package docs makes pages for a browser of the documentation's Markdown.
//
// What it is given is the project's own. It must never be given what a stranger has written, or write a style, a script
// or an address outside the documentation into a page that the Markdown does not have.
package docs

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Root is where the documentation is served.
const Root = "/docs/"

// Source is a page as it is written.
type Source struct {
	Name string // of its file, without .md; "" is the list of all
	Text []byte
}

// Page is a page as a browser reads it.
type Page struct {
	Name  string
	Title string
	HTML  []byte
}

// entry is a line of the list of all pages.
type entry struct{ Name, Title, Lead string }

// Make makes a page of each source, in that order, and the list of all of them.
func Make(ctx context.Context, sources []Source) ([]Page, error) {
	var pages []Page
	var bodies []string
	var all []entry
	for _, s := range sources {
		title, lead, body, err := render(s)
		if err != nil {
			return nil, err
		}
		pages, bodies = append(pages, Page{Name: s.Name, Title: title}), append(bodies, body)
		all = append(all, entry{s.Name, title, lead})
	}
	for i := range pages {
		var out bytes.Buffer
		if err := page(pages[i].Title, pages[i].Name, all, bodies[i]).Render(ctx, &out); err != nil {
			return nil, err
		}
		pages[i].HTML = out.Bytes()
	}
	var out bytes.Buffer
	if err := list(all).Render(ctx, &out); err != nil {
		return nil, err
	}
	return append(pages, Page{Title: listTitle, HTML: out.Bytes()}), nil
}

const listTitle = "Documentation"

// render makes the body of a page, and reads its title and the first paragraph below it.
func render(s Source) (title, lead, body string, err error) {
	tables := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)) // not by style
	md := goldmark.New(
		goldmark.WithExtensions(tables),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(),
			parser.WithASTTransformers(util.Prioritized(links{}, 100))),
	)
	doc := md.Parser().Parse(text.NewReader(s.Text))
	for n := doc.FirstChild(); n != nil && lead == ""; n = n.NextSibling() {
		switch {
		case n.Kind() == ast.KindHeading && title == "":
			title = words(n, s.Text)
		case n.Kind() == ast.KindParagraph && title != "":
			lead = words(n, s.Text)
		}
	}
	if sentence, _, found := strings.Cut(lead, ". "); found {
		lead = sentence + "."
	}
	var out bytes.Buffer
	err = md.Renderer().Render(&out, s.Text, doc)
	return title, lead, out.String(), err
}

// words are those of a node, without its marks.
func words(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // which returns no error
		if t, is := n.(*ast.Text); is && entering {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// links lets links to other files of the documentation lead to their pages. What is not served is no link.
type links struct{}

// Transform changes the links of a document.
func (links) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var all []*ast.Link
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // which returns no error
		if l, is := n.(*ast.Link); is && entering {
			all = append(all, l)
		}
		return ast.WalkContinue, nil
	})
	for _, l := range all {
		to, fragment, _ := strings.Cut(string(l.Destination), "#")
		name, isPage := strings.CutSuffix(to, ".md")
		switch {
		case strings.HasPrefix(to, "https://") || to == "":
		case isPage && path.Base(name) == name:
			l.Destination = []byte(Root + name)
			if fragment != "" {
				l.Destination = append(l.Destination, "#"+fragment...)
			}
		default:
			for l.ChildCount() > 0 {
				l.Parent().InsertBefore(l.Parent(), l, l.FirstChild())
			}
			l.Parent().RemoveChild(l.Parent(), l)
		}
	}
}
