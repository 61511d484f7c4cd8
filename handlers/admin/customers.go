package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cinemasphere/mpesa"
	"cinemasphere/store"
	pages "cinemasphere/views/admin"
	"cinemasphere/views/wording"
)

// CustomersPage answers GET /admin/customers.
func (a *Admin) CustomersPage(w http.ResponseWriter, r *http.Request) error {
	return a.customersPage(w, r, http.StatusOK, pages.Customers{})
}

func (a *Admin) customersPage(w http.ResponseWriter, r *http.Request, status int, v pages.Customers) error {
	v.Months = a.KeepCustomers
	return a.render(w, r, status, pages.CustomersPage(v))
}

// DoCustomer answers POST /admin/customers with all that the books hold of a phone, as a file, or erases it. The number
// is in no address.
func (a *Admin) DoCustomer(w http.ResponseWriter, r *http.Request) error {
	v := pages.Customers{Phone: r.PostForm.Get("phone"), Sure: r.PostForm.Get("sure"), Errors: map[string]string{}}
	phone, wrong := mpesa.ParseMSISDN(v.Phone)
	erase := r.PostForm.Get("do") == "erase"
	switch {
	case wrong != nil:
		v.Errors["phone"] = wording.Typed(wrong)
	case erase && !strings.EqualFold(strings.TrimSpace(v.Sure), "erase"):
		v.Errors["sure"] = "Type ERASE here if you are sure."
	}
	if len(v.Errors) > 0 {
		return a.customersPage(w, r, http.StatusUnprocessableEntity, v)
	}
	if erase {
		out, err := a.Store.Tickets().EraseCustomer(r.Context(), string(phone))
		if err == nil {
			return a.customersPage(w, r, http.StatusOK, pages.Customers{Erased: &out})
		}
		return a.noCustomer(w, r, v, err)
	}
	all, err := a.Store.Tickets().Customer(r.Context(), string(phone))
	if err != nil {
		return a.noCustomer(w, r, v, err)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("export a customer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="customer.json"`)
	_, err = w.Write(text)
	return err
}

// noCustomer says that there is nobody with the phone, where that is the error.
func (a *Admin) noCustomer(w http.ResponseWriter, r *http.Request, v pages.Customers, err error) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	v.Errors["phone"] = "There is nothing of this number, or it is erased already."
	return a.customersPage(w, r, http.StatusUnprocessableEntity, v)
}
