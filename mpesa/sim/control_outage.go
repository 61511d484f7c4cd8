package sim

import (
	"errors"
	"net/http"
	"time"
)

// controlOutages serves what has to do with outages.
func (s *Sim) controlOutages(mux *http.ServeMux) {
	mux.HandleFunc("GET /outages", func(w http.ResponseWriter, _ *http.Request) {
		list := []outageJSON{}
		for _, o := range s.Outages() {
			list = append(list, outageJSON{
				0, o.From.Format(time.RFC3339), o.For.Milliseconds(), o.Answer, o.Calls, o.LoseCallbacks,
				o.HoldCallbacks,
			})
		}
		writeJSON(w, http.StatusOK, list)
	})
	mux.HandleFunc("DELETE /outages", func(w http.ResponseWriter, _ *http.Request) {
		s.EndOutages()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /outages", func(w http.ResponseWriter, r *http.Request) {
		var wire outageJSON
		if !readControl(w, r, &wire) {
			return
		}
		o := Outage{
			From: s.cfg.Now().Add(s.scaled(milliseconds(wire.AfterMs))), For: milliseconds(wire.ForMs),
			Answer: wire.Answer, Calls: wire.Calls, LoseCallbacks: wire.LoseCallbacks,
			HoldCallbacks: wire.HoldCallbacks,
		}
		if !o.known() || wire.AfterMs < 0 || wire.From != "" {
			controlError(w, http.StatusBadRequest,
				errors.New("an outage has a known answer, known calls, forMs above 0 and afterMs not below"))
			return
		}
		s.AddOutage(o)
		w.WriteHeader(http.StatusNoContent)
	})
}
