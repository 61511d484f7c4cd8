package fairuse

import "time"

// prompts limits unanswered prompts, to any phones.
func (p Policy) prompts(f Facts, d *Decision) {
	if over := f.Browser.over(ownPrompts); !f.Partner && over >= 0 {
		if wait := min(firstPause<<min(over, 10), longestPause) - f.Browser.Last; wait > 0 {
			d.refuse(TooManyPrompts, wait, 0)
			return
		}
	}
	if !f.newcomer(*d) || f.Address.over(p.of(f.Partner).unanswered) < 0 {
		return
	}
	d.Short = true
	busy := AddressBusy
	if f.Partner {
		busy = TooManyPrompts
	}
	if wait := f.untilTurn(); wait > 0 {
		d.refuse(busy, wait, 0)
	} else if f.Seats > turnSeats {
		d.refuse(busy, turn, turnSeats)
	}
}

// untilTurn is how long the phone waits for its turn behind the address, 0 where it is now. A turn is for one prompt,
// to every second phone: invented numbers come at the wrong time half of the time, while customers who were given a
// time do not.
func (f Facts) untilTurn() time.Duration {
	turn := turn
	if f.Address.Paid >= busyPaid {
		turn /= 2
	}
	into := f.Clock % turn
	wait := time.Duration((f.Lot+uint64(f.Clock/turn))%2)*turn - into
	switch {
	case wait > 0:
		return wait
	case f.Address.Last <= into: // the turn is taken
		return wait + 2*turn
	}
	return 0
}

// over is by how many prompts somebody exceeds the most unanswered ones, negative where not.
func (r Recent) over(most int) int {
	free := 2 * (most + paidPrompts*r.Paid)
	if r.halves() < free {
		return -1
	}
	return (r.halves() - free) / 2
}

// phone limits unanswered prompts to one phone.
func (p Policy) phone(f Facts, d *Decision) {
	if f.PhonePaid || !f.Known {
		return
	}
	all := 0 // unanswered prompts, in halves
	for _, prompt := range f.Phone {
		if prompt.Age < Day {
			all += prompt.halves()
		}
	}
	many := all/2 >= phoneAll
	mine := pauseAfter(f.Phone, false, func(p Prompt) bool { return p.Mine }) // whatever others have sent
	if mine > 0 {
		d.refuse(OwnPrompts, mine, 0)
	} else if pauseAfter(f.Phone, many, func(p Prompt) bool { return p.Own || p.Mine }) > 0 {
		d.refuse(PhoneRests, PhoneWait, 0)
	}
}

// pauseAfter is how long a phone still rests after those prompts; 0 or less where it does not. After many prompts it
// rests for the longest time.
func pauseAfter(all []Prompt, many bool, those func(Prompt) bool) time.Duration {
	paid := Day // since it was paid
	for _, prompt := range all {
		if those(prompt) && prompt.Outcome == Paid {
			paid = min(paid, prompt.Age)
		}
	}
	sent, last := 0, Day // in halves, and how long ago the last of them was sent
	for _, prompt := range all {
		if halves := prompt.halves(); halves > 0 && those(prompt) && prompt.Age < paid {
			sent += halves
			last = min(last, prompt.Age)
		}
	}
	return phonePause(sent/2, many) - last
}

// halves is how much an unpaid prompt counts, in halves.
func (p Prompt) halves() int {
	switch p.Outcome {
	case Unanswered:
		return 2
	case Tried:
		return 1
	case Open, Paid, NotSent:
	}
	return 0
}

// phonePause is how long a phone rests after so many unanswered prompts of one source.
func phonePause(unanswered int, many bool) time.Duration {
	switch more := unanswered - phoneFree; {
	case more < 0:
		return 0
	case more == 0 && !many:
		return 5 * time.Minute
	case more == 1 && !many:
		return 15 * time.Minute
	}
	return time.Hour
}

// silent reports whether the client has lately left prompts unanswered and paid nothing since.
func (f Facts) silent(lane bool) bool {
	ignores := func(r Recent) bool { return r.Unanswered >= silence && r.Paid == 0 }
	if ignores(f.Browser) || !lane && ignores(f.Address) {
		return true
	}
	if f.PhonePaid {
		return false
	}
	since, unanswered := Hour, 0
	for _, p := range f.Phone {
		if p.Own && (p.Outcome == Paid || p.Outcome == Tried) {
			since = min(since, p.Age)
		}
	}
	for _, p := range f.Phone {
		if p.Own && p.Outcome == Unanswered && p.Age < since {
			unanswered++
		}
	}
	return unanswered >= silence
}

// Receipt decides whether M-PESA is asked about a claimed receipt. own and address count the last hour's receipts that
// M-PESA does not know, or has not answered about, by browser and by address. lane means that the browser or the phone
// has paid here before.
func (p Policy) Receipt(own, address int, lane bool) Decision {
	var d Decision
	if !p.Off() && (own >= guesses || !lane && address >= guesses) {
		d.refuse(TooManyGuesses, Lately, 0)
	}
	return d
}
