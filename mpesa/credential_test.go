package mpesa

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

const testInitiatorPassword = "Safaricom999!*!"

// selfSigned makes a certificate whose time is over, as that of the sandbox is.
func selfSigned(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotAfter: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestSecurityCredential(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der := selfSigned(t, key)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	seen := map[string]bool{}
	for name, certificate := range map[string][]byte{
		"DER": der, "PEM": text, "PEM with a line above": append([]byte("subject=/CN=Safaricom\n"), text...),
		"PEM with CRLF": bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
	} {
		credential, err := SecurityCredential(testInitiatorPassword, certificate, rand.Reader)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sealed, err := base64.StdEncoding.DecodeString(credential)
		if err != nil || len(sealed) != 256 || seen[credential] {
			t.Errorf("%s: %d bytes, %v, before: %v", name, len(sealed), err, seen[credential])
		}
		seen[credential] = true
		// RSA and its padding by hand: 0, 2, at least eight bytes that are not 0, a 0, the message.
		open := new(big.Int).Exp(new(big.Int).SetBytes(sealed), key.D, key.N).FillBytes(make([]byte, 256))
		padding, message, _ := bytes.Cut(open[2:], []byte{0})
		if open[0] != 0 || open[1] != 2 || len(padding) != 256-3-len(testInitiatorPassword) ||
			string(message) != testInitiatorPassword {
			t.Errorf("%s: opens as %q", name, open)
		}
		cfg := testConfig(nil)
		cfg.InitiatorName, cfg.SecurityCredential = "testapi", credential
		newTestClient(t, cfg)
	}
}

func TestSecurityCredentialRefuses(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := selfSigned(t, key)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: good})
	for name, test := range map[string]struct {
		password    string
		certificate []byte
	}{
		"no password":          {"", good},
		"password with a line": {testInitiatorPassword + "\n", good},
		"password too long":    {strings.Repeat(testInitiatorPassword, 17), good},
		"no certificate":       {testInitiatorPassword, nil},
		"certificate cut":      {testInitiatorPassword, good[:len(good)/2]},
		"PEM cut":              {testInitiatorPassword, text[:len(text)/2]},
		"a key": {testInitiatorPassword,
			pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})},
		"a page":     {testInitiatorPassword, []byte(incapsulaPage)},
		"no RSA key": {testInitiatorPassword, selfSigned(t, other)},
	} {
		credential, err := SecurityCredential(test.password, test.certificate, rand.Reader)
		if err == nil || credential != "" {
			t.Errorf("%s: %q, %v", name, credential, err)
		} else if strings.Contains(err.Error(), testInitiatorPassword) || !strings.HasPrefix(err.Error(), "mpesa: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
