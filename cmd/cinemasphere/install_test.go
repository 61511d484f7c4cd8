package main

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// installed runs the command below a folder, with lines as answers, and returns what it said.
func installed(t *testing.T, root string, answers []string, args ...string) (string, error) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"install", "--root", root}, args...)...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	var typed strings.Builder
	for _, a := range answers {
		typed.WriteString(a + "\n")
	}
	cmd.Stdin = strings.NewReader(typed.String())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tree is what is below a folder: modes and sizes by path, and where links lead.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		says := info.Mode().String()
		if to, err := os.Readlink(path); err == nil {
			says = to
		} else if !d.IsDir() {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			says += " " + string(text)
		}
		all["/"+strings.TrimPrefix(strings.TrimPrefix(path, root), "/")] = says
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestInstall: what is written, for whom it is, and that a second time changes nothing.
func TestInstall(t *testing.T) {
	root := t.TempDir()
	out, err := installed(t, root, []string{
		"cinema.co.ke", "production", "key-of-the-app", "secret # of the app", "pass", "600100", "5123456",
	})
	if err == nil || len(tree(t, root)) != 1 || strings.Contains(out, "key-of-the-app") {
		t.Fatalf("a secret with spaces is taken, or something was written, or shown: %v\n%s", err, out)
	}
	answers := []string{"cinema.co.ke", "production", "key-of-the-app", "secret#of'the;app", "pass", "600100", ""}
	dry, err := installed(t, root, answers, "--dry-run")
	if err != nil || len(tree(t, root)) != 1 {
		t.Fatalf("%v, %v\n%s", err, slices.Collect(maps.Keys(tree(t, root))), dry)
	}
	out, err = installed(t, root, answers)
	if err != nil {
		t.Fatal(err, out)
	}
	if strings.Contains(out+dry, "secret#of") {
		t.Error("the secret is shown")
	}
	made := tree(t, root)
	for path, mode := range map[string]string{
		programPlace: "-rwxr-xr-x", settingsPlace: "-rw-------", dataPlace: "drwx------", userPlace: "-rw-r--r--",
		unitsPlace + "/cinemasphere.service": "-rw-r--r--", unitsPlace + "/cinemasphere.socket": "-rw-r--r--",
		unitsPlace + "/cinemasphere-http.socket": "-rw-r--r--", programLink: programPlace,
	} {
		if got, _, _ := strings.Cut(made[path], " "); got != mode {
			t.Errorf("%s: %q, want %q", path, got, mode)
		}
		if !strings.Contains(dry, filepath.Join(root, path)) {
			t.Errorf("the look does not name %s:\n%s", path, dry)
		}
	}
	p, err := planOfFolder(filepath.Join(root, filepath.Dir(settingsPlace)))
	if err != nil || p.MpesaConsumerSecret != "secret#of'the;app" || p.BaseURL != "https://cinema.co.ke" ||
		p.DatabaseURL != dataPlace+"/cinemasphere.db" || p.https.Folder != dataPlace+"/certificates" {
		t.Errorf("%v: %+v", err, p)
	}
	for name, want := range map[string]string{
		"cinemasphere.socket": "\nListenStream=443\n", "cinemasphere-http.socket": "\nListenStream=80\n",
	} {
		if !strings.Contains(made[unitsPlace+"/"+name], want) {
			t.Errorf("%s has no %q", name, want)
		}
	}
	for _, command := range []string{
		"systemd-sysusers " + userPlace, "systemctl enable --now cinemasphere.socket cinemasphere-http.socket",
		"systemctl restart cinemasphere.service",
	} {
		if !strings.Contains(out, "run "+command+"\n") {
			t.Errorf("it does not say that it would run %s:\n%s", command, out)
		}
	}
	out, err = installed(t, root, nil)
	if again := tree(t, root); err != nil || !maps.Equal(again, made) || strings.Contains(out, "stop") {
		t.Errorf("a second time: %v\n%s", err, out)
	}
}

