package weather_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// authority signs certificates.
type authority struct {
	w    *world
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string
}

// cert is a certificate with its key, in a file.
type cert struct{ file string }

// host is the name of the API where it has one.
const host = "api.telegent.example"

// authority is the world's own, whose certificate the command trusts.
func (w *world) authority() *authority {
	if w.trusted == nil {
		w.trusted = w.newAuthority("ca")
	}
	return w.trusted
}

// newAuthority is one that nobody trusts.
func (w *world) newAuthority(name string) *authority {
	a := &authority{w: w, file: filepath.Join(w.dir, name+".pem")}
	a.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "Weather " + name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.key = a.sign(name, a.cert, a.cert, nil, false)
	return a
}

// sign makes a key, and writes a certificate for it: with the key, where a server is to use it.
func (a *authority) sign(name string, cert, parent *x509.Certificate, signer *ecdsa.PrivateKey, withKey bool) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.w.must(err)
	if signer == nil {
		signer = key
	}
	cert.SerialNumber = big.NewInt(time.Now().UnixNano())
	if cert.NotAfter.IsZero() {
		cert.NotBefore, cert.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), signer)
	a.w.must(err)
	var text strings.Builder
	a.w.must(pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if withKey {
		secret, err := x509.MarshalPKCS8PrivateKey(key)
		a.w.must(err)
		a.w.must(pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	}
	a.w.write(name+".pem", text.String())
	return key
}

// issue makes a server's certificate for loopback and [host], changed by what is wrong with it.
func (a *authority) issue(name string, wrong func(*x509.Certificate)) cert {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if wrong != nil {
		wrong(template)
	}
	a.sign(name, template, a.cert, a.key, true)
	return cert{filepath.Join(a.w.dir, name+".pem")}
}

// good is a certificate with which nothing is wrong.
func (a *authority) good() cert { return a.issue("good", nil) }

// way is one whose certificates the command trusts.
func (a *authority) way(url string) way {
	return way{url: url, env: []string{"BULKNUM_CA_FILE=" + a.file}}
}

// good is a certificate with which nothing is wrong.
func good(w *world) cert { return w.authority().good() }

// expired is a certificate whose time is over.
func expired(w *world) cert {
	return w.authority().issue("expired", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	})
}

// foreign is a certificate of another host.
func foreign(w *world) cert {
	return w.authority().issue("foreign", func(c *x509.Certificate) {
		c.DNSNames, c.IPAddresses = []string{"www.example.net"}, nil
	})
}

// unknown is a certificate of an authority that nobody knows.
func unknown(w *world) cert { return w.newAuthority("nobody").issue("unknown", nil) }
