package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Way notes how far a request got. Its hooks are called in other goroutines.
type Way struct {
	seen, dialed, handshake, connected, headers atomic.Bool

	hop  atomic.Pointer[string] // "host:port" of the server, or of the proxy before it
	idle atomic.Int64           // for how long its connection was idle before, in nanoseconds

	conn    atomic.Pointer[counted] // nil: nobody counts
	written atomic.Int64            // on that connection before
}

// takes notes the connection of the request.
func (w *Way) takes(info httptrace.GotConnInfo) {
	w.connected.Store(true)
	w.idle.Store(int64(info.IdleTime))
	if c := countOf(info.Conn); c != nil {
		w.written.Store(c.written.Load())
		w.conn.Store(c)
	}
}

// Watch returns a context of a request that notes how far it got.
func (w *Way) Watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(hop string) {
			w.seen.Store(true)
			w.hop.Store(&hop)
		},
		ConnectDone:       func(_, _ string, err error) { w.dialed.Store(err == nil) },
		TLSHandshakeStart: func() { w.handshake.Store(true) },
		GotConn:           w.takes,
		WroteHeaders:      func() { w.headers.Store(true) },
	})
}

// left reports whether all of the request may have left. Without its headers a server
// cannot act on it. A cancelled request may still be writing them, and a transport
// that tells nothing may have done anything.
func (w *Way) left(cancelled bool) bool {
	if c := w.conn.Load(); c != nil && !cancelled && c.written.Load() == w.written.Load() {
		return false // what net/http takes for written was closed with its buffer
	}
	return !w.seen.Load() || w.headers.Load() || cancelled && w.connected.Load()
}

// Fault is why a request has no answer.
type Fault struct {
	// Text says it in words. It may hold a secret.
	Text string
	// Err is the cause, without the request's address.
	Err error
	// Connected is whether there was a connection, and Left whether the server may have had all of the request.
	Connected, Left bool
	// Permanent is a fault that is not cured by waiting where it meets the very first request.
	Permanent bool
}

// Fault returns the fault of a request to a server that failed after so long, cancelled or not.
func (w *Way) Fault(err error, server *url.URL, took time.Duration, cancelled bool) Fault {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // of a transport that is a client itself: it repeats the address, and with it the phone number
	}
	operation, ok := errors.AsType[*net.OpError](err)
	dialing := ok && (operation.Op == "dial" || operation.Op == "proxyconnect")
	text := strings.TrimPrefix(err.Error(), "readLoopPeekFailLocked: ") // where in net/http
	f := Fault{Err: err, Text: text, Connected: !dialing && (w.connected.Load() || !w.seen.Load())}
	f.Left = !dialing && w.left(cancelled)
	words, known := permanent(err)
	f.Permanent = known
	_, refused := errors.AsType[*ProxyError](err)
	switch {
	case errors.Is(err, ErrLate): // a head without its body asks for nothing
		f.Text, f.Left = ErrLate.Error(), false
	case TimedOut(err):
		f.Text = w.silence(server, took)
	case ok && operation.Op == "proxyconnect":
		f.Text = "the proxy " + w.proxy(server) + " cannot be reached: " + operation.Err.Error()
	case refused, dialing: // it says of whom
	case known:
		f.Text = "the server " + w.Whom(server) + " " + words + ": " + strings.TrimPrefix(f.Text, certificateRefused)
	default:
		f.Text = "no answer from " + w.Whom(server) + ": " + f.Text
	}
	if strings.Contains(f.Text, certificateRequired) {
		f.Left = false // the handshake of TLS 1.3 ends after the client's first bytes, of which the server takes none
	}
	return f
}

// silence says who did not answer within the time that was waited.
func (w *Way) silence(server *url.URL, took time.Duration) string {
	name, proxy := w.Whom(server), w.proxy(server)
	what := "no answer from "
	switch {
	case w.connected.Load(), !w.seen.Load():
	case w.handshake.Load():
		what = "no TLS handshake with "
	case proxy != "" && !w.dialed.Load():
		what, name = "no connection to ", "the proxy "+proxy
	default:
		what = "no connection to "
	}
	return fmt.Sprintf("%s%s within %v", what, name, took.Round(time.Second/10))
}

// Whom names a server by its host and port, with the proxy before it.
func (w *Way) Whom(server *url.URL) string {
	if proxy := w.proxy(server); proxy != "" {
		return address(server) + " through the proxy " + proxy
	}
	return address(server)
}

// proxy is the address of the proxy before a server, "" without one.
func (w *Way) proxy(server *url.URL) string {
	if hop := w.hop.Load(); hop != nil && *hop != "" && *hop != address(server) {
		return *hop
	}
	return ""
}

// address is the host and port of an address.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// TimedOut reports whether an error is that of a time-out.
func TimedOut(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

const (
	// certificateRequired is an alert of TLS 1.3 (RFC 8446 section 6).
	certificateRequired = "remote error: tls: certificate required"
	// certificateRefused is how a [tls.CertificateVerificationError] begins.
	certificateRefused = "tls: failed to verify certificate: "
)

// permanent says in words what a server does that no waiting mends; "" of a proxy: its error says it.
func permanent(err error) (words string, is bool) {
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return "has a certificate that is refused", true
	}
	if refused, is := errors.AsType[*ProxyError](err); is {
		return "", refused.final()
	}
	if _, is := errors.AsType[tls.RecordHeaderError](err); is || errors.Is(err, http.ErrSchemeMismatch) {
		return "speaks no TLS at this address", true
	}
	// crypto/tls has no types for the alerts of a server.
	for _, known := range []struct{ alert, words string }{
		{certificateRequired, "demands a client certificate, and there is none to give"},
		{"remote error: tls: bad certificate", "demands a client certificate, and there is none to give"},
		{"remote error: tls: handshake failure", "takes no TLS without a client certificate, or in no form that is safe"},
		{"remote error: tls: protocol version not supported", "speaks no TLS 1.2, and nothing newer"},
		{"tls: server selected unsupported protocol version", "speaks no TLS 1.2, and nothing newer"},
	} {
		if strings.Contains(err.Error(), known.alert) {
			return known.words, true
		}
	}
	return "", false
}

// ProxyError is the refusal of a proxy to connect to a server.
type ProxyError struct {
	Status        string // "407 Proxy Authentication Required"
	Code          int
	Proxy, Server string // host:port
}

// Error tells who refused what.
func (e *ProxyError) Error() string {
	if e.Code == http.StatusProxyAuthRequired {
		return fmt.Sprintf("the proxy %s wants a name and a password, or other ones: it answered %s", e.Proxy, e.Status)
	}
	return fmt.Sprintf("the proxy %s does not connect to %s: it answered %s", e.Proxy, e.Server, e.Status)
}

// final reports whether the proxy would answer the same again. A wrong password may lock an account.
func (e *ProxyError) final() bool {
	return e.Code >= 400 && e.Code < 500 && e.Code != http.StatusRequestTimeout && e.Code != http.StatusTooManyRequests
}

// heedProxy is an OnProxyConnectResponse.
func heedProxy(_ context.Context, proxy *url.URL, connect *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Status: answer.Status, Code: answer.StatusCode, Proxy: address(proxy), Server: connect.Host}
}
