package views_test

import (
	"testing"

	"cinemasphere/views"

	"github.com/PuerkitoBio/goquery"
)

func TestBookingFormCarriesWhatItShows(t *testing.T) {
	for name, d := range map[string]*goquery.Document{
		"page": doc(t, views.BookingPage(page(), form())), "dialog": doc(t, views.BookingDialog(form())),
	} {
		t.Run(name, func(t *testing.T) {
			wantAttr(t, d, "form[data-book]", "action", "/bookings")
			wantAttr(t, d, "[name=total]", "value", "2700")
			wantText(t, d, "[data-total]", "KSh 2,700")
			wantAttr(t, d, "[name=nonce]", "value", "nonce-1")
			wantAttr(t, d, "[name=name]", "value", "Wanjiku")
			wantAttr(t, d, "[name=phone]", "value", "0712 345 678")
			wantAttr(t, d, "[name=phone]", "type", "tel")
			wantAttr(t, d, "[name=phone]", "placeholder", "0712 345 678")
			wantAttr(t, d, "[name=phone]", "autocomplete", "tel")
			wantAttr(t, d, "[name=quantity]", "value", "2")
			wantAttr(t, d, "[name=quantity]", "min", "1")
			wantAttr(t, d, "[name=quantity]", "max", "10")
			wantCount(t, d, "[data-stepper] [name=quantity]", 1)
			wantText(t, d, "[data-each]", "KSh 1,350")
			wantText(t, d, "form .btn", "Book ticket")
			wantCount(t, d, "select[name=screening] option", 3)
			wantAttr(t, d, "option[selected]", "value", "12")
			wantAttr(t, d, "option[selected]", "data-cents", "135000")
			wantText(t, d, "option[selected]", "Wed 25 Nov, 20:00 · Screen 1 · KSh 1,350 · 7 left")
			wantText(t, d, "option[disabled]", "sold out")
			wantCount(t, d, "option[disabled]", 1)
			// The parser leaves what stands in noscript as text.
			wantText(t, d, "form noscript", `name="choose"`)
		})
	}
}

func TestOnlyTheDialogIsSentByHtmx(t *testing.T) {
	d := doc(t, views.BookingDialog(form()))
	wantAttr(t, d, "form", "hx-post", "/bookings/dialog")
	wantAttr(t, d, "form", "hx-target", "#booking-body")
	wantCount(t, d, "button[data-close][aria-label]", 1)
	wantCount(t, d, "h2#booking-title[data-title]", 1)
	wantCount(t, doc(t, views.BookingPage(page(), form())), "form[hx-post]", 0)
}

func TestOneScreeningIsNotAChoice(t *testing.T) {
	f := form()
	f.Screenings = nil
	d := doc(t, views.BookingPage(page(), f))
	wantCount(t, d, "select", 0)
	wantAttr(t, d, "input[name=screening]", "value", "12")
	wantAttr(t, d, "input[name=screening]", "data-cents", "135000")
	wantText(t, d, ".showing", "Wed 25 Nov, 20:00")
}

func TestErrorsStandAtTheirFields(t *testing.T) {
	f := form()
	f.Errors = map[string]string{
		"name": "A name, please.", "phone": "A number, please.", "quantity": "1 to 10, please.",
		"screening": "Another, please.",
	}
	f.Notice, f.WaitingURL = "A prompt is already on that phone.", "/tickets/OTHER"
	d := doc(t, views.BookingPage(page(), f))
	for field, want := range f.Errors {
		s := d.Find("#book-" + field)
		if s.AttrOr("aria-invalid", "") != "true" {
			t.Errorf("%s is not marked invalid", field)
		}
		wantText(t, d, "#book-"+field+"-error", want)
	}
	wantAttr(t, d, "#book-phone", "aria-describedby", "book-phone-error book-phone-hint")
	wantText(t, d, ".notice[role=alert]", "A prompt is already on that phone.")
	wantAttr(t, d, ".notice a", "href", "/tickets/OTHER")
	wantCount(t, doc(t, views.BookingPage(page(), form())), "[aria-invalid], .notice", 0)
}

func TestClosedScreeningHasNoForm(t *testing.T) {
	f := form()
	f.Closed = "The film has begun."
	d := doc(t, views.BookingPage(page(), f))
	wantCount(t, d, "form", 0)
	wantText(t, d, ".notice", "The film has begun.")
	wantAttr(t, d, ".sheet .btn", "href", "/movies/7")
}

func TestConfirmAsksOnceMore(t *testing.T) {
	d := doc(t, views.Confirm(page(), views.ConfirmPage{Form: form(), Phone: "0712 345 678", Total: 2700}))
	wantText(t, d, ".rows", "Wed 25 Nov, 20:00, Screen 1")
	wantText(t, d, ".rows", "2 × KSh 1,350")
	wantText(t, d, ".rows", "0712 345 678")
	wantText(t, d, ".rows", "KSh 2,700")
	wantCount(t, d, "form", 2)
	wantText(t, d, "form:has([name=confirmed]) button", "Send M-PESA prompt")
	wantText(t, d, "form:not(:has([name=confirmed])) button[name=choose]", "Change")
	for name, want := range map[string]string{
		"screening": "12", "name": "Wanjiku", "phone": "0712 345 678", "quantity": "2", "total": "2700",
		"nonce": "nonce-1",
	} {
		d.Find("form").Each(func(_ int, s *goquery.Selection) {
			if got := s.Find("[name="+name+"]").AttrOr("value", ""); got != want {
				t.Errorf("%s is carried as %q, want %q", name, got, want)
			}
		})
	}
}
