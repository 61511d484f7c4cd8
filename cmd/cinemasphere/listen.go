package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"

	"cinemasphere/handlers/https"
)

// plainSocket is the name of the socket for HTTP, as systemd hands it over beside that of HTTPS.
const plainSocket = "http"

// listen takes the sockets that systemd hands over, which keep who comes waiting while the program restarts, or else
// opens its own.
func (s *server) listen() (err error) {
	handed, err := activation.ListenersWithNames()
	if err != nil {
		return fmt.Errorf("sockets from systemd: %w", err)
	}
	for name, all := range handed {
		for _, l := range all {
			switch {
			case l == nil:
				return errors.New("systemd hands over something that is no stream socket: see ListenStream= of the " +
					"unit")
			case name == plainSocket && s.https != nil && s.plain == nil:
				s.plain = l
			case name != plainSocket && s.listener == nil:
				s.listener = l
			default:
				return fmt.Errorf("systemd hands over one socket too many, of the name %q: one is for the site and, "+
					"with DOMAIN, one named %s for HTTP", name, plainSocket)
			}
		}
	}
	if s.listener == nil {
		if s.listener, err = listenOn("ADDR", s.Addr); err != nil {
			return err
		}
	}
	if s.https == nil {
		return nil
	}
	if s.plain == nil && s.HTTPAddr != "off" {
		if s.plain, err = listenOn("HTTP_ADDR", s.HTTPAddr); err != nil {
			return err
		}
	}
	return s.openKeeper()
}

// openKeeper makes what keeps the certificates. It is answered on the ports that there are.
func (s *server) openKeeper() (err error) {
	c := *s.https
	c.Log = s.log
	c.TLSPort = tcpPort(s.listener)
	if s.plain != nil {
		c.HTTPPort = tcpPort(s.plain)
	}
	s.keeper, err = https.New(c)
	return err
}

func tcpPort(l net.Listener) int {
	if tcp, is := l.Addr().(*net.TCPAddr); is {
		return tcp.Port
	}
	return 0
}

// listenOn opens a socket. The error says what to do where the port cannot be had.
func listenOn(setting, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, fs.ErrPermission):
		program, pathErr := os.Executable()
		if pathErr != nil {
			program = "the program"
		}
		return nil, fmt.Errorf("%s is %s, and this user may not take ports below 1024: let systemd take it (see "+
			"cinemasphere install), or type sudo setcap cap_net_bind_service=+ep %s", setting, addr, program)
	case errors.Is(err, syscall.EADDRINUSE):
		_, port, _ := strings.Cut(addr[strings.LastIndex(addr, ":"):], ":")
		return nil, fmt.Errorf("%s is %s, and another program has that port: sudo ss -ltnp 'sport = :%s' says which",
			setting, addr, port)
	}
	return nil, fmt.Errorf("listen on %s: %w", setting, err)
}

// tellSystemd tells systemd how far the program is, where that wants to know.
func (s *server) tellSystemd(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn("systemd is not told of the state", "error", err)
	}
}
