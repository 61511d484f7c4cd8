package fairuse_test

import (
	"testing"
	"time"

	"cinemasphere/store/fairuse"
)

var policy = fairuse.Policy{PerMinute: 10}

// facts are those of a stranger with one seat in a hall of 180, changed as asked.
func facts(change ...func(*fairuse.Facts)) fairuse.Facts {
	f := fairuse.Facts{Seats: 1, Capacity: 180, Known: true}
	for _, c := range change {
		c(&f)
	}
	return f
}

// prompts are prompts to the phone by the same source, so many minutes ago.
func prompts(o fairuse.Outcome, own bool, minutes ...int) []fairuse.Prompt {
	var all []fairuse.Prompt
	for _, m := range minutes {
		all = append(all, fairuse.Prompt{Age: time.Duration(m) * time.Minute, Outcome: o, Own: own})
	}
	return all
}

func join(all ...[]fairuse.Prompt) (out []fairuse.Prompt) {
	for _, ps := range all {
		out = append(out, ps...)
	}
	return out
}

func every(n, from, step int) (minutes []int) {
	for i := range n {
		minutes = append(minutes, from+i*step)
	}
	return minutes
}

func TestSeats(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    func(*fairuse.Facts)
		want fairuse.Refusal
		left int
	}{
		{"a stranger", func(f *fairuse.Facts) {}, fairuse.None, 0},
		{"a browser's last seat", func(f *fairuse.Facts) { f.BrowserHeld = 19 }, fairuse.None, 0},
		{"a browser has its 20", func(f *fairuse.Facts) { f.BrowserHeld = 20 }, fairuse.TooManySeats, 0},
		{"a browser's two more", func(f *fairuse.Facts) { f.BrowserHeld, f.Seats = 18, 3 }, fairuse.TooManySeats, 2},
		{"a phone has its 20", func(f *fairuse.Facts) { f.PhoneHeld = 20 }, fairuse.TooManySeats, 0},
		{"its owner has not", func(f *fairuse.Facts) { f.PhoneHeld, f.PhonePaid, f.BrowserPaid = 20, true, true },
			fairuse.None, 0},
		{"an address's last seat", func(f *fairuse.Facts) { f.AddressHeld = 39 }, fairuse.None, 0},
		{"an address has its 40", func(f *fairuse.Facts) { f.AddressHeld = 40 }, fairuse.AddressHolds, 0},
		{"an address's two more", func(f *fairuse.Facts) { f.AddressHeld, f.Seats = 38, 3 }, fairuse.AddressHolds, 2},
		{"which has paid lately", func(f *fairuse.Facts) { f.AddressHeld, f.AddressPaid = 40, 5 }, fairuse.None, 0},
		{"which has paid for too few", func(f *fairuse.Facts) { f.AddressHeld, f.AddressPaid, f.Seats = 40, 5, 6 },
			fairuse.AddressHolds, 5},
		{"a browser that has paid, behind it", func(f *fairuse.Facts) { f.AddressHeld, f.BrowserPaid = 400, true },
			fairuse.None, 0},
		{"which has its own bound",
			func(f *fairuse.Facts) { f.AddressHeld, f.BrowserPaid, f.BrowserHeld = 400, true, 20 },
			fairuse.TooManySeats, 0},
		{"15 % of a screening", func(f *fairuse.Facts) { f.AddressHeld, f.ScreeningHeld = 26, 26 }, fairuse.None, 0},
		{"and no more", func(f *fairuse.Facts) { f.AddressHeld, f.ScreeningHeld = 27, 27 }, fairuse.AddressShare, 0},
		{"unless they were paid for there",
			func(f *fairuse.Facts) { f.AddressHeld, f.ScreeningHeld, f.ScreeningPaid = 27, 27, 1 }, fairuse.None, 0},
		{"a family in a hall of 20", func(f *fairuse.Facts) { f.Capacity, f.Seats = 20, 10 }, fairuse.None, 0},
		{"a second one from there", func(f *fairuse.Facts) { f.Capacity, f.Seats, f.ScreeningHeld = 20, 1, 10 },
			fairuse.AddressShare, 0},
		{"a partner", func(f *fairuse.Facts) { f.Partner, f.AddressHeld, f.ScreeningHeld = true, 199, 44 },
			fairuse.None, 0},
		{"a partner's 200", func(f *fairuse.Facts) { f.Partner, f.AddressHeld = true, 200 }, fairuse.AddressHolds, 0},
		{"a partner's 25 %", func(f *fairuse.Facts) { f.Partner, f.ScreeningHeld = true, 45 }, fairuse.AddressShare, 0},
		{"another try that keeps its seats",
			func(f *fairuse.Facts) { f.Seats, f.BrowserHeld, f.AddressHeld, f.ScreeningHeld = 0, 30, 60, 60 },
			fairuse.None, 0},
	} {
		if d := policy.Decide(facts(tt.f)); d.Refusal != tt.want || d.Left != tt.left ||
			(d.Wait > 0) != (tt.want != fairuse.None) {
			t.Errorf("%s: %+v", tt.name, d)
		}
		if d := (fairuse.Policy{}).Decide(facts(tt.f)); d != (fairuse.Decision{}) {
			t.Errorf("%s, without bounds: %+v", tt.name, d)
		}
	}
}

