package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// full is a disk that takes some writes and no more.
type full struct {
	io.Writer
	takes int
}

var errFull = errors.New("no space left on device")

func (f *full) Write(b []byte) (int, error) {
	if f.takes--; f.takes < 0 {
		return 0, errFull
	}
	return f.Writer.Write(b)
}

// TestCutShort: a command whose words could not all be written fails, wherever they were cut off.
func TestCutShort(t *testing.T) {
	path, _ := paidBooks(t)
	for _, command := range []string{"version", "fsck", "payments --all"} {
		args := append(strings.Fields(command), "--database-url="+path)
		if command == "version" {
			args = args[:1]
		}
		for takes := range 100 {
			var errs bytes.Buffer
			out := &full{Writer: io.Discard, takes: takes}
			status := exit(t.Context(), args, out, &errs)
			if status == 0 && out.takes >= 0 {
				if takes == 0 {
					t.Errorf("%s says nothing", command)
				}
				break
			}
			if status != 1 || !strings.Contains(errs.String(), errFull.Error()) {
				t.Fatalf("%s, cut after %d writes: exit %d, %s", command, takes, status, &errs)
			}
		}
	}
}
