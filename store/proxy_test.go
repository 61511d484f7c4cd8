package store_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// proxy stands between the books and PostgreSQL, and cuts the line at a statement.
type proxy struct {
	t        *testing.T
	listener net.Listener
	server   string // its socket

	mu    sync.Mutex
	at    string // the statement begins so; "" is none
	after bool   // the server has done it by then
	cuts  int    // how often more
}

// newProxy returns a proxy and the path by which books are reached through it.
func newProxy(t *testing.T, path string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "proxy") // a test's own directory has too long a name for a socket
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	p := &proxy{t: t, server: filepath.Join(u.Query().Get("host"), socket)}
	if p.listener, err = net.Listen("unix", filepath.Join(dir, socket)); err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := p.listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		err := errors.Join(p.listener.Close(), os.RemoveAll(dir))
		serving.Wait()
		if err != nil {
			t.Error(err)
		}
	})
	u.RawQuery = url.Values{"host": {dir}}.Encode()
	return p, u.String()
}

// cut lets the line be cut n times at statements that begin so, before the server hears of them, or after it has done
// them.
func (p *proxy) cut(n int, statement string, after bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts, p.at, p.after = n, statement, after
}

// left is how many cuts are still to be made.
func (p *proxy) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// cutsAt reports whether the line is cut at this message of a client, which runs a statement: by its text, or by the
// name under which the text was prepared.
func (p *proxy) cutsAt(message []byte, prepared map[string]string) (cut, after bool) {
	body := string(message[min(5, len(message)):])
	var text string
	switch message[0] {
	case 'P': // parse: a name, then the text
		name, rest, _ := strings.Cut(body, "\x00")
		prepared[name], _, _ = strings.Cut(rest, "\x00")
		return false, false
	case 'B': // bind: a portal, then the name
		_, rest, _ := strings.Cut(body, "\x00")
		name, _, _ := strings.Cut(rest, "\x00")
		text = prepared[name]
	case 'Q':
		text = body
	default:
		return false, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cuts == 0 || !strings.HasPrefix(strings.ToLower(text), strings.ToLower(p.at)) {
		return false, false
	}
	p.cuts--
	return true, p.after
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.server)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer server.Close()
	silent, heard := make(chan struct{}), make(chan struct{})
	go func() { // what the server says
		defer close(heard)
		defer client.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			select {
			case <-silent: // the answer to what it was cut at
				return
			default:
			}
			if n > 0 {
				if _, err := client.Write(buf[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	prepared := map[string]string{}
	cut, after := false, false
	for first := true; ; first = false { // the first message has no type
		message, err := readMessage(client, first)
		if err != nil {
			return
		}
		if !first && !cut {
			if cut, after = p.cutsAt(message, prepared); cut {
				close(silent)
			}
		}
		if cut && !after {
			return
		}
		if _, err := server.Write(message); err != nil {
			return
		}
		if cut && (message[0] == 'Q' || message[0] == 'S') { // now the server answers
			<-heard
			return
		}
	}
}

// readMessage reads one message of PostgreSQL's protocol: a letter but for the first, and a length that counts itself.
func readMessage(r io.Reader, first bool) ([]byte, error) {
	head := make([]byte, 5)
	if first {
		head = head[:4]
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	rest := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
	_, err := io.ReadFull(r, rest)
	return append(head, rest...), err
}
