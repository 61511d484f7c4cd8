package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"cinemasphere/assets"
)

type installCmd struct {
	Settings string `help:"File with the settings, as .env; instead of asking for them." type:"existingfile"`
	DryRun   bool   `name:"dry-run" help:"Say what would be done, and do nothing."`
	Root     string `help:"Write below this folder, make no user and start nothing: for a look, or for an image."`
}

// Where things are on Debian.
const (
	programPlace  = "/opt/cinemasphere/cinemasphere"
	programLink   = "/usr/local/bin/cinemasphere"
	settingsPlace = "/opt/cinemasphere/.env"
	dataPlace     = "/var/lib/cinemasphere"
	userPlace     = "/etc/sysusers.d/cinemasphere.conf"
	unitsPlace    = "/etc/systemd/system"
	serviceUser   = "cinemasphere"
)

// installation is one run of the command.
type installation struct {
	installCmd
	ctx     context.Context
	out     io.Writer
	in      *bufio.Reader
	typist  *os.File // who types the answers; nil where they come from elsewhere
	real    bool     // users are made and units started
	changed map[string]bool
}

// Run puts the program on this machine, as a service that systemd starts. A second time it changes what differs, so
// that a new version is installed by it too; the settings stay.
func (c installCmd) Run(p *program) error {
	i := &installation{
		installCmd: c, ctx: p.ctx, out: p.stdout, in: bufio.NewReader(p.stdin), real: !c.DryRun && c.Root == "",
		changed: map[string]bool{},
	}
	if f, is := p.stdin.(*os.File); is && isTerminal(f) {
		i.typist = f
	}
	if i.real && os.Geteuid() != 0 {
		return errors.New("only root can install: type sudo in front, or --dry-run for a look at what it would do")
	}
	text, folder, err := i.settings()
	if err != nil {
		return err
	}
	plan, err := planOfFolder(folder)
	if folder != filepath.Dir(i.path(settingsPlace)) {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	if err != nil {
		return fmt.Errorf("nothing was installed, since the program would not start with these settings: %w", err)
	}
	return i.install(text, plan)
}

// install does it, in an order in which it may be cut off and begun again.
func (i *installation) install(text []byte, p plan) error {
	if err := i.file(userPlace, 0o644, []byte("# Made by cinemasphere install.\nu "+serviceUser+
		" - \"CinemaSphere\" "+dataPlace+"\n")); err != nil {
		return err
	}
	if err := i.command("systemd-sysusers", userPlace); err != nil {
		return err
	}
	if err := i.program(); err != nil {
		return err
	}
	if err := i.folder(dataPlace, 0o700); err != nil {
		return err
	}
	if err := i.file(settingsPlace, 0o600, text); err != nil {
		return err
	}
	if err := i.own(dataPlace, settingsPlace); err != nil {
		return err
	}
	sockets, err := i.units(p)
	if err != nil {
		return err
	}
	if err := i.start(sockets); err != nil {
		return err
	}
	return i.next(p)
}

// settings are those that are there, those of a file, or those that are asked for, and a folder with them as .env:
// their own, or one for a while.
func (i *installation) settings() (text []byte, folder string, err error) {
	there, err := os.ReadFile(i.path(settingsPlace))
	switch {
	case err == nil && i.Settings != "":
		return nil, "", fmt.Errorf("%s is there: change it, or move it away", i.path(settingsPlace))
	case err == nil:
		i.say("settings are there, and stay: %s", i.path(settingsPlace))
		return there, filepath.Dir(i.path(settingsPlace)), nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, "", fmt.Errorf("settings: %w", err)
	}
	if i.Settings != "" {
		if text, err = os.ReadFile(i.Settings); err != nil {
			return nil, "", fmt.Errorf("settings: %w", err)
		}
	} else if text, err = i.ask(); err != nil {
		return nil, "", err
	}
	if text, err = complete(text); err != nil {
		return nil, "", fmt.Errorf("settings: %w", err)
	}
	if folder, err = os.MkdirTemp("", "cinemasphere-install"); err != nil {
		return nil, "", fmt.Errorf("settings: %w", err)
	}
	return text, folder, os.WriteFile(filepath.Join(folder, ".env"), text, 0o600)
}

// complete adds where the database and certificates are, where that is not said. What is said of files must hold
// wherever it stands.
func complete(text []byte) ([]byte, error) {
	all, err := parseDotenv(text)
	if err != nil {
		return nil, err
	}
	given := map[string]bool{}
	for _, a := range all {
		given[a.name] = !isEmpty(a.value)
		for _, k := range knownSettings() {
			isPath := k.path != "" && a.name == k.name || k.secret != "" && a.name == k.name+"_FILE"
			if isPath && !isEmpty(a.value) && inFolder("/", a.value) != a.value && a.value != "off" {
				return nil, fmt.Errorf("%s must be a whole path, such as /opt/cinemasphere/name", a.name)
			}
		}
	}
	more := ""
	if !given["DATABASE_URL"] && !given["DATABASE_URL_FILE"] {
		more += "DATABASE_URL=" + dataPlace + "/cinemasphere.db\n"
	}
	if given["DOMAIN"] && !given["CERTIFICATE_DIR"] {
		more += "CERTIFICATE_DIR=" + dataPlace + "/certificates\n"
	}
	if more == "" {
		return text, nil
	}
	return append(bytes.TrimRight(text, "\n"), []byte("\n"+more)...), nil
}

// ask asks for what no default can be right for.
func (i *installation) ask() ([]byte, error) {
	var text strings.Builder
	text.WriteString("# Written by cinemasphere install. The page of settings says what else may stand here.\n")
	var failed error
	put := func(name, question, otherwise string) string {
		if failed != nil {
			return ""
		}
		secret := false
		for _, k := range knownSettings() {
			secret = secret || k.name == name && !k.hasFlag()
		}
		answer, err := i.answer(question, secret)
		failed = err
		if answer == "" {
			answer = otherwise
		}
		if answer != "" {
			fmt.Fprintf(&text, "%s=%s\n", name, quoted(answer))
		}
		return answer
	}
	domain := put("DOMAIN",
		"Name of the site, such as cinema.co.ke (empty: a proxy on this machine has the certificate)", "")
	if domain == "" {
		put("BASE_URL", "Address that customers use, such as https://cinema.co.ke", "")
		text.WriteString("ADDR=127.0.0.1:8080\nTRUSTED_PROXIES=loopback\n")
	}
	switch put("MPESA_ENV", "M-PESA: simulator (a demo, no money moves), sandbox or production [simulator]",
		"simulator") {
	case "simulator", "": // or there was no answer
	case "sandbox", "production":
		put("MPESA_CONSUMER_KEY", "Consumer key of your Daraja app", "")
		put("MPESA_CONSUMER_SECRET", "Its consumer secret", "")
		put("MPESA_PASSKEY", "Passkey of your shortcode", "")
		put("MPESA_BUSINESS_SHORT_CODE", "Your paybill; for a till, its store number", "")
		put("MPESA_TILL_NUMBER", "Your till number (empty: none)", "")
	default:
		return nil, errors.New("nothing was installed: MPESA_ENV must be simulator, sandbox or production")
	}
	return []byte(text.String()), failed
}

// quoted is a value as .env takes it for what it is.
func quoted(value string) string {
	switch {
	case !strings.ContainsAny(value, "#;\"' "):
		return value
	case strings.Contains(value, `"`):
		return "'" + value + "'"
	}
	return `"` + value + `"`
}

// answer is one line. A secret is not shown while it is typed.
func (i *installation) answer(question string, secret bool) (string, error) {
	fmt.Fprint(i.out, question+": ")
	if secret && i.typist != nil {
		b, err := term.ReadPassword(int(i.typist.Fd()))
		fmt.Fprintln(i.out)
		return strings.TrimFunc(string(b), isBlank), err
	}
	line, err := i.in.ReadString('\n')
	if i.typist == nil {
		fmt.Fprintln(i.out)
	}
	if errors.Is(err, io.EOF) {
		if line == "" {
			return "", errors.New("nothing was installed: there is no answer to the last question")
		}
		err = nil
	}
	return strings.TrimFunc(line, isBlank), err
}

// planOfFolder is what the program would make of the file .env in a folder.
func planOfFolder(folder string) (plan, error) {
	set, err := readSettings(nil, "", folder)
	if err != nil {
		return plan{}, errors.New(strings.ReplaceAll(err.Error(), folder, filepath.Dir(settingsPlace)))
	}
	var c cli
	line := commandLine{settings: set, names: map[*kong.Value]string{}}
	parser, err := line.parser(&c, io.Discard, io.Discard)
	if err != nil {
		return plan{}, err
	}
	if _, err := parser.Parse([]string{"serve"}); err != nil {
		return plan{}, line.explain(err)
	}
	set.fill(reflect.ValueOf(&c).Elem())
	return c.Serve.check()
}

// program copies this very file to its place, and links to it from where commands are.
func (i *installation) program() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		return fmt.Errorf("read this program: %w", err)
	}
	if err := i.file(programPlace, 0o755, text); err != nil {
		return err
	}
	link := i.path(programLink)
	if to, err := os.Readlink(link); err == nil && to == programPlace {
		i.say("as it is: %s", link)
		return nil
	}
	i.say("link %s to %s", link, programPlace)
	if i.DryRun {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("link: %w", err)
	}
	if err := os.Symlink(programPlace, link); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

