package sim

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
)

// InProcess is a transport that asks the handler directly, without a socket: for tests in a testing/synctest bubble,
// in both directions. A handler that hijacks the connection, or panics, leaves its caller with io.ErrUnexpectedEOF; one
// that answers by AnswerRefused leaves it with ECONNREFUSED; a request whose context ends returns at once, while its
// handler runs on.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	served := req.Clone(req.Context())
	served.RequestURI = req.URL.RequestURI()
	served.RemoteAddr = "127.0.0.1:1"
	if served.Host == "" {
		served.Host = req.URL.Host
	}
	if served.Body == nil {
		served.Body = http.NoBody
	}
	answer := &answerWriter{header: make(http.Header)}
	done := make(chan error, 1)
	go func() {
		defer func() {
			_ = served.Body.Close()
			if v := recover(); v != nil {
				done <- fmt.Errorf("sim: handler panicked: %v: %w", v, io.ErrUnexpectedEOF)
			}
		}()
		t.handler.ServeHTTP(answer, served)
		done <- nil
	}()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case err := <-done:
		switch {
		case err == nil && answer.refused:
			err = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		case err == nil && answer.hijacked:
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		return answer.response(req), nil
	}
}

// answerWriter collects what a handler answers.
type answerWriter struct {
	header   http.Header
	sent     http.Header // as it was when the status was written
	status   int
	body     bytes.Buffer
	hijacked bool
	refused  bool
}

func (w *answerWriter) Header() http.Header { return w.header }

func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush does nothing: the answer is handed over whole.
func (w *answerWriter) Flush() {}

// Hijack takes the connection away; nobody is at its other end.
func (w *answerWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	here, there := net.Pipe()
	_ = there.Close()
	return here, bufio.NewReadWriter(bufio.NewReader(here), bufio.NewWriter(here)), nil
}

// refuseConnection has the caller told that there was no connection.
func (w *answerWriter) refuseConnection() { w.refused = true }

func (w *answerWriter) response(req *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       req,
	}
}
