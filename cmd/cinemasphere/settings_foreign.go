package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// proxySettings are taken in small letters too.
func proxySettings() []string { return []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} }

// isForeign reports whether a name is a setting of a library that the program is made of, which reads the environment
// itself.
func isForeign(name string) bool {
	return slices.Contains(append(proxySettings(), "SSL_CERT_FILE", "SSL_CERT_DIR"), strings.ToUpper(name)) ||
		strings.HasPrefix(name, "PG")
}

// findForeign takes settings of libraries from the first source that gives them, as it is done with our own. In files
// their names may be in small letters; in the environment those of proxies may. The errors hold no value.
func (s *settings) findForeign(sources []source) error {
	var errs []error
	for _, from := range sources {
		found := map[string]setting{}
		for written, got := range from.values {
			name := strings.ToUpper(written)
			if !isForeign(written) || isEmpty(got.value) || written != name && !from.file &&
				!slices.Contains(proxySettings(), name) {
				continue
			}
			if !strings.HasPrefix(name, "PG") { // of which one is a password
				got.value = strings.TrimFunc(got.value, isBlank)
			}
			if before, is := found[name]; is && before.value != got.value && from.file {
				errs = append(errs,
					fmt.Errorf("%s (%s) is given in small letters too, with another value", name, got.from))
			}
			if _, is := found[name]; !is || written == name {
				found[name] = got
			}
		}
		for _, name := range slices.Sorted(maps.Keys(found)) {
			got := found[name]
			if first, is := s.foreign[name]; is {
				s.warnUnused(name, first, got)
				continue
			}
			s.foreign[name] = got
			if name == "HTTPS_PROXY" || name == "HTTP_PROXY" {
				if _, err := readProxy(got.value); err != nil {
					errs = append(errs, fmt.Errorf("%s (%s) %w", name, got.from, err))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// readProxy reads the address of a proxy as net/http does, which leaves out in silence what it cannot read. The error
// does not hold it: there may be a password in it.
func readProxy(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		u, err = url.Parse("http://" + text)
	}
	wrong := errors.New("is not the address of a proxy, such as http://proxy.example:3128")
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		strings.HasSuffix(u.Host, ":") ||
		!slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return nil, wrong
	}
	if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || n < 1 || n > 65535) {
		return nil, wrong
	}
	return u, nil
}

// export hands the settings of libraries on to them, as they are to be taken.
func (s *settings) export() error {
	for name, got := range s.foreign {
		if os.Getenv(name) != got.value {
			if err := os.Setenv(name, got.value); err != nil {
				return fmt.Errorf("%s cannot be set", name)
			}
		}
	}
	return nil
}
