package main

import (
	"cmp"
	"regexp"
	"runtime/debug"
	"strings"
)

// builtFrom is the version of the running program.
func builtFrom() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknownVersion
	}
	return versionOf(info)
}

const unknownVersion = "unknown (built without version control)"

// untagged is a version that Go makes up for a commit without a tag.
var untagged = regexp.MustCompile(`-(0\.)?\d{14}-[0-9a-f]{12}$`)

// versionOf is the tag that a program was built from, else the commit and its date, and whether files were modified
// since.
func versionOf(info *debug.BuildInfo) string {
	vcs := map[string]string{}
	for _, s := range info.Settings {
		vcs[s.Key] = s.Value
	}
	tag, meta, _ := strings.Cut(info.Main.Version, "+")
	version := ""
	switch revision := vcs["vcs.revision"]; {
	case tag != "" && tag != "(devel)" && !untagged.MatchString(tag):
		version = tag
	case revision != "":
		day, _, _ := strings.Cut(vcs["vcs.time"], "T")
		version = "commit " + revision[:min(12, len(revision))] + " of " + cmp.Or(day, "an unknown day")
	default:
		return unknownVersion
	}
	if vcs["vcs.modified"] == "true" || meta == "dirty" {
		version += ", modified"
	}
	return version
}
