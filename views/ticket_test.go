package views_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"cinemasphere/store"
	"cinemasphere/views"
)

func TestOnlyATicketThatWaitsPolls(t *testing.T) {
	for name, v := range tickets() {
		t.Run(name, func(t *testing.T) {
			html := render(t, views.TicketPage(page(), v))
			d := doc(t, views.TicketPage(page(), v))
			wantAttr(t, d, "#status", "data-version", "3")
			wantAttr(t, d, "#status", "data-state", string(v.Ticket.Status))
			pending := v.Ticket.Status == store.Pending
			if pending || v.Asking {
				address := "/tickets/SECRET/status?v=3"
				if v.StaleAt != 0 {
					address += "&until=1795447920000"
				}
				wantAttr(t, d, "#status", "data-poll", address)
				wantAttr(t, d, "#status", "hx-get", address)
				wantAttr(t, d, "#status", "hx-trigger", "poll")
				wantCount(t, d, "[data-lost]", 1)
			} else {
				wantCount(t, d, "[data-poll], [hx-get*=status], [hx-trigger], [data-lost]", 0)
			}
			reloads := pending || v.Checking != ""
			if got := strings.Contains(html, `http-equiv="refresh"`); got != reloads || v.Reloads() != reloads {
				t.Errorf("refresh without JavaScript: %v, want %v", got, reloads)
			}
			if n := d.Find("main textarea, main input:not([type=hidden])").Length(); reloads && n > 0 {
				t.Errorf("%d fields to type in on a page that loads itself again", n)
			}
			if strings.Contains(d.Find("main").Text(), "cannot reach") {
				t.Error("says that the box office is away before anybody knows")
			}
			if got := d.Find(`a[href="/tickets/SECRET"]`).Length() > 0; reloads && v.Ticket.Status != store.Paid &&
				!got {
				t.Error("no plain link to check the payment")
			}
		})
	}
}

func TestPendingSaysWhereThePromptWent(t *testing.T) {
	for state, heading := range map[store.PushState]string{
		store.PushSending: "Sending the prompt…", store.PushPrompted: "Check your phone",
		store.PushUnknown: "A prompt may be on your phone",
	} {
		v := ticket(store.Pending)
		v.Ticket.Push.State = state
		d := doc(t, views.TicketStatus(v))
		wantText(t, d, "h1", heading)
		wantText(t, d, ".lead", "0712 345 678")
		wantText(t, d, ".lead", "KSh 2,700")
		wantAttr(t, d, ".hold .clock", "data-seconds-left", "172")
		wantText(t, d, ".hold .clock", "2:52")
		wantAttr(t, d, "progress", "max", "180")
		wantText(t, d, ".rows", "Top Gun: Maverick")
		wantText(t, d, ".rows", "J9, J10")
		wantText(t, d, ".help", "No prompt on your phone?")
		wantAttr(t, d, ".help form", "action", "/tickets/SECRET/give-up")
		wantAttr(t, d, ".help form", "hx-post", "/tickets/SECRET/give-up/status")
		wantCount(t, d, `[target=_blank]`, 0)
	}
	v := ticket(store.Pending)
	wantText(t, doc(t, views.TicketStatus(v)), ".lead", "Enter your M-PESA PIN to pay KSh 2,700 to CinemaSphere.")
	v.Handset, v.Ticket.HoldUntil = "/simulator/phones/1", 0
	d := doc(t, views.TicketStatus(v))
	wantAttr(t, d, ".actions .btn-red", "href", "/simulator/phones/1")
	wantAttr(t, d, ".hold .clock", "data-seconds-left", "0")
}

func TestDialogKeepsItsFormInTheDialog(t *testing.T) {
	v := ticket(store.Pending)
	v.InDialog = true
	d := doc(t, views.TicketStatus(v))
	wantAttr(t, d, "#status", "data-poll", "/tickets/SECRET/status?v=3&dialog=1")
	wantAttr(t, d, ".help form", "hx-post", "/tickets/SECRET/give-up/status?dialog=1")
	wantCount(t, d, "button[data-close]", 1)
	wantCount(t, d, "h1", 0)
	wantCount(t, d, "h2#status-title", 1)
}

func TestFailedOffersAnotherTry(t *testing.T) {
	d := doc(t, views.TicketStatus(ticket(store.Failed)))
	wantText(t, d, "h1", "Wrong M-PESA PIN")
	wantText(t, d, ".lead", "The PIN was not right. Nothing was taken.")
	wantAttr(t, d, ".retry", "action", "/tickets/SECRET/retry")
	wantAttr(t, d, ".retry", "hx-post", "/tickets/SECRET/retry/status")
	wantAttr(t, d, ".retry [name=phone]", "value", "0712 345 678")
	wantText(t, d, ".retry button", "Try again: KSh 2,700")
	wantText(t, d, ".hold", "Seats still held for 2:52")
	wantText(t, d, ".inline", "Give up these seats")
	wantCount(t, d, ".wait", 0)

	v := ticket(store.Failed)
	v.RetryAt, v.RetryError, v.Notice = now.Add(44500*time.Millisecond), "A number, please.",
		"The last prompt may still be open."
	d = doc(t, views.TicketStatus(v))
	wantAttr(t, d, ".wait .clock", "data-seconds-left", "45")
	wantAttr(t, d, ".wait .clock", "data-opens", "retry-button")
	wantText(t, d, "#retry-phone-error", "A number, please.")
	wantText(t, d, ".notice", "The last prompt may still be open.")
}

