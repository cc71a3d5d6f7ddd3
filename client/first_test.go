package client_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/internal/wire"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// certificate is one of example.com that signs itself, and ends at a time.
func certificate(t *testing.T, end time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: end, DNSNames: []string{"example.com"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// road is the way to a server of the API: it is as it should be, unless broken says something else.
type road struct {
	good, bad, proxy *pipenet.Listener
	broken           atomic.Bool
	dials            atomic.Int32
	refusal          int // of the proxy, while it is broken
}

func (r *road) dial(ctx context.Context, network, address string) (net.Conn, error) {
	switch {
	case address == "proxy:3128":
		r.dials.Add(1)
		return r.proxy.DialContext(ctx, network, address)
	case r.broken.Load() && r.bad != nil:
		r.dials.Add(1)
		return r.bad.DialContext(ctx, network, address)
	default:
		return r.good.DialContext(ctx, network, address)
	}
}

// ServeHTTP is the proxy's.
func (r *road) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.broken.Load() {
		w.WriteHeader(r.refusal)
		return
	}
	to, err := r.good.DialContext(req.Context(), "tcp", req.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	from, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}()
	_, _ = io.Copy(from, to)
	_ = from.Close()
}

// roadTest is a fault of the way to the API.
type roadTest struct {
	bad     *tls.Config // of the server; without certificates it speaks no TLS
	refusal int         // of a proxy
	says    string
}

// roadTests are the faults that no waiting cures, if they are there from the first.
func roadTests(t *testing.T, good, expired, foreign tls.Certificate) map[string]roadTest {
	t.Helper()
	demands := &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	return map[string]roadTest{
		"no TLS":                   {&tls.Config{}, 0, "the server example.com:443 speaks no TLS at this address: "},
		"a TLS too old":            {&tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, 0, "the server example.com:443 speaks no TLS 1.2, and nothing newer: "},
		"a client certificate":     {demands, 0, "the server example.com:443 takes no TLS without a client certificate, or in no form that is safe: "},
		"a certificate that ended": {&tls.Config{Certificates: []tls.Certificate{expired}}, 0, "the server example.com:443 has a certificate that is refused: x509: certificate has expired"},
		"an unknown authority":     {&tls.Config{Certificates: []tls.Certificate{foreign}}, 0, "the server example.com:443 has a certificate that is refused: x509: certificate signed by unknown authority"},
		"a wrong proxy password":   {nil, http.StatusProxyAuthRequired, "the proxy proxy:3128 wants a name and a password, or other ones: it answered 407 Proxy Authentication Required"},
		"a proxy that denies":      {nil, http.StatusForbidden, "the proxy proxy:3128 does not connect to example.com:443: it answered 403 Forbidden"},
	}
}

// onTheRoad runs a test in a bubble, with a client that goes that way.
func onTheRoad(t *testing.T, c roadTest, good, expired tls.Certificate, api http.Handler, test func(t *testing.T, r *road, cfg client.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Minute) }) // of the bubble: until all connections have ended
		r := &road{good: pipenet.Listen(), refusal: c.refusal}
		serve := func(on *pipenet.Listener, h http.Handler, security *tls.Config) {
			server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)} // a refused handshake is what the test wants
			var l net.Listener = on
			if security != nil && len(security.Certificates) > 0 {
				l = tls.NewListener(l, security)
			}
			go func() { _ = server.Serve(l) }() // ends by Close
			t.Cleanup(func() { _ = server.Close() })
		}
		serve(r.good, api, &tls.Config{Certificates: []tls.Certificate{good}})
		roots := x509.NewCertPool()
		roots.AddCert(good.Leaf)
		roots.AddCert(expired.Leaf)
		transport := wire.Transport(roots, client.DefaultTimeout)
		transport.DialContext, transport.Proxy = r.dial, nil
		if c.bad != nil {
			r.bad = pipenet.Listen()
			serve(r.bad, api, c.bad)
		}
		if c.refusal != 0 {
			r.proxy = pipenet.Listen()
			serve(r.proxy, r, nil)
			transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy:3128"})
		}
		cfg := config(transport)
		cfg.BaseURL = "https://example.com"
		t.Cleanup(transport.CloseIdleConnections)
		test(t, r, cfg)
	})
}

// What is wrong with the way from the first request on ends all at once, and is named.
func TestWhatIsWrongFromTheFirst(t *testing.T) {
	good, expired, foreign := certificate(t, time.Now().AddDate(50, 0, 0)), certificate(t, time.Unix(1, 0)), certificate(t, time.Now().AddDate(50, 0, 0))
	for name, c := range roadTests(t, good, expired, foreign) {
		t.Run(name, func(t *testing.T) {
			api := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
			onTheRoad(t, c, good, expired, api, func(t *testing.T, r *road, cfg client.Config) {
				r.broken.Store(true)
				start := time.Now()
				for _, err := range updateAll(t, newClient(t, cfg), 2, 5) {
					e := wantError(t, err, client.KindOutage, client.AppliedNo)
					if !strings.Contains(e.Message, c.says) {
						t.Errorf("told as %q", e.Message)
					}
				}
				if took := time.Since(start); took != 0 || r.dials.Load() != 1 {
					t.Errorf("it took %v and %d connections", took, r.dials.Load())
				}
			})
		})
	}
}

