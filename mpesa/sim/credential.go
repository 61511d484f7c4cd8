package sim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// NewCertificate makes a key for Config.CredentialKey and its certificate in PEM, as Safaricom hands out for the
// sandbox and for production: initiator passwords are encrypted for it. It takes a tenth of a second or more.
func NewCertificate(now time.Time) (key *rsa.PrivateKey, certificate []byte, err error) {
	if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, nil, fmt.Errorf("sim: make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "M-PESA simulator"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("sim: make a certificate: %w", err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// mayAsk tells whether an initiator is who it says. Its credential is the password, encrypted with PKCS#1 v1.5 for
// M-PESA's certificate, in base64. What Config does not name is not checked; that both fields are there at all was.
func (s *Sim) mayAsk(initiator, credential string) bool {
	if s.cfg.Initiator != "" && !equal(initiator, s.cfg.Initiator) {
		return false
	}
	if s.cfg.CredentialKey == nil {
		return true
	}
	sealed, err := base64.StdEncoding.DecodeString(credential)
	if err != nil {
		return false
	}
	//lint:ignore SA1019 Safaricom takes no other padding.
	password, err := rsa.DecryptPKCS1v15(nil, s.cfg.CredentialKey, sealed)
	return err == nil && (s.cfg.InitiatorPassword == "" || equal(string(password), s.cfg.InitiatorPassword))
}
