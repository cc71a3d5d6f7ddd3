package wire

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
)

// Roots returns the system's certificates and those of a PEM text, nil without a text, or what is wrong with it.
func Roots(text []byte) (pool *x509.CertPool, problem string) {
	if text == nil {
		return nil, ""
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, noCertificate(text)
	}
	return pool, ""
}

// noCertificate says what a text is in which no certificate was found.
func noCertificate(text []byte) string {
	const convert = "; openssl x509 -inform der -outform pem converts it"
	if len(bytes.TrimSpace(text)) == 0 {
		return "it is empty: a certificate in PEM is wanted"
	}
	if _, err := x509.ParseCertificate(text); err == nil {
		return "it is a certificate in DER, and PEM is wanted" + convert
	}
	switch block, _ := pem.Decode(text); {
	case block == nil:
		return "no certificate found in it: text in PEM is wanted, from -----BEGIN CERTIFICATE----- on"
	case block.Type == "CERTIFICATE":
		return "the certificate in it is damaged"
	default:
		return "it has a " + block.Type + ", and no certificate"
	}
}
