package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// Partners are programs that the cinema has given a key to, and with it bounds of their own.
type Partners struct{ all []partner }

type partner struct {
	name string
	sum  [sha256.Size]byte // of its key
}

// NewPartners makes Partners of their keys by name.
func NewPartners(keys map[string]string) *Partners {
	p := new(Partners)
	for name, key := range keys {
		p.all = append(p.all, partner{name, sha256.Sum256([]byte(key))})
	}
	return p
}

// Of is the name of the partner whose key the request brings as Authorization: Bearer, "" for a request without. What a
// proxy asks for by another scheme is the proxy's. The error is a 401 for a key that nobody has.
func (p *Partners) Of(w http.ResponseWriter, r *http.Request) (string, error) {
	said := strings.TrimSpace(r.Header.Get("Authorization"))
	scheme, key, two := strings.Cut(said, " ")
	bearer := strings.EqualFold(scheme, "Bearer")
	if said == "" || two && !bearer {
		return "", nil
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(key)))
	name := ""
	for _, one := range p.all { // all of them, so that the time taken says nothing
		if subtle.ConstantTimeCompare(one.sum[:], sum[:]) == 1 {
			name = one.name
		}
	}
	if name == "" || !bearer { // a key without a scheme would be taken for none
		w.Header().Set("WWW-Authenticate", "Bearer")
		return "", &Error{
			Status: http.StatusUnauthorized,
			Public: "This key is not known. Send it as Authorization: Bearer KEY, or none at all.",
		}
	}
	return name, nil
}
