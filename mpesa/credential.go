package mpesa

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
)

// SecurityCredential makes Config.SecurityCredential from the initiator's password:
// base64 of its RSA encryption with Safaricom's certificate, padded by PKCS #1 v1.5.
// The certificate is PEM or DER, and another one for the sandbox than for
// production; that its time is over does not matter. It comes out different every
// time, and each is good. random goes to rsa.EncryptPKCS1v15, which since Go 1.26
// draws from a secure source whatever it is given. No error repeats the password.
func SecurityCredential(initiatorPassword string, certificate []byte, random io.Reader) (string, error) {
	if initiatorPassword == "" {
		return "", errors.New("mpesa: the initiator password is missing")
	}
	if strings.TrimSpace(initiatorPassword) != initiatorPassword {
		return "", errors.New("mpesa: the initiator password begins or ends with a space")
	}
	key, err := publicKey(certificate)
	if err != nil {
		return "", fmt.Errorf("mpesa: %w", err)
	}
	//lint:ignore SA1019 Safaricom takes no other padding.
	sealed, err := rsa.EncryptPKCS1v15(random, key, []byte(initiatorPassword))
	if err != nil {
		return "", fmt.Errorf("mpesa: encrypt the initiator password: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

func publicKey(certificate []byte) (*rsa.PublicKey, error) {
	if bytes.Contains(certificate, []byte("-----BEGIN ")) {
		block, _ := pem.Decode(certificate)
		if block == nil {
			return nil, errors.New("the certificate is not whole")
		}
		certificate = block.Bytes
	}
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	key, isRSA := parsed.PublicKey.(*rsa.PublicKey)
	if !isRSA {
		return nil, errors.New("the certificate has no RSA key")
	}
	return key, nil
}