// units writes those that the settings need, and returns the names of the sockets.
func (i *installation) units(p plan) (sockets []string, err error) {
	names := []string{"cinemasphere.service", "cinemasphere.socket"}
	if p.https != nil && p.HTTPAddr != "off" {
		names = append(names, "cinemasphere-http.socket")
	}
	listens := map[string]string{"cinemasphere.socket": p.Addr, "cinemasphere-http.socket": p.HTTPAddr}
	for _, name := range names {
		text, err := fs.ReadFile(assets.Deploy(), "systemd/"+name)
		if err != nil {
			return nil, err
		}
		if addr := listens[name]; addr != "" {
			sockets = append(sockets, name)
			text = listenStream(text, addr)
		}
		if err := i.file(filepath.Join(unitsPlace, name), 0o644, text); err != nil {
			return nil, err
		}
	}
	return sockets, nil
}

// listenStream lets a socket's unit listen on an address.
func listenStream(unit []byte, addr string) []byte {
	addr = strings.TrimPrefix(strings.Replace(addr, "localhost:", "127.0.0.1:", 1), ":")
	var out []string
	for line := range strings.Lines(string(unit)) {
		if strings.HasPrefix(line, "ListenStream=") {
			line = "ListenStream=" + addr + "\n"
		}
		out = append(out, line)
	}
	return []byte(strings.Join(out, ""))
}

