package admin

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"cinemasphere/handlers/internal/web"
	"cinemasphere/store"
)

// Route is one address of the back office.
type Route struct {
	Method  string // GET or POST
	Pattern string // below /admin; "" is its first page
	Role    store.Role
	Handler web.HandlerFunc
	Upload  int64 // most bytes of a form with files; 0 for a form without
	Carries int64 // most bytes of other forms that its form carries; 0 for none
	Private bool  // its form has secrets: nothing of it is kept where it comes after its session
	// TooOld answers a form that is not of the session that it comes with; nil gives it back to who typed it.
	TooOld web.HandlerFunc
}

// anyone is the role of a route that needs nobody to be signed in.
const anyone store.Role = ""

// Routes is every address of the back office, with the least role that each needs. A page is added by its lines here,
// and by one in menu where it has a place there.
func (a *Admin) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return append([]Route{
		{Method: get, Pattern: "/sign-in", Role: anyone, Handler: a.SignInPage},
		{
			Method: post, Pattern: "/sign-in", Role: anyone, Handler: a.SignIn, TooOld: a.SignInTooOld,
			Carries: 3 * mostKept, Private: true,
		},
		{Method: get, Pattern: "/demo", Role: anyone, Handler: a.Demonstrate},
		{Method: post, Pattern: "/sign-out", Role: store.RoleUsher, Handler: a.SignOut},

		{Method: get, Pattern: "/setup/{token}", Role: anyone, Handler: a.SetUpPage},
		{Method: post, Pattern: "/setup/{token}", Role: anyone, Handler: a.SetUp, TooOld: a.SetUpTooOld},
		{Method: get, Pattern: "/join/{token}", Role: anyone, Handler: a.JoinPage},
		{Method: post, Pattern: "/join/{token}", Role: anyone, Handler: a.Join, Private: true},

		{Method: get, Pattern: "", Role: store.RoleUsher, Handler: a.Start},
		{Method: post, Pattern: "/sales", Role: store.RoleOwner, Handler: a.ResumeSales},

		{Method: get, Pattern: "/to-do", Role: store.RoleManager, Handler: a.ToDoPage},
		{Method: post, Pattern: "/to-do", Role: store.RoleManager, Handler: a.Do},
		{Method: get, Pattern: "/find", Role: store.RoleUsher, Handler: a.FindPage},
		{Method: get, Pattern: "/orders/{id}", Role: store.RoleUsher, Handler: a.OrderPage},
		{Method: post, Pattern: "/orders/{id}", Role: store.RoleManager, Handler: a.DoOrder},
		{Method: get, Pattern: "/door", Role: store.RoleUsher, Handler: a.DoorPage},
		{Method: post, Pattern: "/door", Role: store.RoleUsher, Handler: a.CheckAtDoor},
		{Method: post, Pattern: "/door/admit", Role: store.RoleUsher, Handler: a.AdmitAtDoor},
		{Method: post, Pattern: "/door/undo", Role: store.RoleManager, Handler: a.UndoAtDoor},
		{Method: get, Pattern: "/door/list/{id}", Role: store.RoleUsher, Handler: a.DoorList},

		{Method: get, Pattern: "/halls", Role: store.RoleManager, Handler: a.HallsPage},
		{Method: get, Pattern: "/halls/{id}", Role: store.RoleManager, Handler: a.HallPage},
		{Method: post, Pattern: "/halls/{id}", Role: store.RoleManager, Handler: a.SaveHall, Upload: hallUpload},
		{Method: post, Pattern: "/halls/{id}/archive", Role: store.RoleManager, Handler: a.ArchiveHall},
		{Method: get, Pattern: "/halls/{id}/plan/{format}", Role: store.RoleManager, Handler: a.HallPlanFile},
		{Method: get, Pattern: "/halls/{id}/apply", Role: store.RoleManager, Handler: a.ApplyPage},
		{Method: post, Pattern: "/halls/{id}/apply", Role: store.RoleManager, Handler: a.ApplyPlan},

		{Method: get, Pattern: "/prices", Role: store.RoleManager, Handler: a.PricesPage},
		{Method: post, Pattern: "/prices/holidays", Role: store.RoleManager, Handler: a.SetHolidays},
		{Method: get, Pattern: "/prices/{id}", Role: store.RoleManager, Handler: a.CardPage},
		{Method: post, Pattern: "/prices/{id}", Role: store.RoleManager, Handler: a.SaveCard},
		{Method: post, Pattern: "/prices/{id}/archive", Role: store.RoleManager, Handler: a.ArchiveCard},
		{Method: post, Pattern: "/prices/{id}/restore", Role: store.RoleManager, Handler: a.RestoreCard},

		{Method: post, Pattern: "/prices/free", Role: store.RoleOwner, Handler: a.SetAllowances},
		{Method: get, Pattern: "/screenings/{id}/free", Role: store.RoleCashier, Handler: a.CompPage},
		{Method: post, Pattern: "/screenings/{id}/free", Role: store.RoleCashier, Handler: a.GiveComp},

		{Method: get, Pattern: "/messages", Role: store.RoleManager, Handler: a.MessagesPage},
		{Method: post, Pattern: "/messages", Role: store.RoleManager, Handler: a.SendAgain},

		{Method: get, Pattern: "/cinema", Role: store.RoleOwner, Handler: a.CinemaPage},
		{Method: post, Pattern: "/cinema", Role: store.RoleOwner, Handler: a.EditCinema},
		{Method: post, Pattern: "/cinema/logo", Role: store.RoleOwner, Handler: a.SetLogo, Upload: imageUpload},
		{Method: post, Pattern: "/cinema/logo/remove", Role: store.RoleOwner, Handler: a.RemoveLogo},
		{Method: get, Pattern: "/staff", Role: store.RoleOwner, Handler: a.StaffPage},
		{Method: post, Pattern: "/staff", Role: store.RoleOwner, Handler: a.AddPerson},
		{Method: get, Pattern: "/staff/{id}", Role: store.RoleOwner, Handler: a.PersonPage},
		{Method: post, Pattern: "/staff/{id}", Role: store.RoleOwner, Handler: a.EditPerson},
		{Method: post, Pattern: "/staff/{id}/reset", Role: store.RoleOwner, Handler: a.ResetPerson},
		{Method: get, Pattern: "/check-up", Role: store.RoleOwner, Handler: a.CheckUpPage},
		{Method: post, Pattern: "/check-up", Role: store.RoleOwner, Handler: a.CheckUp},
		{Method: get, Pattern: "/customers", Role: store.RoleOwner, Handler: a.CustomersPage},
		{Method: post, Pattern: "/customers", Role: store.RoleOwner, Handler: a.DoCustomer},
		{Method: get, Pattern: "/log", Role: store.RoleOwner, Handler: a.LogPage},

		{Method: get, Pattern: "/account", Role: store.RoleUsher, Handler: a.AccountPage},
		{Method: post, Pattern: "/account/password", Role: store.RoleUsher, Handler: a.ChangePassword, Private: true},
		{Method: get, Pattern: "/account/code", Role: store.RoleUsher, Handler: a.CodePage},
		{Method: post, Pattern: "/account/code", Role: store.RoleUsher, Handler: a.SetCode, Private: true},
		{Method: post, Pattern: "/account/remove", Role: store.RoleUsher, Handler: a.RemoveCode, Private: true},
		{Method: post, Pattern: "/account/recovery", Role: store.RoleUsher, Handler: a.RecoveryCodes, Private: true},
		{Method: post, Pattern: "/account/sign-out", Role: store.RoleUsher, Handler: a.SignOutEverywhere},
	}, slices.Concat(a.checklistRoutes(), a.filmRoutes(), a.screeningRoutes())...)
}