// The same in mid-run is an outage, which is waited for, and nothing is in doubt for it.
func TestWhatGoesWrongOnTheWay(t *testing.T) {
	good, expired, foreign := certificate(t, time.Now().AddDate(50, 0, 0)), certificate(t, time.Unix(1, 0)), certificate(t, time.Now().AddDate(50, 0, 0))
	tests := roadTests(t, good, expired, foreign)
	tests["a proxy without a way"] = roadTest{nil, http.StatusBadGateway, "the proxy proxy:3128 does not connect to example.com:443: it answered 502 Bad Gateway"}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			api := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
				w.Header().Set("Connection", "close")
				ok(w, number)
			}}
			onTheRoad(t, c, good, expired, api, func(t *testing.T, r *road, cfg client.Config) {
				cfg.Rate, _ = client.ParseRate("10/s")
				time.AfterFunc(time.Second, func() { r.broken.Store(true) })
				time.AfterFunc(2*time.Minute, func() { r.broken.Store(false) })
				var told atomic.Bool
				watched := newClient(t, cfg).With(client.Trace{
					Waiting: func(_ context.Context, w client.Wait) {
						if w.Reason == client.WaitOutage && strings.Contains(w.Detail, c.says) {
							told.Store(true)
						}
					},
					Done: func(_ context.Context, a client.Attempt) {
						if a.Applied == client.AppliedMaybe {
							t.Errorf("in doubt: %v", a.Err)
						}
					},
				})
				wantNoFailure(t, updateAll(t, watched, 4, 30))
				if !told.Load() {
					t.Errorf("no outage was told as %q", c.says)
				}
			})
		})
	}
}

// With TLS 1.3 a server demands a certificate after the first request has left: nothing is in doubt for that.
func TestAClientCertificateIsDemanded(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	server.Listener = listening{server.Listener}
	server.StartTLS()
	defer server.Close()
	cfg := given(server.URL)
	cfg.CAPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
	e := wantError(t, err, client.KindOutage, client.AppliedNo)
	want := "the server " + server.Listener.Addr().String() +
		" demands a client certificate, and there is none to give: remote error: tls: certificate required"
	if e.Message != want {
		t.Errorf("told as %q", e.Message)
	}
}

// listening reads on before it closes a connection: what is closed with something unread is reset, and a reset may overtake
// what the server has said.
type listening struct{ net.Listener }

func (l listening) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return readsOn{conn}, err
}

type readsOn struct{ net.Conn }

func (c readsOn) Close() error {
	if c.Conn == nil {
		return nil
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, c.Conn) // to the client's end
	return c.Conn.Close()
}

// HTTP to a port of HTTPS is named by the server, and ends at once.
func TestHTTPToAPortOfHTTPS(t *testing.T) {
	server := newTLSServer(t, http.NotFoundHandler())
	cfg := config(nil)
	cfg.BaseURL = strings.Replace(server.URL, "https:", "http:", 1)
	_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
	if e := wantError(t, err, client.KindInvalid, client.AppliedNo); !strings.Contains(e.Message, "sent an HTTP request to an HTTPS server") {
		t.Errorf("told as %q", e.Message)
	}
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// Who does not answer is named, with the time that was waited.
func TestWhoDoesNotAnswer(t *testing.T) {
	good := certificate(t, time.Now().AddDate(50, 0, 0))
	silent := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	for name, c := range map[string]struct {
		dial  func(r *road) dialer
		proxy int
		says  string
	}{
		"a server that is connected by a proxy": {func(r *road) dialer { return r.dial },
			http.StatusBadGateway, "no answer from example.com:443 through the proxy proxy:3128 within 30s"},
		"a handshake": {func(*road) dialer {
			return func(context.Context, string, string) (net.Conn, error) {
				near, far := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, far) }()
				return near, nil
			}
		}, 0, "no TLS handshake with example.com:443 within 10s"},
		"a connection": {func(*road) dialer {
			return func(_ context.Context, network, _ string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
			}
		}, 0, "no connection to example.com:443 within 0s"},
		"the proxy": {func(*road) dialer {
			return func(_ context.Context, network, _ string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
			}
		}, http.StatusBadGateway, "no connection to the proxy proxy:3128 within 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			api := http.HandlerFunc(silent)
			onTheRoad(t, roadTest{refusal: c.proxy}, good, good, api, func(t *testing.T, r *road, cfg client.Config) {
				cfg.Transport.(*http.Transport).DialContext = c.dial(r)
				cfg.OutageWait = 3 * time.Second
				start := time.Now()
				_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
				e := wantError(t, err, client.KindOutage, client.AppliedNo)
				took := time.Since(start).Round(time.Second)
				if want := fmt.Sprintf("the API has been down for %v: %s", took, c.says); e.Message != want {
					t.Errorf("told as %q, want %q", e.Message, want)
				}
			})
		})
	}
}

// A file of certificates that has none is named as what it is.
func TestAFileWithoutCertificates(t *testing.T) {
	good := certificate(t, time.Now().AddDate(50, 0, 0))
	for want, text := range map[string][]byte{
		"it is empty":          []byte(" \n"),
		"certificate in DER":   good.Certificate[0],
		"no certificate found": []byte("<html>"),
		"is damaged":           []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		"it has a PRIVATE KEY": []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
	} {
		cfg := config(nil)
		cfg.CAPEM = bytes.Clone(text)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
