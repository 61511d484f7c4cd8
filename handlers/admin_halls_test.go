package handlers_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/PuerkitoBio/goquery"

	"cinemasphere/store"
	"cinemasphere/store/seating"
	"cinemasphere/store/storetest"
)

// hallFields is a good form of a hall, with changes.
func hallFields(change map[string]string) url.Values {
	f := url.Values{
		"version": {"0"}, "name": {"Screen 1"}, "cleaning": {"15"}, "plan": {"A oo_oo\nB oooo"}, "rows": {""},
		"seats":  {""},
		"aisles": {""}, "letters": {""}, "do": {"save"},
	}
	for name, value := range change {
		f[name] = []string{value}
	}
	return f
}

// upload sends a form of the member's session with a file; none where the file is "".
func (m *member) uploadPlan(path string, f url.Values, file string) *httptest.ResponseRecorder {
	m.o.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range with(f, "token", m.form) {
		if err := w.WriteField(name, value[0]); err != nil {
			m.o.Fatal(err)
		}
	}
	name := "plan.csv"
	if file == "" {
		name = "" // as browsers send a field of files that is left empty
	}
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		m.o.Fatal(err)
	}
	return m.o.send(request{
		method: "POST", path: path, body: body.String(), cookie: m.cookie(),
		headers: []string{"Content-Type", w.FormDataContentType(), "Sec-Fetch-Site", "same-origin"},
	})
}

