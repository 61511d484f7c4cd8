package seating

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Parse reads a plan in the notation of the package comment. Where anything is wrong it returns no plan, and all that
// is wrong, by line and column.
func Parse(text string) (Plan, []Problem) {
	if len(text) > MaxText {
		return Plan{}, []Problem{{Fault: TextTooLong, Line: 1, Column: 1, Limit: MaxText}}
	}
	d := newDraft()
	text = strings.TrimPrefix(text, "\uFEFF")
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		if word, _ := cutWord(strings.TrimSpace(line)); word == "zone" {
			d.zone(strings.TrimSpace(line), i+1, indent(line)+1)
		}
	}
	follows := false // a row is on the line before
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			continue
		}
		if overrides, is := strings.CutPrefix(trimmed, "zones:"); is {
			d.override(overrides, i+1, indent(line)+len("zones:"), follows)
			follows = false
		} else {
			follows = !d.directive(trimmed, i+1, indent(line)+1) && d.row([]rune(line), i+1)
		}
	}
	return d.finish()
}

// indent is how many characters of space a line begins with.
func indent(line string) int {
	n := 0
	for _, r := range line {
		if !unicode.IsSpace(r) {
			break
		}
		n++
	}
	return n
}

// word is a word of a line and where it begins, from 0.
type word struct {
	text []rune
	at   int
}

func wordsOf(line []rune, from int) (words []word) {
	for i := from; i < len(line); {
		if unicode.IsSpace(line[i]) {
			i++
			continue
		}
		end := i
		for end < len(line) && !unicode.IsSpace(line[end]) {
			end++
		}
		words = append(words, word{line[i:end], i})
		i = end
	}
	return words
}

// row reads a row: its label, its seats and how they are numbered. It reports whether it has become one.
func (d *draft) row(line []rune, number int) bool {
	words := wordsOf(line, 0)
	label := string(words[0].text)
	r, room := d.begin(label, number, words[0].at+1)
	if !room {
		return false
	}
	if len(words) > 1 {
		d.marks(r, words[1])
		d.options(r, words[2:])
	}
	if len(r.cells) == 0 {
		d.fail(Problem{Fault: RowEmpty, Line: number, Column: words[0].at + 1, Row: clip(label)})
	}
	return true
}

// marks reads the seats of a row.
func (d *draft) marks(r *draftRow, w word) {
	at := &Plan{Zones: d.zones}
	fail := func(f Fault, i int, text string) {
		d.fail(Problem{Fault: f, Line: r.line, Column: w.at + i + 1, Row: r.label, Text: clip(text), Limit: MaxNumber})
	}
	told := map[rune]bool{} // what is no mark is told once a row
	seated := false         // a seat is right before
	for i := 0; i < len(w.text); i++ {
		mark := w.text[i]
		was := seated
		seated = false
		switch {
		case mark == '_':
			r.columns++
		case mark == '|':
			if r.centre >= 0 {
				fail(CentreTwice, i, "")
			}
			r.centre = r.columns
		case mark == '(':
			end := slices.Index(w.text[i:], ')')
			if end < 0 {
				fail(BadNumber, i, string(w.text[i:]))
				return
			}
			d.explicit(r, string(w.text[i:i+end+1]), was, func(f Fault, text string) { fail(f, i, text) })
			i += end
		default:
			kind := kindOf(mark)
			zone, known := at.letter(mark)
			if kind != Ordinary && mark != '+' {
				zone, known = at.Zones[0], true
			}
			if !known && !told[mark] {
				told[mark] = true
				if isLetter(mark) {
					fail(UnknownZone, i, string(mark))
				} else {
					fail(BadMark, i, string(mark))
				}
			}
			if kind == Accessible && mark == '+' {
				kind = Ordinary // it is no mark of the text, and has been told
			}
			r.cells = append(r.cells, cell{col: r.columns, kind: kind, zone: zone.Name, column: w.at + i + 1})
			r.columns++
			seated = true
		}
		if r.columns > 2*MaxColumns {
			return // it is too wide, which is told
		}
	}
}

// explicit reads a number in brackets, which is that of the seat right before it.
func (d *draft) explicit(r *draftRow, text string, seated bool, fail func(Fault, string)) {
	n, good := seatNumber(text[1 : len(text)-1])
	switch {
	case !good:
		fail(BadNumber, text)
	case !seated && r.hasNumber():
		fail(NumberTwice, text)
	case !seated:
		fail(NumberAlone, text)
	default:
		r.cells[len(r.cells)-1].number = n
	}
}

// hasNumber reports whether the row's last seat has a number of its own.
func (r *draftRow) hasNumber() bool { return len(r.cells) > 0 && r.cells[len(r.cells)-1].number > 0 }

