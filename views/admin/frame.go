package admin

import (
	"context"

	"cinemasphere/store"
	"cinemasphere/views/ui"
)

// Frame is what stands around every page of the back office. It comes with the context: see [WithFrame].
type Frame struct {
	Cinema  string // its name
	Brand   ui.Brand
	Demo    bool   // no money moves
	Sandbox bool   // Safaricom's sandbox takes the payments
	Name    string // of who is signed in; "" for nobody
	Role    store.Role
	Token   string // that every form of the session carries
	Path    string // of this page
	Menu    []MenuGroup
	Flash   string // what the form that led here has done; "" for nothing
}

// MenuGroup is a part of the menu. Label is "" for the first one, which has none.
type MenuGroup struct {
	Label   string
	Entries []MenuEntry
}

// MenuEntry is a page of the menu.
type MenuEntry struct {
	Label, Path string
	Count       int // what waits there; 0 shows nothing
	Here        bool
}

type frameKey struct{}

// WithFrame returns a context for rendering pages with this frame around them.
func WithFrame(ctx context.Context, f Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

// frameOf is the frame of the page that is rendered; the zero Frame where there is none.
func frameOf(ctx context.Context) Frame {
	f, _ := ctx.Value(frameKey{}).(Frame) // the zero Frame is for none
	return f
}

// RoleName is a role as people read it.
func RoleName(r store.Role) string {
	switch r {
	case store.RoleOwner:
		return "Owner"
	case store.RoleManager:
		return "Manager"
	case store.RoleCashier:
		return "Cashier"
	case store.RoleUsher:
		return "Usher"
	}
	return ""
}
