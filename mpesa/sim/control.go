package sim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// Control serves the JSON control API described in the package comment. It asks for no credentials: serve it on a
// loopback address only.
func (s *Sim) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /scripts/{phone}", s.controlSetScript)
	mux.HandleFunc("GET /scripts/{phone}", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.ScriptOf(r.PathValue("phone")))
	})
	mux.HandleFunc("DELETE /scripts/{phone}", func(w http.ResponseWriter, r *http.Request) {
		s.ClearScript(r.PathValue("phone"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /phones/{phone}/{answer}", s.controlAnswer)
	mux.HandleFunc("POST /token/revoke", func(w http.ResponseWriter, _ *http.Request) {
		s.RevokeToken()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /pushes", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.Pushes(r.FormValue("phone")))
	})
	mux.HandleFunc("GET /totals", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Totals())
	})
	s.controlMoney(mux)
	s.controlC2B(mux)
	s.controlOutages(mux)
	return mux
}

func (s *Sim) controlSetScript(w http.ResponseWriter, r *http.Request) {
	phone := r.PathValue("phone")
	if phone != "*" && !phoneShape.MatchString(phone) {
		controlError(w, http.StatusBadRequest, errors.New(`the phone is "*" or 254 and nine digits`))
		return
	}
	var wire scriptJSON
	if !readControl(w, r, &wire) {
		return
	}
	script, err := wire.script()
	if err != nil {
		controlError(w, http.StatusBadRequest, err)
		return
	}
	s.SetScript(phone, script)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) controlAnswer(w http.ResponseWriter, r *http.Request) {
	phone := r.PathValue("phone")
	var err error
	switch r.PathValue("answer") {
	case "pin":
		var body struct {
			PIN string `json:"pin"`
		}
		if err = json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&body); err == nil && body.PIN == "" {
			err = ErrBadPIN
		}
		if err == nil {
			err = s.PIN(phone, body.PIN)
		}
	case "cancel":
		err = s.Cancel(phone)
	case "expire":
		err = s.Expire(phone)
	default:
		http.NotFound(w, r)
		return
	}
	switch {
	case errors.Is(err, ErrNoPrompt):
		controlError(w, http.StatusConflict, err)
	case err != nil:
		controlError(w, http.StatusBadRequest, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// readControl reads a JSON body, or answers that it is none.
func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxRequest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		controlError(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func controlError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}