// past are the facts of an address past its bound, at that second, with a phone of that lot.
func past(f *fairuse.Facts, r fairuse.Recent, second int, lot uint64) {
	f.Address, f.Clock, f.Lot = r, time.Duration(second)*time.Second, lot
}

func TestRates(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    func(*fairuse.Facts)
		want fairuse.Refusal
		wait time.Duration
	}{
		{"the tenth of a browser", func(f *fairuse.Facts) { f.Browser.Minute = 9 }, fairuse.None, 0},
		{"the eleventh", func(f *fairuse.Facts) { f.Browser.Minute = 10 }, fairuse.TooFast, time.Minute},
		{"an address's fiftieth", func(f *fairuse.Facts) { f.Address.Minute = 49 }, fairuse.None, 0},
		{"and one more", func(f *fairuse.Facts) { f.Address.Minute = 50 }, fairuse.AddressBusy, 15 * time.Second},
		{"by who has paid", func(f *fairuse.Facts) { f.Address.Minute, f.BrowserPaid = 50, true }, fairuse.None, 0},
		{"by a phone that has", func(f *fairuse.Facts) { f.Address.Minute, f.PhoneKnown = 50, true }, fairuse.None, 0},
		{"a partner's", func(f *fairuse.Facts) { f.Partner, f.Address.Minute = true, 119 }, fairuse.None, 0},
		{"and one more", func(f *fairuse.Facts) { f.Partner, f.Address.Minute = true, 120 }, fairuse.TooFast,
			15 * time.Second},
		{"by a phone that has paid",
			func(f *fairuse.Facts) { f.Partner, f.PhoneKnown, f.Address.Minute = true, true, 120 }, fairuse.TooFast,
			15 * time.Second},
		{"an address's unanswered prompts", func(f *fairuse.Facts) { f.Address.Unanswered = 29 }, fairuse.None, 0},
		{"and one open", func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 29, Open: 1} },
			fairuse.None, 0},
		{"and two", func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 29, Open: 2} }, fairuse.AddressBusy,
			30 * time.Second},
		{"and one open, one tried",
			func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 29, Open: 1, Tried: 1} },
			fairuse.AddressBusy, 30 * time.Second},
		{"sixty open, in a turn that is taken",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Open: 60, Last: 4 * time.Second}, 10, 0) },
			fairuse.AddressBusy, 20 * time.Second},
		{"thirty, in a turn that is free",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 30, Last: 11 * time.Second}, 10, 0) },
			fairuse.None, 0},
		{"for two seats",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 30, Last: time.Minute}, 10, 2); f.Seats = 2 },
			fairuse.None, 0},
		{"for three",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 30, Last: time.Minute}, 10, 2); f.Seats = 3 },
			fairuse.AddressBusy, 15 * time.Second},
		{"in the turn of other phones",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 30, Last: time.Minute}, 10, 1) },
			fairuse.AddressBusy, 5 * time.Second},
		{"in that before the own",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 30, Last: time.Minute}, 29, 0) },
			fairuse.AddressBusy, time.Second},
		{"and in the own", func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 30, Last: time.Minute}, 30, 0) },
			fairuse.None, 0},
		{"the turns do not grow",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 3000, Last: time.Minute}, 30, 0) },
			fairuse.None, 0},
		{"of who pays much they are half",
			func(f *fairuse.Facts) { past(f, fairuse.Recent{Unanswered: 1000, Paid: 120, Last: time.Minute}, 10, 0) },
			fairuse.AddressBusy, 5 * time.Second},
		{"one in three paid",
			func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 59, Paid: 10, Last: time.Second} },
			fairuse.None, 0},
		{"one in twenty paid", func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 38, Paid: 2} },
			fairuse.AddressBusy, 30 * time.Second},
		{"neighbours of one that has paid",
			func(f *fairuse.Facts) { f.BrowserPaid, f.Address = true, fairuse.Recent{Unanswered: 90} },
			fairuse.None, 0},
		{"of a phone that has",
			func(f *fairuse.Facts) { f.PhoneKnown, f.Address = true, fairuse.Recent{Unanswered: 90} }, fairuse.None, 0},
		{"a browser's", func(f *fairuse.Facts) { f.Browser = fairuse.Recent{Unanswered: 10, Last: time.Second} },
			fairuse.TooManyPrompts, 2*time.Minute - time.Second},
		{"its wrong PINs", func(f *fairuse.Facts) { f.Browser = fairuse.Recent{Tried: 20, Last: 0} },
			fairuse.TooManyPrompts, 2 * time.Minute},
		{"one less", func(f *fairuse.Facts) { f.Browser = fairuse.Recent{Tried: 19, Last: 0} }, fairuse.None, 0},
		{"the pause grows", func(f *fairuse.Facts) { f.Browser = fairuse.Recent{Unanswered: 11, Last: time.Minute} },
			fairuse.TooManyPrompts, 3 * time.Minute},
		{"up to ten minutes",
			func(f *fairuse.Facts) { f.Browser = fairuse.Recent{Unanswered: 130, Last: 2 * time.Minute} },
			fairuse.TooManyPrompts, 8 * time.Minute},
		{"of one that has paid",
			func(f *fairuse.Facts) { f.BrowserPaid, f.Browser = true, fairuse.Recent{Unanswered: 10, Last: 0} },
			fairuse.TooManyPrompts, 2 * time.Minute},
		{"of a phone that has",
			func(f *fairuse.Facts) { f.PhoneKnown, f.Browser = true, fairuse.Recent{Unanswered: 10, Last: 0} },
			fairuse.TooManyPrompts, 2 * time.Minute},
		{"a partner's unanswered",
			func(f *fairuse.Facts) { f.Partner, f.Address = true, fairuse.Recent{Unanswered: 119} }, fairuse.None, 0},
		{"one more", func(f *fairuse.Facts) { f.Partner, f.Address = true, fairuse.Recent{Unanswered: 120} },
			fairuse.TooManyPrompts, 30 * time.Second},
	} {
		if d := policy.Decide(facts(tt.f)); d.Refusal != tt.want || d.Wait != tt.wait {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
}

func TestPromptsToOnePhone(t *testing.T) {
	const un, tried, open, paid, notSent = fairuse.Unanswered, fairuse.Tried, fairuse.Open, fairuse.Paid,
		fairuse.NotSent
	for _, tt := range []struct {
		name  string
		ps    []fairuse.Prompt
		owner bool
		rests bool
	}{
		{"none", nil, false, false},
		{"one", prompts(un, true, 0), false, false},
		{"two", prompts(un, true, 4, 2), false, true},
		{"two, five minutes ago", prompts(un, true, 7, 5), false, false},
		{"three, after 14 minutes", prompts(un, true, 30, 20, 14), false, true},
		{"three, after 15", prompts(un, true, 30, 20, 15), false, false},
		{"four, after 59", prompts(un, true, 90, 80, 70, 59), false, true},
		{"four, after an hour", prompts(un, true, 90, 80, 70, 60), false, false},
		{"five, after 59", prompts(un, true, 400, 390, 380, 370, 59), false, true},
		{"five, after an hour", prompts(un, true, 400, 390, 380, 370, 60), false, false},
		{"as many as fit in a day", prompts(un, true, every(24, 59, 60)...), false, true},
		{"an hour after them", prompts(un, true, every(23, 60, 60)...), false, false},
		{"by others", prompts(un, false, 1, 3, 5, 7, 9, 11), false, false},
		{"by its owner", prompts(un, true, 1, 3, 5, 7, 9, 11), true, false},
		{"wrong PIN, three times", prompts(tried, true, 1, 2, 3), false, false},
		{"four times", prompts(tried, true, 1, 2, 3, 4), false, true},
		{"paid since", join(prompts(un, true, 10, 9, 8), prompts(paid, true, 7)), false, false},
		{"paid by others since", join(prompts(un, true, 4, 3, 2), prompts(paid, false, 1)), false, true},
		{"paid before", join(prompts(un, true, 4, 3, 2), prompts(paid, true, 5)), false, true},
		{"not sent", prompts(notSent, true, 1, 2, 3, 4, 5), false, false},
		{"still open", prompts(open, true, 1), false, false},
		{"20 by others", prompts(un, false, every(20, 61, 10)...), false, false},
		{"the last a minute ago", prompts(un, false, every(40, 1, 10)...), false, false},
		{"and an own one", join(prompts(un, false, every(40, 1, 10)...), prompts(un, true, 3)), false, false},
		{"and two", join(prompts(un, false, every(40, 1, 10)...), prompts(un, true, 300, 59)), false, true},
		{"two an hour ago", join(prompts(un, false, every(40, 1, 10)...), prompts(un, true, 300, 60)), false, false},
		{"two, and 19 in all", join(prompts(un, false, every(17, 1, 10)...), prompts(un, true, 300, 6)), false, false},
		{"20 by others, by its owner", prompts(un, false, every(20, 1, 10)...), true, false},
	} {
		d := policy.Decide(facts(func(f *fairuse.Facts) {
			f.Phone, f.PhonePaid, f.BrowserPaid = tt.ps, tt.owner, tt.owner
		}))
		if rests := d.Refusal == fairuse.PhoneRests; rests != tt.rests || rests && d.Wait != fairuse.PhoneWait ||
			!rests && d.Refusal != fairuse.None {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
}

// TestOwnPrompts: a pause that comes from one's own prompts alone is told as it is; one that comes from others never.
func TestOwnPrompts(t *testing.T) {
	mine := func(minutes ...int) []fairuse.Prompt {
		all := prompts(fairuse.Unanswered, true, minutes...)
		for i := range all {
			all[i].Mine = true
		}
		return all
	}
	for _, tt := range []struct {
		name string
		ps   []fairuse.Prompt
		want fairuse.Refusal
		wait time.Duration
	}{
		{"one", mine(1), fairuse.None, 0},
		{"two", mine(5, 2), fairuse.OwnPrompts, 3 * time.Minute},
		{"three", mine(30, 20, 1), fairuse.OwnPrompts, 14 * time.Minute},
		{"four", mine(90, 80, 70, 20), fairuse.OwnPrompts, 40 * time.Minute},
		{"one, and one of a neighbour", join(mine(4), prompts(fairuse.Unanswered, true, 1)), fairuse.PhoneRests,
			fairuse.PhoneWait},
		{"two, long ago, and one of a neighbour", join(mine(40, 30), prompts(fairuse.Unanswered, true, 1)),
			fairuse.PhoneRests, fairuse.PhoneWait},
		{"two, and others' that rest for longer", join(mine(5, 2), prompts(fairuse.Unanswered, true, 1, 3, 6)),
			fairuse.OwnPrompts, 3 * time.Minute},
	} {
		d := policy.Decide(facts(func(f *fairuse.Facts) { f.Phone = tt.ps }))
		if d.Refusal != tt.want || d.Wait != tt.wait {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
}

func TestReceipts(t *testing.T) {
	const many = fairuse.TooManyGuesses
	for _, tt := range []struct {
		own, address int
		lane         bool
		want         fairuse.Refusal
	}{
		{0, 0, false, fairuse.None}, {0, 9, false, fairuse.None}, {0, 10, false, many}, {0, 200, false, many},
		{0, 200, true, fairuse.None}, {9, 9, true, fairuse.None}, {10, 0, true, many}, {10, 10, false, many},
	} {
		if d := policy.Receipt(tt.own, tt.address, tt.lane); d.Refusal != tt.want ||
			(d.Wait > 0) != (tt.want != fairuse.None) {
			t.Errorf("%+v: %+v", tt, d)
		}
		if d := (fairuse.Policy{}).Receipt(tt.own, tt.address, tt.lane); d.Refusal != fairuse.None {
			t.Errorf("%+v, without bounds: %+v", tt, d)
		}
	}
}

func TestShorterHolds(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    func(*fairuse.Facts)
		want bool
	}{
		{"a stranger", func(f *fairuse.Facts) {}, false},
		{"one unanswered", func(f *fairuse.Facts) { f.Address.Unanswered, f.Browser.Unanswered = 1, 1 }, false},
		{"an address that lets go by",
			func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 2, Last: time.Hour} }, true},
		{"and pays", func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 9, Paid: 1} }, false},
		{"neighbours of who has paid", func(f *fairuse.Facts) { f.BrowserPaid, f.Address.Unanswered = true, 9 }, false},
		{"a browser", func(f *fairuse.Facts) { f.BrowserPaid, f.Browser.Unanswered = true, 2 }, true},
		{"a phone", func(f *fairuse.Facts) { f.Phone = prompts(fairuse.Unanswered, true, 40, 30) }, true},
		{"an hour ago", func(f *fairuse.Facts) { f.Phone = prompts(fairuse.Unanswered, true, 61, 30) }, false},
		{"by others", func(f *fairuse.Facts) { f.Phone = prompts(fairuse.Unanswered, false, 40, 30) }, false},
		{"an address past its prompts, though some paid",
			func(f *fairuse.Facts) { f.Address = fairuse.Recent{Unanswered: 33, Paid: 1, Last: time.Minute} }, true},
		{"which tried since", func(f *fairuse.Facts) {
			f.Phone = join(prompts(fairuse.Unanswered, true, 40, 30), prompts(fairuse.Tried, true, 20))
		}, false},
	} {
		if d := policy.Decide(facts(tt.f)); d.Refusal != fairuse.None || d.Short != tt.want {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
	short := fairuse.Decision{Short: true}
	for usual, want := range map[time.Duration]time.Duration{
		3 * time.Minute: 90 * time.Second, 15 * time.Minute: 450 * time.Second, 2 * time.Minute: 90 * time.Second,
		time.Second: time.Second,
	} {
		if got := short.Hold(usual); got != want || (fairuse.Decision{}).Hold(usual) != usual {
			t.Errorf("of %s: %s", usual, got)
		}
	}
}

func TestBlocks(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "::ffff:c000:207": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1::/48", "2001:DB8:1:ffff::": "2001:db8:1::/48",
		"2001:db8:2::1": "2001:db8:2::/48",
		"fe80::1%eth0":  "fe80::/48", "::1": "::/48", "127.0.0.1": "127.0.0.1",
		"64:ff9b::192.0.2.7": "192.0.2.7", "64:ff9b::c633:6403": "198.51.100.3", "64:ff9b:1::192.0.2.7": "192.0.2.7",
		"64:ff9b:2::1":       "64:ff9b:2::/48",
		"::ffff:0:192.0.2.7": "192.0.2.7", "2002:c000:207::1": "192.0.2.7", "2002:c000:207:9:8::7": "192.0.2.7",
		"2003:c000:207::1": "2003:c000:207::/48",
		"":                 "", "unix": "", "192.0.2.7:80": "", "192.0.2.256": "", "[::1]": "",
	} {
		if got := fairuse.Block(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