// start lets systemd read the units, and start what they say.
func (i *installation) start(sockets []string) error {
	if _, err := os.Stat("/run/systemd/system"); i.real && err != nil {
		i.say("systemd does not run here: once it does, type systemctl enable --now %s cinemasphere.service",
			strings.Join(sockets, " "))
		return nil
	}
	if err := i.command("systemctl", "daemon-reload"); err != nil {
		return err
	}
	for _, name := range sockets {
		if i.changed[filepath.Join(unitsPlace, name)] { // else they stay open, and nobody is refused
			stop := append([]string{"stop", "cinemasphere.service"}, sockets...)
			if err := i.command("systemctl", stop...); err != nil {
				return err
			}
			break
		}
	}
	if err := i.command("systemctl", append([]string{"enable", "--now"}, sockets...)...); err != nil {
		return fmt.Errorf("%w: does another program have the port? sudo ss -ltnp says which", err)
	}
	if err := i.command("systemctl", "enable", "cinemasphere.service"); err != nil {
		return err
	}
	if err := i.command("systemctl", "restart", "cinemasphere.service"); err != nil {
		return fmt.Errorf("%w: journalctl -u cinemasphere says why", err)
	}
	return nil
}

// next says what to do next.
func (i *installation) next(p plan) error {
	if i.DryRun {
		_, err := fmt.Fprintln(i.out, "\nNothing was done.")
		return err
	}
	_, err := fmt.Fprintf(i.out, `
The box office is at %s. Next:

  sudo -u %s cinemasphere doctor      what may be wrong, and what to do about it
  sudo cat %s/%s      the address at which you become the owner, once
  sudo journalctl -u cinemasphere -f        what it does
  sudo editor %s               its settings; then: sudo systemctl restart cinemasphere

For a new version run its "install" again: it keeps the settings. Make a backup before.
`, p.BaseURL, serviceUser, dataPlace, setUpFile, settingsPlace)
	return err
}

