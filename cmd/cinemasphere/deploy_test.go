package main

import (
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"cinemasphere/assets"
	"cinemasphere/store/storetest/needs"
)

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(assets.Deploy(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestUnits has systemd's own tool read the units: it knows every line, and holds the service to be well shut in.
func TestUnits(t *testing.T) {
	_, missing := exec.LookPath("systemd-analyze")
	needs.Program(t, "systemd-analyze", missing)
	dir := t.TempDir()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	units := []string{}
	for _, name := range []string{"cinemasphere.service", "cinemasphere.socket", "cinemasphere-http.socket"} {
		text := strings.ReplaceAll(deployed(t, "systemd/"+name), "/usr/local/bin/cinemasphere", path)
		write(t, filepath.Join(dir, name), text)
		units = append(units, filepath.Join(dir, name))
	}
	verify := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, units...)...)
	verify.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	out, err := verify.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "cinemasphere") {
			t.Errorf("%s", line)
		}
	}
	if err != nil && len(out) == 0 {
		t.Error(err)
	}
	security := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=20", units[0])
	out, err = security.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestGracePeriods: whatever stops the program waits as long as it may take.
func TestGracePeriods(t *testing.T) {
	most := drainTime + requestsEnd + quietTime
	stops := map[string]string{
		"systemd/cinemasphere.service": `(?m)^TimeoutStopSec=(\d+)$`,
		"docker/compose.yaml":          `(?m)^    stop_grace_period: (\d+)s$`,
	}
	for name, pattern := range stops {
		found := regexp.MustCompile(pattern).FindStringSubmatch(deployed(t, name))
		if found == nil {
			t.Errorf("%s says nothing", name)
			continue
		}
		given, err := time.ParseDuration(found[1] + "s")
		if err != nil || given < most {
			t.Errorf("%s gives %v, and the program takes %v at most", name, given, most)
		}
	}
}

// TestCompose: the container of the program may do nothing that it need not, and each setting that is given is one.
func TestCompose(t *testing.T) {
	var file struct {
		Services map[string]struct {
			ReadOnly    bool              `yaml:"read_only"`
			CapDrop     []string          `yaml:"cap_drop"`
			Security    []string          `yaml:"security_opt"`
			Environment map[string]string `yaml:"environment"`
			Volumes     []string          `yaml:"volumes"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "docker/compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	c := file.Services["cinema"]
	if !c.ReadOnly || len(c.CapDrop) != 1 || c.CapDrop[0] != "ALL" || len(c.Security) != 1 {
		t.Errorf("%+v", c)
	}
	env := []string{
		"MPESA_ENV=production", "MPESA_CONSUMER_KEY=key", "MPESA_CONSUMER_SECRET=secret", "MPESA_PASSKEY=passkey",
		"MPESA_BUSINESS_SHORT_CODE=600100", "DOMAIN=cinema.co.ke", "DATABASE_URL=postgres://u:p@database/cinemasphere",
	}
	for name, value := range c.Environment {
		env = append(env, name+"="+value)
	}
	p, err := planOf(t, env)
	if err != nil || p.https == nil || !strings.HasPrefix(p.https.Folder, "/data/") {
		t.Errorf("%v, %+v", err, p.https)
	}
	docker := deployed(t, "docker/Dockerfile")
	for _, want := range []string{"FROM scratch\n", "\nUSER 65532:65532\n", "\nVOLUME /data\n"} {
		if !strings.Contains(docker, want) {
			t.Errorf("the Dockerfile has no %q", want)
		}
	}
	command := regexp.MustCompile(`CMD \["/cinemasphere", "(\w+)"\]`).FindStringSubmatch(docker)
	if command == nil || exit(t.Context(), []string{command[1], "--help"}, io.Discard, io.Discard) != 0 {
		t.Errorf("%q is no command", command)
	}
}