// menuPage is a page with a place in the menu.
type menuPage struct{ group, label, pattern string }

// menu is what the menu has, in order. Pages that there are not yet, and those of other roles, are left out.
func menu() []menuPage {
	return []menuPage{
		{"", "Today", ""},
		{"", "To do", "/to-do"},
		{"", "Find", "/find"},
		{"", "Door", "/door"},
		{"", "Messages", messagesPattern},
		{"Programme", "Films", "/films"},
		{"Programme", "Halls", "/halls"},
		{"Programme", "Prices", "/prices"},
		{"Programme", "Screenings", "/screenings"},
		{"Settings", "Before you open", "/checklist"},
		{"Settings", "Cinema", "/cinema"},
		{"Settings", "Staff", "/staff"},
		{"Settings", "Check-up", "/check-up"},
		{"Settings", "Customers’ data", "/customers"},
		{"Settings", "Log", "/log"},
		{"Settings", "My account", "/account"},
	}
}

func notFound(http.ResponseWriter, *http.Request) error { return store.ErrNotFound }

// prefix is where the back office is.
const prefix = "/admin"

// Mount puts every route into the router, each behind its guard.
func (a *Admin) Mount(r chi.Router) {
	for _, route := range a.Routes() {
		r.Method(route.Method, prefix+route.Pattern, a.guard(route))
	}
	r.Get(prefix+"/*", a.guard(Route{Method: http.MethodGet, Role: anyone, Handler: notFound}))
}