func (i *installation) path(place string) string {
	return filepath.Join(i.Root, filepath.FromSlash(place))
}

func (i *installation) say(format string, args ...any) {
	fmt.Fprintf(i.out, format+"\n", args...) // the printer keeps the error
}

// file writes a file where it differs, whole or not at all. A unit that was edited is kept beside.
func (i *installation) file(place string, mode fs.FileMode, text []byte) error {
	path := i.path(place)
	have, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(have, text):
		return i.mode(path, mode)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("install: %w", err)
	}
	i.changed[place] = true
	i.say("write %s (%04o)", path, mode)
	if i.DryRun {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if have != nil && strings.HasPrefix(place, unitsPlace) {
		i.say("the one before is kept as %s.before", path)
		if err := os.WriteFile(path+".before", have, 0o644); err != nil {
			return fmt.Errorf("install: %w", err)
		}
	}
	if err := replaceFile(path, mode, text); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}

// mode gives a file that is as it should be the mode that it should have.
func (i *installation) mode(path string, mode fs.FileMode) error {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm() == mode {
		i.say("as it is: %s", path)
		return nil
	}
	i.say("change the mode of %s to %04o", path, mode)
	if i.DryRun {
		return nil
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}

// replaceFile puts a new file in the place of an old one, which may be running.
func replaceFile(path string, mode fs.FileMode, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// folder makes a folder, for its owner alone where the mode says so.
func (i *installation) folder(place string, mode fs.FileMode) error {
	path := i.path(place)
	if info, err := os.Stat(path); err == nil && info.IsDir() && info.Mode().Perm() == mode {
		i.say("as it is: %s", path)
		return nil
	}
	i.say("make %s (%04o)", path, mode)
	if i.DryRun {
		return nil
	}
	if err := errors.Join(os.MkdirAll(path, mode), os.Chmod(path, mode)); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}

// own gives files to the service's user.
func (i *installation) own(places ...string) error {
	for _, place := range places {
		i.say("give %s to %s", i.path(place), serviceUser)
		if !i.real {
			continue
		}
		u, err := user.Lookup(serviceUser)
		if err != nil {
			return fmt.Errorf("install: %w", err)
		}
		uid, err := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err, err2); err != nil {
			return fmt.Errorf("install: %w", err)
		}
		if err := os.Lchown(i.path(place), uid, gid); err != nil {
			return fmt.Errorf("install: %w", err)
		}
	}
	return nil
}

// command runs a program, where this is the machine that it is for.
func (i *installation) command(name string, args ...string) error {
	i.say("run %s %s", name, strings.Join(args, " "))
	if !i.real {
		return nil
	}
	if out, err := exec.CommandContext(i.ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}
