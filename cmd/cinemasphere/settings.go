package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"cinemasphere/store"
)

// settings are what the environment and the files .env say. A value that is empty counts as not given.
type settings struct {
	files    []string // that were read; what the first says beats the second
	looked   []string // where there was looked for them
	values   map[string]setting
	inFiles  []string // the names of ours that the files give
	strange  bool     // they give others too, which may be mistyped
	passed   []string // files that may be meant, and were not read
	foreign  map[string]setting
	warnings []string
}

// setting is a value, and where it stands.
type setting struct {
	value, from string
	folder      string // of the file that it stands in; "" for the environment
}

// known is a setting as a field of config declares it: env:"NAME", and
//
//	secret:"token"   comes with no flag, but also by NAME_FILE, and has no white space in it
//	secret:"text"    the same, but may have spaces within
//	secret:"address" may have a password in it: comes by NAME_FILE too, and as a flag only without a password
//	path:"file"      is relative to the file .env that it stands in
type known struct {
	name, flag, secret, path string
	list                     bool // values with commas between
	index                    int
}

// hasFlag reports whether it may stand on the command line, where every user of the machine can read it.
func (k known) hasFlag() bool { return k.secret != "token" && k.secret != "text" }

// knownSettings lists the fields of config.
func knownSettings() []known {
	var all []known
	for i, f := range slices.Collect(reflect.TypeFor[config]().Fields()) {
		name := f.Tag.Get("env")
		if name == "" {
			continue
		}
		flag := f.Tag.Get("name")
		if flag == "" {
			flag = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		}
		all = append(all, known{name, flag, f.Tag.Get("secret"), f.Tag.Get("path"), f.Type.Kind() == reflect.Slice, i})
	}
	return all
}

// source is a place that settings come from.
type source struct {
	values map[string]setting
	file   bool
}

// readSettings reads the file .env beside the program and that in the working directory. The environment beats both,
// and the file beside the program, which belongs to it, the other. Errors and warnings hold no values.
func readSettings(environ []string, beside, here string) (*settings, error) {
	s := &settings{values: map[string]setting{}, foreign: map[string]setting{}}
	env := source{values: map[string]setting{}}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		env.values[name] = setting{value: value, from: "the environment"}
		if strings.HasPrefix(name, "MPESA_") {
			s.warnStrange(name, "", "the environment")
		}
	}
	sources, errs := []source{env}, []error(nil)
	for _, dir := range []string{beside, here} {
		if dir == "" || len(s.looked) == 1 && sameFile(dir, s.looked[0]) {
			continue
		}
		s.looked = append(s.looked, dir)
		switch file, err := s.readFile(dir); {
		case err != nil:
			errs = append(errs, err)
		case file.values != nil:
			sources = append(sources, file)
		}
	}
	for _, k := range knownSettings() {
		if err := s.find(k, sources); err != nil {
			errs = append(errs, err)
		}
	}
	return s, errors.Join(append(errs, s.findForeign(sources))...)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	y, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(x, y)
}

// find takes a setting from the first source that gives it.
func (s *settings) find(k known, sources []source) error {
	for _, from := range sources {
		got, is := from.values[k.name]
		is = is && !isEmpty(got.value)
		if k.secret != "" {
			file, byFile := from.values[k.name+"_FILE"]
			switch byFile = byFile && !isEmpty(file.value); {
			case byFile && is:
				return fmt.Errorf("%s and %s_FILE (%s) are both set: which is meant?", k.name, k.name, file.from)
			case byFile:
				var err error
				if got, err = readSecret(k, file); err != nil {
					return err
				}
				is = true
			}
		}
		if !is {
			continue
		}
		if from.file {
			s.inFiles = append(s.inFiles, k.name)
		}
		value, problem := clean(got.value, k)
		if problem != "" {
			return fmt.Errorf("%s (%s) %s", k.name, got.from, problem)
		}
		got.value = value
		if k.path != "" {
			got.value = inFolder(got.folder, got.value)
		}
		if first, found := s.values[k.name]; !found {
			s.values[k.name] = got
		} else {
			s.warnUnused(k.name, first, got)
		}
	}
	return nil
}

// warnUnused warns of a value in a file that another file has given already.
func (s *settings) warnUnused(name string, first, got setting) {
	if first.folder != "" && first.value != got.value {
		s.warnings = append(s.warnings, fmt.Sprintf("%s (%s) is not used, since %s gives another", name, got.from,
			first.from))
	}
}

