package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopTime is how long a process may take to end once it is asked to.
const stopTime = time.Minute

// process is a program that a benchmark started.
type process struct {
	name  string
	cmd   *exec.Cmd
	input io.Closer // a helper ends with it
	log   string    // the file its log goes to
	used  usage     // filled in by stop
}

// usage is what a process took of the machine.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes of memory at most; 0 where the system does not say
}

func (u usage) String() string {
	memory := "memory not known"
	if u.peak > 0 {
		memory = fmt.Sprintf("%d MB", u.peak>>20)
	}
	return fmt.Sprintf("%.1f s CPU, %s", u.cpu.Seconds(), memory)
}

// start runs a program in a directory with nothing but the given environment. Its log goes to a file there.
func start(ctx context.Context, dir, name string, env []string, binary string,
	args ...string) (*process, io.Reader, error) {
	p := &process{name: name, log: dir + "/" + name + ".log"}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = log.Close() }() // the program has it open for itself
	// Not killed with ctx: it is always asked to stop first.
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), binary, args...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = dir, env, log
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, out, nil
}

// startHelper runs one of our own hidden sub-commands and returns the address it serves on.
func startHelper(ctx context.Context, dir, name string, args ...string) (*process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	p, out, err := start(ctx, dir, name, nil, self, append([]string{name}, args...)...)
	if err != nil {
		return nil, "", err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("%s did not start: %w", name, err), p.stop())
	}
	return p, strings.TrimSpace(address), nil
}

// spareProcessors makes this process a light neighbour to the product: it keeps to one processor, since two wake each
// other all the time, and collects garbage less often. The function returned takes that back.
func spareProcessors() (restore func()) {
	processors, garbage := runtime.GOMAXPROCS(1), debug.SetGCPercent(400)
	return func() {
		runtime.GOMAXPROCS(processors)
		debug.SetGCPercent(garbage)
	}
}

// stop asks the process to end and waits until it has. It is an error where it ends with one.
func (p *process) stop() error {
	if p == nil || p.cmd.ProcessState != nil {
		return nil
	}
	p.used = p.usage()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = p.input.Close()
	kill := time.AfterFunc(stopTime, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	err := p.cmd.Wait()
	p.used.cpu = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, err, p.lastWords())
	}
	return nil
}

func (p *process) usage() usage { return usage{peak: peakMemory(strconv.Itoa(p.cmd.Process.Pid))} }

// cpu is what a process that runs has taken so far, to a hundredth of a second.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // after the name, which may have spaces
	fields := strings.Fields(string(rest))
	const user, system, hundredth = 11, 12, 10 * time.Millisecond
	if len(fields) <= system {
		return 0, fmt.Errorf("%s: no times in %q", p.name, stat)
	}
	ticks := int64(0)
	for _, field := range fields[user : system+1] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * hundredth, nil
}

// ownUsage is what this process has taken so far.
func ownUsage() usage {
	u := usage{peak: peakMemory("self")}
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		u.cpu = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return u
}

// peakMemory is the most memory a process has had resident. The system's own record (rusage) begins with its parent's.
func peakMemory(pid string) int64 {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := strings.Fields(string(rest[:min(len(rest), 40)]))
	if len(fields) == 0 {
		return 0
	}
	kb, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

// lastWords is the end of a process's log, without the lines of ordinary requests.
func (p *process) lastWords() string {
	log, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	var words []string
	for line := range strings.Lines(string(log)) {
		if !strings.Contains(line, "level=INFO msg=request") {
			words = append(words, line)
		}
	}
	return strings.Join(words[max(0, len(words)-10):], "")
}
