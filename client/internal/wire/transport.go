// Package wire is how requests travel: the transport with its limits, the certificates that it trusts, how far a request
// came, and what it means that it came no further.
package wire

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	connectTimeout = 10 * time.Second
	// Shorter than the idle time of usual servers and proxies: a connection that the other side has
	// dropped in silence would make the next update a doubtful one.
	idleTimeout = 30 * time.Second
	maxIdle     = 256
	// pingAfter is how long an HTTP/2 connection may be silent until it is asked for a sign of life, and how long that
	// may take. A connection that a balancer forgot in silence would otherwise get, and lose, every request.
	pingAfter      = 5 * time.Second
	maxHeaderBytes = 64 << 10
)

// Transport returns a transport with all time limits set, whose connections are
// kept for more workers than any sensible pool has. HTTP/2 and gzip are on.
func Transport(roots *x509.CertPool, timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 15 * time.Second}
	ping := min(pingAfter, timeout/3) // so that it is noticed before the next request
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            counting(dialer.DialContext),
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		OnProxyConnectResponse: heedProxy,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: ping, PingTimeout: ping},
	}
}

// RoundTrip sends a request, and follows no redirect: an update must not end up at another address. A transport of somebody
// else may give less than net/http's own.
func RoundTrip(transport http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := transport.RoundTrip(req)
	switch {
	case err != nil:
		return nil, err
	case resp == nil:
		return nil, fmt.Errorf("the transport (%T) gave no answer and no error", transport)
	case resp.Body == nil:
		resp.Body = http.NoBody
	}
	return resp, nil
}

// CloseIdle closes the connections of a transport that no request uses just now, if it keeps some.
func CloseIdle(transport http.RoundTripper) {
	if keeps, is := transport.(interface{ CloseIdleConnections() }); is {
		keeps.CloseIdleConnections()
	}
}
