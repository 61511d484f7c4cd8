package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// readFile reads the file .env of a folder, where there is one. One that this user may not read is passed over: it is
// somebody else's, and the settings may be elsewhere. No demo opens beside it.
func (s *settings) readFile(dir string) (source, error) {
	path := filepath.Join(dir, ".env")
	info, err := statSettings(path)
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.findMisnamed(dir)
		return source{}, nil
	case errors.Is(err, fs.ErrPermission):
		s.passed = append(s.passed, path)
		s.warnings = append(s.warnings, path+" is not read: this user may not read it, or look whether it is there")
		return source{}, nil
	case err != nil:
		return source{}, fmt.Errorf("settings: %w", err)
	}
	all, err := parseDotenv(data)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", path, err)
	}
	s.files = append(s.files, path)
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o007 != 0 {
		s.warnings = append(s.warnings,
			fmt.Sprintf("every user of this machine can read or change %s: type chmod 600 %s", path, path))
	}
	file := source{map[string]setting{}, true}
	for _, a := range all {
		from := fmt.Sprintf("%s line %d", path, a.line)
		file.values[a.name] = setting{a.value, from, dir}
		if !isForeign(a.name) && s.warnStrange(a.name, a.value, from) && !isEmpty(a.value) {
			s.strange = true
		}
	}
	return file, nil
}

// statSettings looks at a file .env. What is there and leads to no file is a mistake, and not nothing.
func statSettings(path string) (fs.FileInfo, error) {
	if _, err := os.Lstat(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s is a link to a file that is not there", path)
	case err == nil && info.IsDir():
		return nil,
			fmt.Errorf("%s is a folder, and must be a file: Docker makes a folder where the file that is to be "+
				"mounted is not there; move a folder of another use elsewhere", path)
	}
	return info, err
}

// findMisnamed looks for a file that is meant to be .env and is called otherwise. It is not read, and no demo opens
// beside it.
func (s *settings) findMisnamed(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // a folder that may not be listed: .env itself was looked for
	}
	for _, entry := range entries {
		if path := filepath.Join(dir, entry.Name()); isMisnamed(entry.Name()) && !isFolder(path) {
			s.passed = append(s.passed, path)
			s.warnings = append(s.warnings, fmt.Sprintf("%q is not read: it must be named .env", path))
		}
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isMisnamed reports whether a name is .env but for what editors and file managers make of it: another ending, other
// letters, no dot, spaces.
func isMisnamed(name string) bool {
	plain := strings.TrimFunc(strings.ToLower(name), isBlank)
	for before := ""; before != plain; {
		before = plain
		for _, ending := range []string{".txt", ".text", ".rtf", ".doc", ".docx", ".env"} {
			plain = strings.TrimFunc(strings.TrimSuffix(plain, ending), isBlank)
		}
	}
	plain = strings.TrimFunc(plain, func(r rune) bool { return isBlank(r) || strings.ContainsRune(`."'_`, r) })
	return plain == "env" || plain == "" && strings.Contains(strings.ToLower(name), "env")
}
