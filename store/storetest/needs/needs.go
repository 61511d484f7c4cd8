// Package needs decides what becomes of a test that needs a program besides Go, such as PostgreSQL or a browser.
//
// It is the only place where that is decided. It must never let such a test pass without having run.
package needs

import "os"

// Tester is the part of testing.TB that is used here.
type Tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Program is called first by a test that needs the named program; missing is nil where it is installed. With TEST_QUICK
// set the test is skipped. Where the program is missing the test fails with CI set, and is skipped with a word
// elsewhere.
func Program(t Tester, name string, missing error) {
	t.Helper()
	switch {
	case os.Getenv("TEST_QUICK") != "":
		t.Skipf("TEST_QUICK is set, and this test needs %s", name)
	case missing == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("this test needs %s: %v", name, missing)
	default:
		t.Skipf("NOT TESTED, since %s is missing (a failure where CI is set): %v", name, missing)
	}
}