// hallOf is the only hall in use with that name.
func (o *office) hallOf(name string) store.Hall {
	o.Helper()
	halls, err := o.store.Catalogue().AllHalls(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	for _, h := range halls {
		if h.Name == name {
			return h
		}
	}
	o.Fatalf("there is no hall %q", name)
	return store.Hall{}
}

func hallPath(h store.Hall) string { return fmt.Sprintf("/admin/halls/%d", h.ID) }

func tidy(doc *goquery.Document) string { return strings.Join(strings.Fields(doc.Text()), " ") }

// utf16Of is a text as some spreadsheets save it.
func utf16Of(text string) string {
	b := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

// TestHallInput: what a form of a hall is answered with, previewed and saved. Nothing gets a 500, and nothing typed is
// lost.
func TestHallInput(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	for i, c := range []struct {
		field, value string
		status       int // of saving
		says         string
	}{
		{"plan", "A oo", 303, ""},
		{"plan", "\uFEFFA oo\nB oo", 303, ""},
		{"plan", "row;;;\nA;A1;A2;;A3", 303, ""},
		{"plan", "A\tA1\tA2\t\tA3\nB\tB1\tB2\t\tB3", 303, ""},
		{"plan", "zone v = VIP\n[Stalls]\nA wc_vv\n-\nB LL_LL  from right\nnote A1 = by the door", 303, ""},
		{"plan", "A o<script>alert(1)</script>", 422, "Line 1, column 4"},
		{"plan", "", 422, "no seats"},
		{"plan", " \n\t\n", 422, "no seats"},
		{"plan", "\n\n\nA oq", 422, "Line 4, column 4"},
		{"plan", "A hhxx", 422, "no seats"},
		{"plan", "A", 422, "Line 1, column 1"},
		{"plan", strings.Repeat("A oo\n", 2000), 422, "2000 rows: 100 at most"},
		{"plan", strings.Repeat("A ooo\n", 3), 422, "Line 3, column 3. Row A: seat A1 and 2 more stand twice"},
		{"plan", "A oo\nA oo", 422, "Line 2, column 3. Row A: seat A1 and 1 more stand twice"},
		{"plan", "A o(3)o(3)", 422, "stands twice"},
		{"plan", "E LLL", 422, "3 love-seat marks together"},
		{"plan", "E L_L", 422, "love-seat marks together"},
		{"plan", "A ovv", 422, "Line 1, column 4. Row A: no line says which zone"},
		{"plan", "A oo\nzones: qq", 422, "no line says which zone"},
		{"plan", "zone v VIP\nA oo", 422, "is no zone"},
		{"plan", "A cc", 422, "needs an accessible place"},
		{"plan", "A oo sideways", 422, "is not understood"},
		{"plan", "A " + strings.Repeat("o", 201), 422, "200 at most"},
		{"plan", strings.Repeat("A ooooooooo\n", 180_000), 422, "too long: 1024 KB"},
		{"plan", "A oo\x00", 422, "is no seat"},
		{"plan", "A \xff\xfe", 422, "is no seat"},
		{"plan", "row\nA,A1,VIP:=1+1,A2", 422, "Line 2, column 3"},
		{"plan", "A;A1;A1", 422, "stands twice"},
		{"name", "", 422, "needs a name"},
		{"name", " \t ", 422, "needs a name"},
		{"name", strings.Repeat("x", 41), 422, "more than 40"},
		{"name", "a\u202Eb", 422, "cannot be printed"},
		{"name", "SCREEN 1", 422, "Another hall"},
		{"name", "<b>Söhne & Co</b>", 303, ""},
		{"cleaning", "", 422, "whole minutes"},
		{"cleaning", "-1", 422, "whole minutes"},
		{"cleaning", "1.5", 422, "whole minutes"},
		{"cleaning", "241", 422, "whole minutes"},
		{"cleaning", "quarter", 422, "whole minutes"},
		{"cleaning", " 0 ", 303, ""},
	} {
		f := hallFields(map[string]string{"name": fmt.Sprintf("Hall %d", i)})
		f.Set(c.field, c.value)
		if i == 0 {
			f.Set("name", "Screen 1")
		}
		at := fmt.Sprintf("%d %s %.40q", i, c.field, c.value)
		if c.field == "plan" {
			preview := m.uploadPlan("/admin/halls/new", with(f, "do", "preview"), "")
			drawn := page(t, preview).Find(".plan-hall").Length() == 1
			if good := c.status == 303; good != (preview.Code == http.StatusOK) || good != drawn {
				t.Errorf("%s: its preview is %d, drawn %t", at, preview.Code, drawn)
			}
		}
		w := m.uploadPlan("/admin/halls/new", f, "")
		if w.Code != c.status {
			t.Errorf("%s: %d %.2000s", at, w.Code, w.Body)
		}
		if w.Code == http.StatusSeeOther {
			continue
		}
		doc := page(t, w)
		if !strings.Contains(tidy(doc), c.says) {
			t.Errorf("%s: it does not say %q: %.2000s", at, c.says, tidy(doc))
		}
		for _, name := range []string{"name", "cleaning"} {
			got := doc.Find(`[name="`+name+`"]`).AttrOr("value", "")
			if strings.TrimSpace(got) != strings.TrimSpace(f.Get(name)) {
				t.Errorf("%s: %s is shown back as %q", at, name, got)
			}
		}
		shown := strings.NewReplacer("\x00", "\uFFFD", "\xff\xfe", "\uFFFD").Replace(f.Get("plan"))
		if got := doc.Find("[name=plan]").Text(); got != shown {
			t.Errorf("%s: the plan is shown back as %.60q", at, got)
		}
	}
	if h := o.hallOf("Screen 1"); h.Plan != "A oo" || h.PlanBy != m.operator.Name {
		t.Errorf("%+v", h)
	}
	if w := m.uploadPlan("/admin/halls/new", hallFields(map[string]string{"plan": strings.Repeat("A", 5<<20)}),
		""); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("5 MB: %d", w.Code)
	}
	if w := m.post("/admin/halls/new", hallFields(map[string]string{"name": "Plainly sent"})); w.Code != 303 {
		t.Errorf("a form without files: %d", w.Code)
	}
}

// TestHallGrid: rows × seats as typed, and the plan that they make.
func TestHallGrid(t *testing.T) {
	m := open(t).staffed(store.RoleManager)
	for _, c := range []struct {
		rows, seats, aisles, letters string
		status                       int
		says                         string // the field with the mistake, or the plan's first line
	}{
		{"10", "14", "4, 10", "", 200, "A  oooo_oooooo_oooo"},
		{"10", "14", "4;10", "", 200, "A  oooo_oooooo_oooo"},
		{" 2 ", "3", "", "", 200, "A  ooo"},
		{"2", "4", "2 2 2", "", 200, "A  oo_oo"},
		{"30", "4", "2", "all", 200, "A   oo_oo"},
		{"100", "20", "", "", 200, "A   oooooooooooooooooooo"},
		{"0", "14", "", "", 422, "rows"},
		{"", "14", "", "", 422, "rows"},
		{"-1", "14", "", "", 422, "rows"},
		{"101", "14", "", "", 422, "rows"},
		{"99999999999999999999", "14", "", "", 422, "rows"},
		{"ten", "14", "", "", 422, "rows"},
		{"10", "0", "", "", 422, "seats"},
		{"10", "201", "", "", 422, "seats"},
		{"100", "21", "", "", 422, "seats"},
		{"10", "200", "4", "", 422, "seats"},
		{"10", "14", "0", "", 422, "aisles"},
		{"10", "14", "14", "", 422, "aisles"},
		{"10", "14", "4, middle", "", 422, "aisles"},
		{"10", "14", "-4", "", 422, "aisles"},
	} {
		f := hallFields(map[string]string{
			"do": "fill", "rows": c.rows, "seats": c.seats, "aisles": c.aisles, "letters": c.letters,
		})
		w := m.uploadPlan("/admin/halls/new", f, "")
		doc := page(t, w)
		plan := doc.Find("[name=plan]").Text()
		switch {
		case w.Code != c.status:
			t.Errorf("%+v: %d", c, w.Code)
		case c.status == 200:
			first, _, _ := strings.Cut(plan, "\n")
			if first != c.says || doc.Find("#before").Text() != f.Get("plan") || doc.Find(".plan-hall").Length() != 1 {
				t.Errorf("%+v: %q, before it %q", c, first, doc.Find("#before").Text())
			}
		case plan != f.Get("plan") || doc.Find("#"+c.says+"-error").Length() != 1:
			t.Errorf("%+v: %q, %s", c, plan, tidy(doc))
		}
		for _, name := range []string{"rows", "seats", "aisles"} {
			if got := doc.Find("#"+name).AttrOr("value", ""); got != f.Get(name) {
				t.Errorf("%+v: %s is shown back as %q", c, name, got)
			}
		}
	}
}

// TestHallFile: files that are plans, and that are not. A file that was chosen is read whichever button was pressed.
func TestHallFile(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	const want = "zone v = VIP\nA  ov_w\n"
	for name, file := range map[string]string{
		"commas": "row\nA,A1,VIP:A2,,A3+\n", "BOM": "\uFEFFrow\r\nA,A1,VIP:A2,,A3+\r\n",
		"semicolons": "A;A1;VIP:A2;;A3+",
		"tabs":       "A\tA1\tVIP:A2\t\tA3+\n", "UTF-16": utf16Of("A\tA1\tVIP:A2\t\tA3+\r\n"), "text": want,
	} {
		for _, do := range []string{"upload", "preview", "save"} {
			w := m.uploadPlan("/admin/halls/new", hallFields(map[string]string{"do": do}), file)
			doc := page(t, w)
			if got := doc.Find("[name=plan]").Text(); w.Code != 200 || got != want ||
				doc.Find(".plan-hall").Length() != 1 {
				t.Errorf("%s, %s: %d %q", name, do, w.Code, got)
			}
			if before := doc.Find("#before").Text(); before != hallFields(nil).Get("plan") {
				t.Errorf("%s: before it stood %q", name, before)
			}
		}
	}
	for name, c := range map[string]struct {
		file string
		kept bool // what was typed is still in its field
	}{
		"none": {"", true}, "workbook": {"PK\x03\x04\x14\x00", true},
		"old workbook": {"\xd0\xcf\x11\xe0\xa1\xb1", true},
		"picture":      {"\x89PNG\r\n\x1a\n\x00\x00", true}, "2 MB": {strings.Repeat("A,A1\n", 400_000), true},
		"twice": {"A,A1,A1", false}, "2,000 rows": {strings.Repeat("A,A1\n", 2000), false},
		"100,000 rows": {strings.Repeat("A,1\n", 100_000), false},
		"formula":      {"A,=1+1", false}, "zones": {"A,A1\nzone v\n", false}, "BOM alone": {"\xff\xfe", false},
	} {
		w := m.uploadPlan("/admin/halls/new", hallFields(map[string]string{"do": "upload"}), c.file)
		doc := page(t, w)
		typed := hallFields(nil).Get("plan")
		kept := doc.Find("[name=plan]").Text() == typed && doc.Find("#file-error").Length() == 1
		told := doc.Find(".plan-problems li").Length() > 0 && doc.Find("#before").Text() == typed
		if w.Code != http.StatusUnprocessableEntity || kept != c.kept || told == c.kept {
			t.Errorf("%s: %d, kept %t, problems %t", name, w.Code, kept, told)
		}
	}
	halls, err := o.store.Catalogue().AllHalls(t.Context())
	if err != nil || len(halls) != 0 {
		t.Errorf("%d halls were saved, %v", len(halls), err)
	}
}

// TestHallPlanFiles: the saved plan as a file is the same plan.
func TestHallPlanFiles(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	m.post("/admin/halls/new", hallFields(map[string]string{
		"name": "Ukumbi Mkubwa", "plan": "zone v = VIP\nA vv|wc  odd left, even right\n-\nB LL_LL\nnote B1 = ngazi",
	}))
	h := o.hallOf("Ukumbi Mkubwa")
	want, _ := seating.Parse(h.Plan)
	for _, format := range []string{"csv", "text"} {
		w := m.get(hallPath(h) + "/plan/" + format)
		got, problems := seating.Read(seating.Decode(w.Body.Bytes()))
		if w.Code != 200 || len(problems) > 0 || got.CSV() != want.CSV() {
			t.Errorf("%s: %d %v %q", format, w.Code, problems, w.Body)
		}
		if d := w.Header().Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; filename=ukumbi-mkubwa.") {
			t.Errorf("%s: %s", format, d)
		}
	}
	if w := m.get(hallPath(h) + "/plan/pretix"); w.Code != 200 || !strings.Contains(w.Body.String(), `"seat_guid"`) {
		t.Errorf("pretix: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{
		hallPath(h) + "/plan/xlsx", "/admin/halls/new/plan/csv", "/admin/halls/7", "/admin/halls/new/apply",
	} {
		if w := m.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestTwoEditOneHall: the second of two managers is told what is there now, and keeps what was typed; a form that is
// sent twice changes nothing more.
func TestTwoEditOneHall(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	for range 2 {
		if w := m.post("/admin/halls/new", hallFields(nil)); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	h := o.hallOf("Screen 1")
	path := hallPath(h)
	first := hallFields(map[string]string{"version": "1", "name": "Grand", "plan": "A ooo", "cleaning": "20"})
	if w := m.post(path, first); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	second := hallFields(map[string]string{"version": "1", "plan": "A oooo"})
	w := m.post(path, second)
	doc := page(t, w)
	if w.Code != http.StatusConflict || doc.Find("[name=plan]").Text() != "A oooo" ||
		doc.Find("[name=name]").AttrOr("value", "") != "Screen 1" || doc.Find("#theirs").Text() != "A ooo" ||
		!strings.Contains(doc.Find("#name-error").Text(), "Grand") ||
		!strings.Contains(doc.Find("#cleaning-error").Text(), "20") {
		t.Fatalf("%d %s", w.Code, tidy(doc))
	}
	if is := o.hallOf("Grand"); is.Plan != "A ooo" || is.Version != 2 {
		t.Fatalf("%+v", is)
	}
	second.Set("version", doc.Find("[name=version]").First().AttrOr("value", ""))
	if w := m.post(path, second); w.Code != http.StatusSeeOther {
		t.Errorf("%d", w.Code)
	}
	if is := o.hallOf("Screen 1"); is.Plan != "A oooo" || is.Version != 3 {
		t.Errorf("%+v", is)
	}

	archive := func(version, archived string) int {
		return m.post(path+"/archive", url.Values{"version": {version}, "archived": {archived}}).Code
	}
	for i, step := range []struct {
		version, archived string
		status            int
	}{
		{"1", "1", 409}, {"3", "1", 303}, {"3", "1", 303}, {"4", "0", 303}, {"3", "1", 409}, {"5", "1", 303},
	} {
		if status := archive(step.version, step.archived); status != step.status {
			t.Errorf("archive %d: %d", i, status)
		}
	}
	list := page(t, m.get("/admin/halls"))
	if list.Find("table").Length() != 1 || !strings.Contains(tidy(list), "Out of use") {
		t.Errorf("%s", tidy(list))
	}
	if doc := page(t, m.get(path)); doc.Find("[name=archived]").AttrOr("value", "") != "0" {
		t.Errorf("%s", tidy(doc))
	}
	log, err := o.store.Staff().Log(t.Context(), store.LogFilter{Kind: "hall", SubjectID: int64(h.ID)})
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, entry := range log {
		did = append(did, entry.Action)
		if entry.Who != m.operator.Name {
			t.Errorf("%+v", entry)
		}
	}
	if got := strings.Join(did, " "); got != "hall.archive hall.use hall.archive hall.edit hall.edit hall.add" {
		t.Errorf("the log has %s", got)
	}
	if log[4].Was != `{"name":"Screen 1","cleaning_minutes":15,"plan_version":1,"seats":8}` ||
		log[4].Now != `{"name":"Grand","cleaning_minutes":20,"plan_version":2,"seats":3}` {
		t.Errorf("was %s, now %s", log[4].Was, log[4].Now)
	}
}

// TestHallsPage: each hall with its seats, zones and next screening, which is none that is cancelled or over.
func TestHallsPage(t *testing.T) {
	o := open(t)
	m := o.staffed(store.RoleManager)
	none := page(t, m.get("/admin/halls"))
	if none.Find("table").Length() != 0 || none.Find(`a[href$="/new"]`).Length() != 1 {
		t.Errorf("without halls: %s", tidy(none))
	}
	m.post("/admin/halls/new", hallFields(map[string]string{"plan": "zone v = VIP\nA ovx\nB oo"}))
	h := o.hallOf("Screen 1")
	if text := tidy(page(t, m.get("/admin/halls"))); !strings.Contains(text, "4 seats in 2 rows") ||
		!strings.Contains(text, "Standard, VIP") || !strings.Contains(text, "Nothing to come") {
		t.Errorf("%s", text)
	}
	var films []string
	for i, status := range []store.ScreeningStatus{store.Cancelled, store.Closed, store.OnSale} {
		id := storetest.Screening(t, o.store, 1, 2, func(sc *store.Screening) {
			sc.HallID, sc.Status, sc.StartsAt = h.ID, status, sc.StartsAt.Add(time.Duration(i)*time.Hour)
		})
		_, film, err := o.store.Catalogue().Screening(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		films = append(films, film.Title)
	}
	storetest.Screening(t, o.store, 1, 2, func(sc *store.Screening) {
		sc.HallID, sc.StartsAt = h.ID, o.store.Now().Add(-24*time.Hour)
	})
	row := page(t, m.get("/admin/halls")).Find(fmt.Sprintf(`tr:has(a[href="%s"])`, hallPath(h))).Text()
	for i, film := range films {
		if strings.Contains(row, film) != (i == 1) {
			t.Errorf("the next screening is of %v[1]: %s", films, row)
		}
	}
}

// sell sells one seat of a screening by the site.
func (o *office) sell(id store.ScreeningID, phone, seat string) *store.Ticket {
	o.Helper()
	w := o.post("/bookings", with(form(id, phone, 1), "seat", seat))
	if w.Code != http.StatusSeeOther {
		o.Fatalf("booking of %s: %d %s", seat, w.Code, w.Body)
	}
	return o.until(strings.TrimPrefix(w.Header().Get("Location"), "/tickets/"), "paid", paid)
}

// TestApplyPlanPage: a plan is changed under screenings with nothing sold, with a sold seat that stays beside a new
// aisle, with a sold seat that is gone, and a cancelled one. Each is offered what is right for it, no sold seat is
// lost, and applying twice is applying once.
func TestApplyPlanPage(t *testing.T) {
	o := open(t)
	o.pays()
	m := o.staffed(store.RoleManager)
	m.post("/admin/halls/new", hallFields(map[string]string{"plan": "A oo\nB oooo"}))
	h := o.hallOf("Screen 1")
	at := func(change func(*store.Screening)) store.ScreeningID {
		return storetest.Screening(t, o.store, 1, 2, func(sc *store.Screening) { sc.HallID = h.ID; change(sc) })
	}
	nothing := func(*store.Screening) {}
	empty, stays, loses := at(nothing), at(nothing), at(nothing)
	gone := at(func(sc *store.Screening) { sc.Status = store.Cancelled })
	o.sell(stays, "0712345678", "A2")
	lost := o.sell(loses, "0712345679", "B4")

	apply := hallPath(h) + "/apply"
	if doc := page(t, m.get(apply)); doc.Find("[type=checkbox]").Length() != 0 {
		t.Errorf("the plan is the same, and offered: %s", tidy(doc))
	}
	w := m.post(hallPath(h), hallFields(map[string]string{"version": "1", "plan": "A _oo\n-\nB ooo"}))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != apply {
		t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	if doc := page(t, m.get(hallPath(h))); doc.Find(`a[href="`+apply+`"]`).Length() != 1 {
		t.Errorf("the hall does not say that screenings have an older plan: %s", tidy(doc))
	}

	doc := page(t, m.get(apply))
	box := func(id store.ScreeningID) *goquery.Selection {
		return doc.Find(fmt.Sprintf(`[name=screening][value="%d"]`, id))
	}
	ticked := func(id store.ScreeningID) string { return box(id).AttrOr("checked", "no") }
	if box(empty).Length() != 1 || box(stays).Length() != 1 || box(loses).Length() != 0 || box(gone).Length() != 0 ||
		ticked(empty) != "" || ticked(stays) != "no" {
		t.Errorf("%s", tidy(doc))
	}
	if lead := doc.Find(".lead").Text(); !strings.Contains(lead, "Ticked ones get it too; untick what shall stay") {
		t.Errorf("the page says %q", lead)
	}
	if doc.Find(".plan-orders a").Length() != 1 || doc.Find(`a[href="/admin/find?q=`+lost.Code+`"]`).Length() != 1 ||
		!strings.Contains(tidy(doc), "B4 is not in the plan") {
		t.Errorf("%s", tidy(doc))
	}

	all := url.Values{"plan": {doc.Find("[name=plan]").AttrOr("value", "")}}
	for _, id := range []store.ScreeningID{empty, stays, loses, gone, 1} {
		all.Add("screening", strconv.FormatInt(int64(id), 10))
	}
	if w := m.post(apply, with(all, "plan", "1")); w.Code != http.StatusConflict {
		t.Errorf("another plan: %d", w.Code)
	} else if doc := page(t, w); doc.Find("[checked]").Length() != 2 {
		t.Errorf("the ticks are lost: %s", tidy(doc))
	}
	if w := m.post(apply, url.Values{"plan": all["plan"]}); w.Code != http.StatusSeeOther {
		t.Errorf("nothing is ticked: %d", w.Code)
	}
	for range 2 {
		if w := m.post(apply, all); w.Code != http.StatusOK || page(t, w).Find("tbody tr").Length() != 3 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		for id, want := range map[store.ScreeningID]struct{ capacity, left int }{
			empty: {5, 5}, stays: {5, 4}, loses: {6, 5}, gone: {6, 6},
		} {
			sc, _, err := o.store.Catalogue().Screening(t.Context(), id)
			if err != nil || sc.Capacity != want.capacity || sc.Left != want.left {
				t.Errorf("%d of %d seats left, not %+v; %v", sc.Left, sc.Capacity, want, err)
			}
		}
	}
	left := page(t, m.get(apply))
	if left.Find("main [type=checkbox]").Length() != 0 || left.Find("main .btn-red").Length() != 0 ||
		!strings.Contains(left.Find(".lead").Text(), "None of these can get it") {
		t.Errorf("nothing can be ticked: %s", tidy(left))
	}
	if again := o.ticket(lost.Secret); again.Seats[0] != "B4" || again.Status != store.Paid {
		t.Errorf("%+v", again)
	}
	log, err := o.store.Staff().Log(t.Context(), store.LogFilter{Kind: "screening"})
	if err != nil || len(log) != 2 {
		t.Fatalf("the log has %d entries, %v", len(log), err)
	}
	for _, entry := range log {
		if entry.Action != "screening.plan" || entry.Who != m.operator.Name ||
			!strings.Contains(entry.Was, `"plan_version":1`) || !strings.Contains(entry.Now, `"plan_version":2`) {
			t.Errorf("%+v", entry)
		}
	}
}
