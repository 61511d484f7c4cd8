package checkout

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"cinemasphere/store"
)

// ProbePath is what stands between a callback's address and the token of a probe.
const ProbePath = "/probe/"

// ProbeAnswer is the response to a probe of the callback address. It proves that the address reaches a program on these
// books, with the token unchanged. Nothing is stored of a probe.
func ProbeAnswer(ctx context.Context, st *store.Store, token string) (string, error) {
	key, err := st.Catalogue().SettingOr(ctx, "probe.key", rand.Text)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// ProbeAnswer answers a probe.
func (s *Service) ProbeAnswer(ctx context.Context, token string) (string, error) {
	return ProbeAnswer(ctx, s.store, token)
}
