package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"cinemasphere/store"
)

type cli struct {
	Serve    serveCmd       `cmd:"" default:"withargs" help:"Serve the site (the default). Without any setting: a demo on http://localhost:8080, in which no money moves."`
	Seed     seedCmd        `cmd:"" help:"Write sample films, halls and screenings. Refuses a database that has films."`
	Payments paymentsCmd    `cmd:"" help:"List the money that somebody may have to do something about, with its reason and what can be done."`
	Refund   refundCmd      `cmd:"" help:"Give the money of a receipt back, by M-PESA's Reversal or, written down, by hand."`
	Accept   acceptCmd      `cmd:"" help:"Take a receipt that you have looked up in the M-PESA portal as the payment of a ticket."`
	Resolve  resolveCmd     `cmd:"" help:"Take an entry that you have seen to off the list of money, with a note. Of payments that may be one it says whether they are."`
	Sales    salesCmd       `cmd:"" help:"Pause and resume bookings."`
	Operator operatorCmd    `cmd:"" help:"Add, reset and list the people of the staff who may sign in to the back office."`
	Customer customerCmd    `cmd:"" help:"Export or erase what the books hold of a customer, by phone number, as the Data Protection Act lets customers ask."`
	Backup   backupCmd      `cmd:"" help:"Make a backup now, or list those that there are."`
	Restore  restoreCmd     `cmd:"" help:"Bring the books back from a backup, or see by --drill that they could be."`
	Fsck     fsckCmd        `cmd:"" help:"Recompute the books from raw facts; exits with 1 where they are not sound."`
	Doctor   doctorCmd      `cmd:"" help:"Examine settings, credentials, the callback's address, certificates, clock, disk and database before a customer does; exits with 1 where something fails."`
	Install  installCmd     `cmd:"" help:"Install the program on Debian as a service of systemd: user, folders, settings, units. Run it again for a new version."`
	Health   healthcheckCmd `cmd:"" name:"healthcheck" help:"Ask the program that runs on this machine whether pages can be shown; exits with 1 where they cannot. For containers."`
	Deploy   deployCmd      `cmd:"" name:"deploy-files" help:"Write files for whoever runs the program into a folder: units of systemd, Dockerfile and compose file, settings of nginx and Caddy, alert rules and a dashboard for its metrics."`
	Register registerCmd    `cmd:"" help:"Tell Safaricom where to send what is paid without a prompt (C2B)."`
	Version  versionCmd     `cmd:"" help:"Say which version this is."`
}

// program is what a sub-command gets besides its own settings.
type program struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	settings       *settings
}

type versionCmd struct{}

func (versionCmd) Run(p *program) error {
	_, err := fmt.Fprintln(p.stdout, "cinemasphere", builtFrom())
	if err == nil && p.settings != nil {
		_, err = fmt.Fprintln(p.stdout, "settings:", p.settings.readFrom())
	}
	return err
}

// helped is how kong is told to stop after it has printed its help.
type helped struct{ code int }

// run is the whole program: arguments in, error out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case helped:
			if v.code != 0 {
				err = errors.New("wrong usage")
			}
		default:
			panic(v)
		}
	}()
	set, unreadable := readSettings(os.Environ(), programFolder(), workingFolder())
	var c cli
	line := commandLine{settings: set, names: map[*kong.Value]string{}}
	parser, err := line.parser(&c, stdout, stderr)
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	if args, err = line.clean(args); err != nil {
		return err
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w (see cinemasphere --help)", line.explain(err))
	}
	p := &program{ctx: ctx, stdin: os.Stdin, stdout: stdout, stderr: stderr, settings: set}
	if kctx.Command() != "serve" || unreadable != nil { // which has them in its log
		p.warn(set.warnings)
	}
	if unreadable != nil {
		if kctx.Command() != "version" {
			return unreadable
		}
		p.settings = nil // which it does not need
		return errors.Join(kctx.Run(p), unreadable)
	}
	if err := set.export(); err != nil {
		return err
	}
	set.fill(reflect.ValueOf(&c).Elem())
	return kctx.Run(p)
}

// programFolder is where the program's file is, "" where that is not known.
func programFolder() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return filepath.Dir(path)
}