// readSecret reads the file that NAME_FILE names, as Docker and systemd hand secrets to programs. Its errors do not
// hold the name: it may be the secret itself, by mistake.
func readSecret(k known, file setting) (setting, error) {
	path := inFolder(file.folder, strings.TrimFunc(file.value, isBlank))
	data, err := os.ReadFile(path)
	if pe, is := errors.AsType[*fs.PathError](err); is {
		err = pe.Err
	}
	if err != nil {
		return setting{}, fmt.Errorf("%s_FILE (%s) must name a file that can be read: %w", k.name, file.from, err)
	}
	text, err := decodeText(data)
	if err != nil {
		return setting{}, fmt.Errorf("%s_FILE (%s) names a file that is not UTF-8 text", k.name, file.from)
	}
	if isEmpty(text) {
		return setting{}, fmt.Errorf("%s_FILE (%s) names a file that is empty", k.name, file.from)
	}
	return setting{strings.TrimRight(text, "\n"), "the file of " + k.name + "_FILE", file.folder}, nil
}

// inFolder is a path as the file .env of a folder means it.
func inFolder(folder, path string) string {
	if folder == "" || path == "" || filepath.IsAbs(path) || strings.Contains(path, "://") {
		return path
	}
	return filepath.Join(folder, path)
}

func isEmpty(value string) bool { return strings.TrimFunc(value, isBlank) == "" }

// clean takes away what shows nothing around a value, and the spaces in a list. A secret is not touched: what is around
// it, or does not show, is refused, and so are quotes, which Docker and others leave in place. The problem never holds
// the value.
func clean(value string, k known) (cleaned, problem string) {
	trimmed := strings.TrimFunc(value, isBlank)
	if k.secret == "token" || k.secret == "text" {
		if trimmed != value || k.secret == "token" && strings.ContainsFunc(value, isBlank) {
			return "", "has a space, a line break or an invisible character in it: copy it once more"
		}
	}
	if k.list {
		trimmed = strings.Join(strings.FieldsFunc(trimmed, betweenEntries), ",")
	}
	for _, r := range trimmed {
		if isHidden(r) {
			return "", fmt.Sprintf("has an invisible character in it (%U)", r)
		}
	}
	for _, quote := range `"'` + "`" + typographicQuotes {
		if len(trimmed) > 1 && strings.HasPrefix(trimmed, string(quote)) && (strings.HasSuffix(trimmed,
			string(quote)) || quote > 0x7f) {
			return "", "stands in quotes: take them away"
		}
	}
	if k.secret == "address" {
		if err := store.CheckPath(trimmed); err != nil {
			return "", "cannot be used: " + err.Error()
		}
	}
	return trimmed, ""
}

// nameLike are names that can be shown. Others may be the rest of a secret that was broken into two lines.
var nameLike = regexp.MustCompile(`^([A-Z]+|[a-z]+)(_[A-Z0-9]+|_[a-z0-9]+)*$`)

// warnStrange warns of a name that is no setting, and reports whether it is none.
func (s *settings) warnStrange(name, value, from string) bool {
	nearest, least := "", 4
	for _, k := range knownSettings() {
		names := []string{k.name}
		if k.secret != "" {
			names = append(names, k.name+"_FILE")
		}
		for _, n := range names {
			if n == name {
				return false
			}
			d := distance(strings.ToUpper(name), n)
			if strings.HasSuffix(n, "_"+strings.ToUpper(name)) {
				d = 1
			}
			if d < least {
				nearest, least = n, d
			}
		}
	}
	shown := name
	if nearest == "" && (!nameLike.MatchString(name) || len(name) > 40 || strings.Trim(value, "=") == "" &&
		value != "") {
		shown = "a name"
	}
	warning := fmt.Sprintf("%s (%s) is no setting", shown, from)
	if nearest != "" {
		warning += ": is " + nearest + " meant?"
	}
	s.warnings = append(s.warnings, warning)
	return true
}

// distance is how many letters must be changed, added or left out to make one name of the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// readFrom says where settings were read from, for people.
func (s *settings) readFrom() string {
	if len(s.files) > 0 {
		return strings.Join(s.files, ", ")
	}
	return "none: looked for .env in " + strings.Join(s.looked, " and ")
}
