package sim

import (
	"errors"
	"net/http"
)

// controlC2B serves what has to do with the addresses of payments by hand.
func (s *Sim) controlC2B(mux *http.ServeMux) {
	mux.HandleFunc("GET /urls", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.RegisteredURLs())
	})
	mux.HandleFunc("DELETE /urls", func(w http.ResponseWriter, _ *http.Request) {
		s.ForgetURLs()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PUT /echo", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Echo Echo `json:"echo"`
		}
		switch {
		case !readControl(w, r, &body):
		case !body.Echo.known():
			controlError(w, http.StatusBadRequest, errors.New("unknown echo"))
		default:
			s.SetEcho(body.Echo)
			w.WriteHeader(http.StatusNoContent)
		}
	})
}