// workingFolder is the current folder, "" where it is gone.
func workingFolder() string {
	dir, err := os.Getwd()
	if err != nil { // it looks into the folder, which this user may not be allowed to
		dir, err = syscall.Getwd()
	}
	if err != nil {
		return ""
	}
	return dir
}

// commandLine stands between kong and the settings, so that a value means the same wherever it is written. Kong itself
// would take an empty variable for a value, and repeat values in its errors.
type commandLine struct {
	settings *settings
	names    map[*kong.Value]string // of the variables
}

// parser makes kong's, and keeps it from reading the environment.
func (l commandLine) parser(into *cli, stdout, stderr io.Writer) (*kong.Kong, error) {
	parser, err := kong.New(into, kong.Name("cinemasphere"),
		kong.Description("A cinema's own box office, paid by M-PESA STK Push."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(helped{code}) }),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 120}), kong.Resolvers(kong.ResolverFunc(l.resolve)),
		kong.ValueFormatter(l.help))
	if err != nil {
		return nil, err
	}
	return parser, kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, is := node.(*kong.Flag); is && len(flag.Tag.Envs) > 0 {
			l.names[flag.Value] = flag.Tag.Envs[0]
			flag.Tag.Envs, flag.Envs = nil, nil
		}
		return next(nil)
	})
}

// resolve gives a flag that is not on the command line its setting.
func (l commandLine) resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if got, is := l.settings.values[l.names[flag.Value]]; is {
		return got.value, nil
	}
	return nil, nil
}

// help writes the variable's name behind the description of a flag.
func (l commandLine) help(v *kong.Value) string {
	name := l.names[v]
	if name == "" {
		return v.Help
	}
	return strings.TrimSuffix(v.Help, ".") + " ($" + name + ")."
}

// clean does with values of settings on the command line what is done with those from elsewhere, and leaves out those
// that are empty. Secrets are refused: every user of the machine can read what a program was started with.
func (l commandLine) clean(args []string) ([]string, error) {
	flags := map[string]known{}
	for _, k := range knownSettings() {
		flags[k.flag] = k
	}
	var kept []string
	for i := 0; i < len(args); i++ {
		name, value, whole := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		k, is := flags[name]
		switch {
		case args[i] == "--":
			return append(kept, args[i:]...), nil
		case !is || args[i] == name:
			kept = append(kept, args[i])
			continue
		case !k.hasFlag():
			return nil, fmt.Errorf("--%s: a secret is no flag, since every user of this machine could read it there: "+
				"set %s in the environment or in .env, or %s_FILE to a file that holds it", name, k.name, k.name)
		case !whole && i+1 == len(args):
			kept = append(kept, args[i])
			continue
		case !whole:
			i++
			value = args[i]
		}
		if isEmpty(value) {
			continue
		}
		value, problem := clean(value, k)
		if problem == "" && k.secret == "address" && store.HasPassword(value) {
			problem = "has a password in it, which every user of this machine could read there: set " + k.name +
				" in the environment or in .env"
		}
		if problem != "" {
			return nil, fmt.Errorf("--%s %s", name, problem)
		}
		kept = append(kept, "--"+name+"="+value)
	}
	return kept, nil
}

// commandLike is a word that may be a mistyped command.
var commandLike = regexp.MustCompile(`^[a-z]{1,12}$`)

// explain names the variable and its place in an error of kong's about a flag that nobody wrote. An argument that is
// none of a command's is not shown: it may be the value of a secret.
func (l commandLine) explain(err error) error {
	if word, is := strings.CutPrefix(err.Error(), "unexpected argument "); is && !commandLike.MatchString(word) {
		return errors.New("there is an argument that the command does not take")
	}
	for _, k := range knownSettings() {
		if got, is := l.settings.values[k.name]; is && strings.HasPrefix(err.Error(), "--"+k.flag) {
			return fmt.Errorf("%s (%s): %w", k.name, got.from, err)
		}
	}
	return err
}

// fill gives each command's config what does not come by flags: secrets, and where the settings were found.
func (s *settings) fill(v reflect.Value) {
	if v.Type() != reflect.TypeFor[config]() {
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Struct {
				s.fill(f)
			}
		}
		return
	}
	for _, k := range knownSettings() {
		if got, given := s.values[k.name]; given && !k.hasFlag() {
			v.Field(k.index).SetString(got.value)
		}
	}
	v.FieldByName("Found").Set(reflect.ValueOf(s))
}