func TestFailedWithoutAnotherTry(t *testing.T) {
	v := tickets()["owed"]
	d := doc(t, views.TicketStatus(v))
	wantCount(t, d, ".tone-late", 1)
	wantCount(t, d, "form", 0)
	wantText(t, d, ".owed", "0 KRWM TX7P")
	v = tickets()["late"]
	d = doc(t, views.TicketStatus(v))
	wantText(t, d, ".actions", "Check again")
	d = doc(t, views.TicketStatus(tickets()["returned"]))
	wantAttr(t, d, ".actions .btn-red", "href", "/movies/7")
	v = tickets()["closed"]
	d = doc(t, views.TicketStatus(v))
	wantCount(t, d, ".retry", 0)
	wantText(t, d, "#status", "sales for this screening have closed")
}

func TestPaidIsATicket(t *testing.T) {
	d := doc(t, views.TicketPage(page(), ticket(store.Paid)))
	for _, want := range []string{
		"Top Gun: Maverick", "Wed 25 Nov 2026", "19:30", "Screen 1", "J9, J10", "Wanjiku Kamau", "KSh 2,700",
		"TKN4H7XQ2P", "0 KRWM TX7P", "Admit 2", "Show this at the door",
	} {
		wantText(t, d, ".stub", want)
	}
	wantAttr(t, d, ".qr", "role", "img")
	wantAttr(t, d, ".qr", "shape-rendering", "crispEdges")
	wantCount(t, d, ".qr path", 2)
	wantCount(t, d, "[data-seconds-left], form", 0)
	wantCount(t, d, "[data-print]", 1)

	d = doc(t, views.TicketStatus(tickets()["paid, receipt pending"]))
	wantText(t, d, ".stub", "receipt pending")
	wantText(t, d, ".stub", "The first seats had gone")
}

func TestAVoidTicketLooksVoid(t *testing.T) {
	for name, c := range map[string]views.TicketView{"page": tickets()["void"], "with a pass": func() views.TicketView {
		v := tickets()["void"]
		v.Pass = "CS1:0KRWMTX7P:MFRGGZDFMZTWQ2LKNNWG23TPOA"
		return v
	}()} {
		d := doc(t, views.TicketPage(page(), c))
		wantCount(t, d, ".qr, [data-print], .paid-mark", 0)
		wantCount(t, d, ".stub.stub-void", 1)
		wantText(t, d, ".stub", "Not valid for entry")
		wantText(t, d, ".stub-stamp", "Void")
		wantText(t, d, "h1", "no longer valid")
		wantText(t, d, ".paid-head", "A refund of this ticket was asked for")
		wantText(t, d, ".notice", "KSh 2,700 is on its way back to you.")
		for _, not := range []string{"Admit 2", "Show this at the door", "it is your ticket", "Enjoy the film"} {
			if strings.Contains(d.Find("main").Text(), not) {
				t.Errorf("%s: a void ticket says %q", name, not)
			}
		}
	}
	wantCount(t, doc(t, views.TicketPage(page(), ticket(store.Paid))), ".stub-void, .stub-stamp", 0)
}

func TestProblems(t *testing.T) {
	e := views.Problem{
		Status: 503, Title: "Very busy", Sentence: "Nothing was booked.", RetryAfter: 65, LinkText: "Back",
		LinkURL: "/movies/7",
	}
	d := doc(t, views.ProblemPage(page(), e))
	wantText(t, d, ".problem-screen", "503")
	wantText(t, d, ".problem .clock", "1:05")
	wantAttr(t, d, ".problem .btn", "href", "/movies/7")
	d = doc(t, views.ProblemFragment(e))
	wantCount(t, d, "[data-fragment] h2[data-title]", 1)
	wantCount(t, d, "[data-close]", 1)
}

// TestCancelledTicket: nothing on the page of a cancelled screening's ticket leads on with it, whether one waits, has
// failed or is owed money; the film's other times do.
func TestCancelledTicket(t *testing.T) {
	for _, name := range []string{
		"waiting, cancelled", "failed, cancelled", "owed, cancelled", "owed, cancelled elsewhere", "void, cancelled",
	} {
		v := tickets()[name]
		d := doc(t, views.TicketStatus(v))
		wantCount(t, d, `.hold, [data-seconds-left], form[action$="/give-up"], form[action$="/retry"]`, 0)
		wantCount(t, d, `.actions a[href="/movies/`+strconv.FormatInt(int64(v.Ticket.Movie.ID), 10)+`"]`, 1)
		for _, contradicts := range []string{"too late to try again", "sales for this", "Wrong number", "give up"} {
			if strings.Contains(strings.ToLower(d.Text()), strings.ToLower(contradicts)) {
				t.Errorf("%s: it says %q: %s", name, contradicts, d.Text())
			}
		}
		if n := strings.Count(d.Text(), "has been cancelled"); n != 1 {
			t.Errorf("%s: that it is cancelled is said %d times: %s", name, n, d.Text())
		}
	}
}
