package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// answerTimeout is how long one request may take at least before it is given up, and half of the longest.
const answerTimeout = 30 * time.Second

// wire sends HTTP/1.1 requests over connections that it keeps, as a proxy in front of the product does. It is written
// by hand because it shares its processors with the product: it costs a fraction of what net/http's client does.
type wire struct {
	addr string
	mu   sync.Mutex
	idle []*line
	open int // connections made
}

// line is one connection with its buffers.
type line struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
	body    []byte
	until   time.Time // the connection's deadline
	unzip   *gzip.Reader
	zipped  bytes.Reader
	plain   bytes.Buffer
}

// answer is what came back. It belongs to the connection and is good only until the next request goes over it.
type answer struct {
	status  int
	cookie  string // name=value
	packed  []byte // the body as it came
	gzipped bool
	line    *line
}

// body is the answer's body, unpacked. Whoever has no use for it saves the work.
func (a answer) body() ([]byte, error) {
	if !a.gzipped {
		return a.packed, nil
	}
	return a.line.inflate(a.packed)
}

// send sends a whole request, which write appends to a buffer, and hands the answer to read, which must keep nothing of
// it.
func (w *wire) send(write func([]byte) []byte, read func(answer) error) error {
	l, err := w.take()
	if err != nil {
		return err
	}
	if err := l.exchange(write, read); err != nil {
		_ = l.conn.Close()
		if op, is := errors.AsType[*net.OpError](err); is {
			err = op.Err // without the port, so that like errors are counted together
		}
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = append(w.idle, l)
	return nil
}

func (w *wire) take() (*line, error) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		l := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.mu.Unlock()
		return l, nil
	}
	w.open++
	w.mu.Unlock()
	dialer := net.Dialer{Timeout: answerTimeout, KeepAlive: -1}
	conn, err := dialer.Dial("tcp", w.addr)
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, in: bufio.NewReaderSize(conn, 8<<10)}, nil
}

// opened is how many connections were made.
func (w *wire) opened() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

// close ends the connections that are not in use.
func (w *wire) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.idle {
		_ = l.conn.Close()
	}
	w.idle = nil
}

func (l *line) exchange(write func([]byte) []byte, read func(answer) error) error {
	// Moved on only once half of it is over: a deadline costs as much as a request's bytes.
	if now := time.Now(); l.until.Sub(now) < answerTimeout {
		l.until = now.Add(2 * answerTimeout)
		if err := l.conn.SetDeadline(l.until); err != nil {
			return err
		}
	}
	l.request = write(l.request[:0])
	if _, err := l.conn.Write(l.request); err != nil {
		return err
	}
	a, err := l.answer()
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return read(a)
}

// head is what of an answer's header matters to reading it.
type head struct {
	answer
	length int // -1 where chunked
}

func (l *line) answer() (answer, error) {
	h, err := l.head()
	if err != nil {
		return answer{}, err
	}
	if h.status == 204 || h.status == 304 {
		return h.answer, nil
	}
	l.body = l.body[:0]
	if h.length >= 0 {
		err = l.readN(h.length)
	} else {
		err = l.readChunks()
	}
	h.packed, h.line = l.body, l
	return h.answer, err
}

func (l *line) head() (head, error) {
	h := head{length: -1}
	text, err := l.textLine()
	if err != nil {
		return h, err
	}
	if len(text) < 12 || !bytes.HasPrefix(text, []byte("HTTP/1.1 ")) {
		return h, fmt.Errorf("not HTTP/1.1: %q", text)
	}
	if h.status, err = strconv.Atoi(string(text[9:12])); err != nil {
		return h, err
	}
	for {
		if text, err = l.textLine(); err != nil || len(text) == 0 {
			return h, err
		}
		name, value, _ := bytes.Cut(text, []byte(": "))
		switch string(name) { // as Go's server writes them
		case "Content-Length":
			if h.length, err = strconv.Atoi(string(value)); err != nil {
				return h, err
			}
		case "Content-Encoding":
			h.gzipped = string(value) == "gzip"
		case "Set-Cookie":
			cookie, _, _ := bytes.Cut(value, []byte(";"))
			h.cookie = string(cookie)
		}
	}
}

func (l *line) textLine() ([]byte, error) {
	text, err := l.in.ReadSlice('\n')
	return bytes.TrimRight(text, "\r\n"), err
}

func (l *line) readN(n int) error {
	start := len(l.body)
	l.body = append(l.body, make([]byte, n)...)
	_, err := io.ReadFull(l.in, l.body[start:])
	return err
}

func (l *line) readChunks() error {
	for {
		text, err := l.textLine()
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(text), 16, 24)
		if err != nil {
			return fmt.Errorf("chunk size: %w", err)
		}
		if err := l.readN(int(size)); err != nil {
			return err
		}
		if text, err := l.textLine(); err != nil || len(text) > 0 {
			return errors.Join(fmt.Errorf("chunk ends with %q", text), err)
		}
		if size == 0 {
			return nil
		}
	}
}

func (l *line) inflate(packed []byte) ([]byte, error) {
	l.zipped.Reset(packed)
	var err error
	if l.unzip == nil {
		l.unzip, err = gzip.NewReader(&l.zipped)
	} else {
		err = l.unzip.Reset(&l.zipped)
	}
	if err != nil {
		return nil, err
	}
	l.plain.Reset()
	_, err = l.plain.ReadFrom(l.unzip)
	return l.plain.Bytes(), err
}