// TestInstallAgain: a new version replaces program and units, keeps settings and what was edited, and closes what is
// too open.
func TestInstallAgain(t *testing.T) {
	root := t.TempDir()
	if out, err := installed(t, root, []string{"cinema.co.ke", ""}); err != nil {
		t.Fatal(err, out)
	}
	unit := filepath.Join(root, unitsPlace, "cinemasphere.socket")
	write(t, unit, "edited\n")
	write(t, filepath.Join(root, programPlace), "an older one")
	settings := filepath.Join(root, settingsPlace)
	edited := "MPESA_ENV=simulator\nDOMAIN=cinema.co.ke\nADDR=[::]:8443\nHTTP_ADDR=off\nDATABASE_URL=x.db\n"
	write(t, settings, edited)
	if err := os.Chmod(settings, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := installed(t, root, nil)
	if err != nil {
		t.Fatal(err, out)
	}
	made := tree(t, root)
	if got := made[settingsPlace]; got != "-rw------- "+edited {
		t.Errorf("the settings are %q", got)
	}
	if !strings.Contains(made[unitsPlace+"/cinemasphere.socket"], "\nListenStream=[::]:8443\n") {
		t.Error("the unit is not the one of the settings")
	}
	if !strings.HasSuffix(made[unitsPlace+"/cinemasphere.socket.before"], " edited\n") {
		t.Error("the edited unit is lost")
	}
	if len(made[programPlace]) < 1<<20 {
		t.Error("the program is still the older one")
	}
	stop := strings.Index(out, "systemctl stop cinemasphere.service cinemasphere.socket\n")
	if stop < 0 || stop > strings.Index(out, "systemctl enable --now cinemasphere.socket\n") {
		t.Errorf("a socket that listens elsewhere must be opened anew:\n%s", out)
	}
}

// TestInstallAnswers: what is asked for, and that nothing is written where the program would not start.
func TestInstallAnswers(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "settings")
	for name, tt := range map[string]struct {
		answers  []string
		settings string // of a file instead
		want     string // in what is said where it fails; "" is none
		addr     string // else: where it listens
	}{
		"a demo":         {[]string{"cinema.co.ke", ""}, "", "", ":443"},
		"behind a proxy": {[]string{"", "https://cinema.co.ke", "simulator"}, "", "", "127.0.0.1:8080"},
		"no answer":      {nil, "", "no answer", ""},
		"half of them":   {[]string{"cinema.co.ke", "sandbox", "key"}, "", "no answer", ""},
		"an empty one": {[]string{"cinema.co.ke", "production", "", "secret", "pass", "600100", ""}, "",
			"MPESA_CONSUMER_KEY is not set", ""},
		"no name":             {[]string{"https://cinema.co.ke", ""}, "", "DOMAIN must be a name alone", ""},
		"no address":          {[]string{"", "", "sandbox", "a", "b", "c", "600100", ""}, "", "BASE_URL is not", ""},
		"another one":         {[]string{"cinema.co.ke", "live"}, "", "MPESA_ENV", ""},
		"a file":              {nil, "MPESA_ENV=simulator\nADDR=10.0.0.1:80\n", "", "10.0.0.1:80"},
		"PostgreSQL":          {nil, "MPESA_ENV=simulator\nDOMAIN=a.ke\nDATABASE_URL=postgres://u:p@h/d\n", "", ":443"},
		"its database":        {nil, "MPESA_ENV=simulator\nDATABASE_URL=/srv/x.db\nADDR=:80\n", "", ":80"},
		"a bare path":         {nil, "MPESA_ENV=simulator\nMPESA_CERTIFICATE=x.cer\n", "MPESA_CERTIFICATE must be", ""},
		"a file that is none": {nil, "MPESA_ENV\n", "line 1", ""},
	} {
		root := t.TempDir()
		var args []string
		if tt.settings != "" {
			write(t, settings, tt.settings)
			args = []string{"--settings", settings}
		}
		out, err := installed(t, root, tt.answers, args...)
		if tt.want != "" {
			if err == nil || !strings.Contains(out, tt.want) || len(tree(t, root)) != 1 {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
			continue
		}
		p, planErr := planOfFolder(filepath.Join(root, filepath.Dir(settingsPlace)))
		if p.https != nil && !strings.HasPrefix(p.https.Folder, dataPlace+"/") {
			t.Errorf("%s: certificates in %s, where the service may not write", name, p.https.Folder)
		}
		if err != nil || planErr != nil || p.Addr != tt.addr {
			t.Errorf("%s: %v, %v, ADDR %s\n%s", name, err, planErr, p.Addr, out)
		}
		unit, err := os.ReadFile(filepath.Join(root, unitsPlace, "cinemasphere.socket"))
		if want := "ListenStream=" + strings.TrimPrefix(tt.addr, ":") + "\n"; err != nil ||
			!bytes.Contains(unit, []byte(want)) {
			t.Errorf("%s: %v, no %q", name, err, want)
		}
	}
}