// seatNumber reads a seat's number; 0 and false where it is none.
func seatNumber(text string) (int, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	if n, err := strconv.Atoi(text); err == nil && 1 <= n && n <= MaxNumber {
		return n, true
	}
	return 0, false
}

// options reads how a row is numbered.
func (d *draft) options(r *draftRow, words []word) {
	var texts []word
	for _, w := range words {
		for part := range strings.SplitSeq(string(w.text), ",") {
			if part != "" {
				texts = append(texts, word{[]rune(strings.ToLower(part)), w.at})
			}
		}
	}
	o := optionReader{d: d, r: r, words: texts}
	for o.i < len(texts) {
		o.next()
	}
	o.apply()
}

// optionReader reads a row's options one after the other.
type optionReader struct {
	d     *draft
	r     *draftRow
	words []word
	i     int

	side      string // which side has the odd numbers outward from the centre
	direction string // left or right: from where the numbers count
	parity    string // odd or even
	start     int
	startAt   int // where start stands
}

// peek is the word n places on, "" beyond the last.
func (o *optionReader) peek(n int) string {
	if o.i+n >= len(o.words) {
		return ""
	}
	return string(o.words[o.i+n].text)
}

func (o *optionReader) fail(f Fault, text string, at int) {
	o.d.fail(Problem{Fault: f, Line: o.r.line, Column: at + 1, Row: o.r.label, Text: clip(text), Limit: MaxNumber})
}

// set notes an option, unless another value of it stands before.
func (o *optionReader) set(option *string, value, text string) {
	if *option != "" && *option != value {
		o.fail(OptionClash, text, o.words[o.i].at)
	}
	*option = value
}

func (o *optionReader) next() {
	first, second := o.peek(0), o.peek(1)
	took := 2
	switch sided := second == "left" || second == "right"; {
	case first == "from" && sided:
		o.set(&o.direction, second, first+" "+second)
	case first == "odd" && sided:
		o.set(&o.side, second, first+" "+second)
	case first == "even" && sided:
		o.set(&o.side, map[string]string{"left": "right", "right": "left"}[second], first+" "+second)
	case first == "odd" || first == "even":
		took = 1
		o.set(&o.parity, first, first)
	case first == "start":
		n, good := seatNumber(second)
		if !good {
			o.fail(BadNumber, second, o.words[min(o.i+1, len(o.words)-1)].at)
		} else if o.start != 0 && o.start != n {
			o.fail(OptionClash, first+" "+second, o.words[o.i].at)
		}
		o.start, o.startAt = n, o.words[o.i].at
	default:
		took = 1
		o.fail(BadOption, first, o.words[o.i].at)
	}
	o.i += took
}

// apply makes the row's numbering of the options.
func (o *optionReader) apply() {
	n := &o.r.numbering
	if o.side != "" {
		if o.parity != "" {
			o.fail(OptionClash, o.parity, o.words[0].at)
		}
		if o.direction != "" {
			o.fail(OptionClash, "from "+o.direction, o.words[0].at)
		}
		if n.order, n.step = oddLeft, 2; o.side == "right" {
			n.order = evenLeft
		}
	} else {
		if o.direction == "right" {
			n.order = fromRight
		}
		if o.parity != "" {
			n.step = 2
		}
		if o.parity == "even" {
			n.start = 2
		}
		if o.start != 0 && o.parity != "" && (o.start%2 == 0) != (o.parity == "even") {
			o.fail(OptionClash, "start "+strconv.Itoa(o.start), o.startAt)
		}
	}
	if o.start != 0 {
		n.start = o.start
	}
}

// override reads the zones of the row before, by column.
func (d *draft) override(text string, line, at int, follows bool) {
	if !follows {
		d.fail(Problem{Fault: ZonesAlone, Line: line, Column: max(at-len("zones:")+1, 1)})
		return
	}
	r := &d.rows[len(d.rows)-1]
	known := &Plan{Zones: d.zones}
	byCol := map[int]int{}
	for i, c := range r.cells {
		byCol[c.col] = i
	}
	runes := []rune(text)
	start := indent(text)
	for col, letter := range runes[start:] {
		column := at + start + col + 1
		if col >= r.columns {
			d.fail(Problem{Fault: ZonesTooLong, Line: line, Column: column, Row: r.label, Number: r.columns})
			return
		}
		if letter == '_' {
			continue
		}
		zone, is := known.letter(letter)
		seat, there := byCol[col]
		switch {
		case !is:
			d.fail(Problem{Fault: UnknownZone, Line: line, Column: column, Row: r.label, Text: clip(string(letter))})
		case !there:
			d.fail(Problem{Fault: ZoneOnAisle, Line: line, Column: column, Row: r.label, Text: string(letter)})
		default:
			r.cells[seat].zone = zone.Name
		}
	}
}
