package main

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"sync"
	"time"

	"cinemasphere/handlers"
	"cinemasphere/handlers/watch"
)

// logEvery is how long a line may wait before it is written: a system call for each would cost more than the line.
const logEvery = 100 * time.Millisecond

// logWriter gathers lines and writes them every logEvery, at once where one is an error, and at Close.
type logWriter struct {
	mu   sync.Mutex
	buf  *bufio.Writer
	stop chan struct{}
	done chan struct{}
}

func newLogWriter(w io.Writer) *logWriter {
	l := &logWriter{buf: bufio.NewWriterSize(w, 64<<10), stop: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *logWriter) run() {
	defer close(l.done)
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.flush()
		case <-l.stop:
			l.flush()
			return
		}
	}
}

// Write takes one line.
func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.buf.Write(line)
	if err == nil && (bytes.Contains(line, []byte("level=ERROR")) || bytes.Contains(line, []byte(`"level":"ERROR"`))) {
		err = l.buf.Flush()
	}
	return n, err
}

func (l *logWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.buf.Flush() // where the log cannot be written there is nowhere to say so
}

// Close writes what is left. Lines that come later wait for a flush that never comes.
func (l *logWriter) Close() {
	close(l.stop)
	<-l.done
}

// newLogger makes the program's log: one line each, phone numbers masked, secrets never. Errors go to the reporter too,
// where there is one.
func newLogger(w io.Writer, p plan, reporter *watch.Reporter) *slog.Logger {
	options := &slog.HandlerOptions{Level: p.level, ReplaceAttr: handlers.MaskAttr}
	var to slog.Handler = slog.NewTextHandler(w, options)
	if p.LogFormat == "json" {
		to = slog.NewJSONHandler(w, options)
	}
	if reporter != nil {
		to = reporter.Log(to)
	}
	return slog.New(to)
}
