package checkout_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"cinemasphere/handlers/checkout"
	"cinemasphere/views/wording"
)

// typed reads a name and a phone number as a booking does.
func typed(name, phone string) (checkout.Booking, checkout.Invalid) {
	return checkout.Booking{Name: name, Phone: phone, Quantity: 1}.Validate()
}

func TestNamesThatStayAsTheyAre(t *testing.T) {
	for _, name := range []string{
		"Achieng", "O'Brien-Otieno", "Ng'ang'a", "Ng’ang’a", "Wanjikũ wa Ngũgĩ", "Mũthoni", "Mu\u0303thoni", "Zoë",
		"D'Souza, Jr.", "J.", "X Æ A-12", "Ada 2",
		"李小龍", "김철수", "محمد علي", "عَبْدُ ٱللَّهِ", "አበበ ቢቂላ", "נָעֳמִי", "नरेन्द्र", "শ্ৰী", "สมชาย ใจดี",
		"Nguyễn Thị Ánh", "Nguye\u0302\u0303n", "Ελένη", "Þórður",
		// joiners that Persian and Hindi are spelt with
		"\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645", "\u0915\u094d\u200d\u0937",
		"🎬", "🎬 Film Fan", "👩\u200d❤\ufe0f\u200d👨", "❤\ufe0f", "葛\U000e0100城", "-", "…", "`<b>bold</b> & \"quoted\"`",
		strings.Repeat("é", 80), strings.Repeat("e\u0301", 80),
		strings.Repeat("🎬", 80),
	} {
		got, problems := typed(name, "0711000100")
		if problems != nil || got.Name != name {
			t.Errorf("%q is %q, %v", name, got.Name, problems)
		}
	}
}

func TestNamesWithoutWhatIsNotSeen(t *testing.T) {
	for in, want := range map[string]string{
		"  Ada \t Njeri\n":                        "Ada Njeri",
		"Ada\u00a0\u2003Njeri\u3000":              "Ada Njeri",
		"\u202eirejN adA":                         "irejN adA",
		"Ada\u202d\u202c \u2066Njeri\u2069":       "Ada Njeri",
		"\u200fAda\u200e\u061c":                   "Ada",
		"Ada\U000e0041\U000e0064\U000e007f":       "Ada",
		"A\u00add\u200ba\u2060\ufeff":             "Ada",
		"Ada\u200d\u200c":                         "Ada",
		"Ada\u200d Njeri":                         "Ada Njeri",
		"\u200dAda":                               "Ada",
		"A\u200d\u200d\u200dda":                   "A\u200dda",
		"Ada\u3164Njeri":                          "Ada Njeri",
		"Ada\u2800\u2800Njeri\u2800":              "Ada Njeri",
		"\u115fAda\u1160\uffa0":                   "Ada",
		"\u0301\u0302Ada":                         "Ada",
		"Ada \u0301Njeri":                         "Ada Njeri",
		"🎬\ufe0f\ufe0e\ufe0f\U000e0101\U000e0102": "🎬\ufe0f",
		"A\u034fd\u17b4a\u180e":                   "Ada",
		"A\ufff9d\ufffaa\ufffb":                   "Ada",
	} {
		if got, problems := typed(in, "0711000100"); problems != nil || got.Name != want {
			t.Errorf("%q is %q, %v; want %q", in, got.Name, problems, want)
		}
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	const empty, unprinted, long = "Please tell us your name.", "Please leave out what cannot be printed.",
		"Please use at most 80 characters."
	for name, want := range map[string]string{
		"": empty, " \t\n": empty, "\u200b": empty, "\u2800": empty, "\u3164": empty, "\u115f\u1160": empty,
		"\u00ad": empty, "\uffa0": empty,
		"\u200d\u200c": empty, "\u2060\u2061\ufeff": empty, "\u202e": empty, "\U000e0041\U000e0042": empty,
		"\ufe0f": empty, "\U000e0100": empty,
		"\u0301": empty, "\u0301 \u0302": empty, "\u034f": empty, "\u180e\u17b4": empty, "\u3000\u00a0\u2028": empty,
		"\U0001d159": empty,
		"\ue000":     empty, "\U0001bca0": empty,
		"Ada\x00": unprinted, "\x1b[31mAda": unprinted, "Ada\x7f": unprinted, "bad \xff utf-8": unprinted,
		"Ada\u0080": unprinted, "Ada\ufffe": unprinted,
		"\ufffd": unprinted, "A\u0301\u0302\u0303\u0304\u0305da": unprinted,
		"A" + strings.Repeat("\u0300", 40):            unprinted,
		"A\u0301\u0302\u034f\u0303\u200d\u0304\u0305": unprinted, "A" + strings.Repeat("\u0489\u200d", 9): unprinted,
		strings.Repeat("é", 81): long, strings.Repeat("n", 10_000): long, strings.Repeat("e\u0301", 81): long,
	} {
		if _, problems := typed(name, "0711000100"); wording.Typed(problems["name"]) != want || len(problems) != 1 {
			t.Errorf("%.60q: %v, want %q", name, problems, want)
		}
	}
}

// FuzzNames: a name that is taken shows something, is taken again as it is, and is no longer than it may be.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"Ada Njeri", "\u202eAda", "\u200d", "e\u0301\u0301", "👩\u200d❤\ufe0f\u200d👨",
		"\u3164", "a\u200d b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, problems := typed(in, "0711000100")
		if problems != nil {
			return
		}
		again, problems := typed(got.Name, "0711000100")
		if problems != nil || again.Name != got.Name {
			t.Errorf("%q is %q, then %q, %v", in, got.Name, again.Name, problems)
		}
		if got.Name == "" || utf8.RuneCountInString(got.Name) > checkout.MaxName*6 || strings.ContainsAny(got.Name,
			"\u202e\u2066\u200b\x00") {
			t.Errorf("%q is taken as %q", in, got.Name)
		}
	})
}

// TestPhonesThatAreRefused: what is wrong with a number is said where it is known, in a form that is sent again too.
func TestPhonesThatAreRefused(t *testing.T) {
	const example = "Please enter a Safaricom number such as 0712 345 678."
	for phone, want := range map[string]string{
		"": example, "phone": example, "0712 or 0722": example,
		"+255 712 345 678":       "This is a number of another country. " + example,
		"020 123 4567":           "This is a landline, which has no M-PESA. " + example,
		"0712 345 67":            "This number has 1 digit too few. " + example,
		"0712 345":               "This number has 3 digits too few. " + example,
		"0712 345 678 9":         "This number has 1 digit too many. " + example,
		"0712345678, 0722345678": "These are two numbers, and the prompt goes to one. " + example,
		"0812345678":             "Mobile numbers begin with 07 or 01. " + example,
	} {
		if _, problems := typed("Ada", phone); wording.Typed(problems["phone"]) != want || len(problems) != 1 {
			t.Errorf("%q: %v, want %q", phone, problems, want)
		}
	}
	if got, problems := typed("Ada", "Ada Njeri +254 (0)711\u2060 000.100"); problems != nil ||
		got.Phone != "254711000100" {
		t.Errorf("%q, %v", got.Phone, problems)
	}
}
