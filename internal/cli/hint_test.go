package cli

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// The cure of a refused certificate is that of its fault, and apply tells it as check does.
func TestCertificateHint(t *testing.T) {
	refused := func(why error) *client.Error {
		return &client.Error{Kind: client.KindOutage, Err: &tls.CertificateVerificationError{Err: why}}
	}
	for want, call := range map[string]*client.Error{
		"must be renewed there":              refused(x509.CertificateInvalidError{Reason: x509.Expired}),
		"is that of another host":            refused(x509.HostnameError{Certificate: &x509.Certificate{}}),
		"trust its certificate with --ca-fi": refused(x509.UnknownAuthorityError{}),
		"HTTPS_PROXY if there is a proxy":    {Kind: client.KindOutage},
	} {
		hint := hintFor(call)
		if !strings.Contains(hint, want) || strings.Contains(hint, "--ca-file") != strings.Contains(want, "--ca-fi") {
			t.Errorf("%q: %s", want, hint)
		}
		if got := hintFor(result.CallStop(call)); got != hint {
			t.Errorf("a run that stops for it says %q, want %q", got, hint)
		}
	}
}

// A 403 is of the tokens' scope, unless it is the token that is refused.
func TestForbiddenHint(t *testing.T) {
	for endpoint, scope := range map[client.Endpoint]bool{
		client.EndpointToken: false, client.EndpointUpdate: true, client.EndpointInventory: true,
	} {
		call := &client.Error{Endpoint: endpoint, HTTPStatus: http.StatusForbidden, Kind: client.KindForbidden}
		hint := hintFor(call)
		if strings.HasPrefix(hint, scopeHint) != scope || !strings.Contains(hint, "lacks the permission") {
			t.Errorf("%s: %s", endpoint, hint)
		}
	}
}
