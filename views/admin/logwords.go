package admin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cinemasphere/store"
	"cinemasphere/views/wording"
)

// fieldsOf is a JSON object of the log as texts by name. Each price of a list is a field of its own, so that a
// difference names the price that was changed. What is no object is nothing.
func fieldsOf(text string) map[string]string {
	out, read := map[string]string{}, json.NewDecoder(strings.NewReader(text))
	read.UseNumber()
	fields := map[string]any{}
	if err := read.Decode(&fields); err != nil {
		return out
	}
	for name, v := range fields {
		putField(out, name, v)
	}
	return out
}

// putField adds a value of a field: a list as one field for each of its elements, if these have fields themselves.
func putField(out map[string]string, name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			putField(out, name+", "+key, value)
		}
	case []any:
		if len(v) == 0 {
			out[name] = "nothing"
		}
		for i, element := range v {
			fields, is := element.(map[string]any)
			if !is {
				out[name] = strings.TrimSpace(out[name] + " " + fieldText(element))
				continue
			}
			label, value := elementText(i, fields)
			out[name+", "+label] = value
		}
	case json.Number:
		out[name] = v.String()
		if money, is := strings.CutSuffix(name, "_cents"); is {
			if n, err := v.Int64(); err == nil {
				delete(out, name)
				out[money] = wording.Cents(store.Cents(n))
			}
		}
	default:
		out[name] = fieldText(v)
	}
}

func fieldText(v any) string {
	if v == nil {
		return "nothing"
	}
	return cmp.Or(fmt.Sprint(v), "nothing")
}

// elementText is one of a list as its name and what it is: a price, a surcharge, a rule.
func elementText(i int, fields map[string]any) (label, value string) {
	name, _ := fields["name"].(string) // "" where it has none
	zone, _ := fields["zone"].(string)
	if cents, is := fields["cents"].(json.Number); is && name != "" {
		n, err := cents.Int64()
		if err != nil {
			return name, cents.String()
		}
		if value = wording.Cents(store.Cents(n)); fields["optional"] == true {
			value += ", may be left out"
		}
		return strings.TrimSpace(name + " " + zone), value
	}
	var words []string
	if days, is := fields["days"].([]any); is {
		words = append(words, weekdays(days))
	}
	if before, is := fields["before"].(json.Number); is {
		if n, err := before.Int64(); err == nil {
			words = append(words, fmt.Sprintf("before %02d:%02d", n/60, n%60))
		}
	}
	if fields["holidays"] == true {
		words = append(words, "on holidays")
	}
	if card, is := fields["card"]; is {
		words = append(words, "card "+fieldText(card))
	}
	return cmp.Or(name, strconv.Itoa(i+1)), cmp.Or(strings.Join(words, ", "), fieldText(fields))
}

// weekdays are days of the week by their numbers, 0 for Sunday.
func weekdays(numbers []any) string {
	var names []string
	for _, number := range numbers {
		n, err := strconv.Atoi(fieldText(number))
		if err != nil || n < 0 || n > 6 {
			continue
		}
		names = append(names, time.Weekday(n).String()[:3])
	}
	return strings.Join(names, " ")
}
