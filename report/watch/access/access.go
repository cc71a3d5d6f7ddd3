// Package access is who may read what a run or a worker serves over HTTP: without a token whoever is on this machine,
// with one whoever has it.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/client"
)

// policy is what an answer may do in a browser: nothing. A page has its own.
const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// open are the paths that need no token: the kubelet and Prometheus send none, and neither a phone number nor a person's
// name is in what they answer.
var open = []string{"/healthz", "/metrics"}

// Token is what a reader must have; the zero value is none, and lets in who asks this machine by a name of loopback.
// It prints as ***.
type Token struct{ secret client.Secret }

// tokenShortest is how many characters a token has at least: nobody tries out 2^64 of them, even if they are letters only.
const tokenShortest = 16

// ParseToken reads a token. Its errors do not show it.
func ParseToken(text string) (Token, error) {
	switch {
	case len(text) < tokenShortest:
		return Token{}, fmt.Errorf("a token has at least %d characters", tokenShortest)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return Token{}, errors.New("a token has letters, digits and signs of ASCII only, and no blanks")
	}
	return Token{client.NewSecret(text)}, nil
}

// IsZero reports whether there is none.
func (t Token) IsZero() bool { return t.secret.IsZero() }

// String is of [fmt.Stringer].
func (t Token) String() string { return t.secret.String() }

// is compares a text with the token, in a time that tells nothing of either.
func (t Token) is(text string) bool {
	want, got := sha256.Sum256([]byte(t.secret.Reveal())), sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// admits reports whether a request has the token: as a bearer token (RFC 6750), as programs send it, or as the password
// of any user (RFC 7617), which a browser asks for by itself and sends to this origin alone.
func (t Token) admits(r *http.Request) bool {
	if t.IsZero() {
		return false
	}
	if _, password, basic := r.BasicAuth(); basic {
		return t.is(password)
	}
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && t.is(strings.TrimSpace(text))
}

// Guard lets in who may read what is served at an address. Where that is of loopback, only who asked for it by a name of
// loopback: a name that somebody else controls may lead there too. Elsewhere such a page of somebody else has no token.
// Pages of other sites are kept out everywhere.
func (t Token) Guard(at net.Addr, next http.Handler) http.Handler {
	tcp, is := at.(*net.TCPAddr)
	remote := is && !tcp.IP.IsLoopback()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		switch {
		case !remote && !client.AsksLoopback(r.Host):
			http.Error(w, "ask for 127.0.0.1 or localhost", http.StatusForbidden)
		case !sameSite(r):
			http.Error(w, "not for other sites", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only to be read", http.StatusMethodNotAllowed)
		case (remote || !t.IsZero()) && !slices.Contains(open, r.URL.Path) && !t.admits(r):
			h.Add("WWW-Authenticate", `Bearer realm="bulknum"`)
			h.Add("WWW-Authenticate", `Basic realm="bulknum", charset="UTF-8"`)
			http.Error(w, "give the token of this page, as a bearer token, or as the password of any user", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// sameSite reports whether a request is of the page itself, of somebody who
// opens it, or of a program that is no browser.
func sameSite(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" || u.Host != r.Host {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	default: // a link that is followed is no reading by another site
		return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	}
}
