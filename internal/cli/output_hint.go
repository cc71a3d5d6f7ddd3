package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client"
)

// callHint is the cure for a call that failed.
func callHint(call *client.Error) string {
	if hint := certificateHint(call); hint != "" {
		return hint
	}
	switch s := call.HTTPStatus; {
	case call.Kind == client.KindStopped:
		return ""
	case client.Throttles(s):
		return "the account's limit is used up, perhaps by its other traffic: try later, or with a lower --rate"
	case call.Kind == client.KindThrottled:
		return "the server asks for a long wait: try later, or allow it with --max-retry-after"
	case call.Page && s < http.StatusInternalServerError:
		return "something else than the API answers: see whether TELEGENT_API_URL is right, and what the proxy or firewall on the way says"
	case s == http.StatusForbidden && call.Endpoint == client.EndpointToken:
		return "the account lacks the permission for this endpoint: ask the vendor for it"
	case s == http.StatusForbidden:
		return scopeHint + "; else the account lacks the permission: ask the vendor for it"
	case call.Kind == client.KindCredentials && call.Endpoint == client.EndpointToken:
		return "see whether TELEGENT_ACCOUNT_KEY and TELEGENT_ACCOUNT_SECRET are those that the vendor gave, and for this address"
	case call.Kind == client.KindCredentials:
		return "a token is good for one address: see whether TELEGENT_API_URL is written as the vendor writes it; " +
			"TELEGENT_TOKEN may have ended, or be for another endpoint"
	case s == 0:
		return "see whether TELEGENT_API_URL is right, and HTTPS_PROXY if there is a proxy; else try later"
	case s == http.StatusRequestTimeout, s >= http.StatusInternalServerError:
		return "the API has a failure of its own: try later"
	default:
		return "this is not what the API answers: see whether TELEGENT_API_URL is right"
	}
}

// certificateHint is the cure where the server's certificate was refused.
func certificateHint(err error) string {
	if _, refused := errors.AsType[*tls.CertificateVerificationError](err); !refused {
		return ""
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "the certificate of the server, or of the proxy before it, has ended or is not valid yet, and must be renewed there: see whether the clock of this machine is right"
	}
	if _, foreign := errors.AsType[x509.HostnameError](err); foreign {
		return "the certificate is that of another host: see whether TELEGENT_API_URL is right, and what is on the way to it"
	}
	return "see whether TELEGENT_API_URL is right; behind a proxy that inspects, trust its certificate with --ca-file"
}

// scopeHint is what a 403 means most often, by the vendor's own pages.
const scopeHint = "a 403 is most often a token of the wrong scope, which is good for one address: " +
	"see whether TELEGENT_API_URL is written as the vendor writes it"

// folderHint is the cure for a run's folder that cannot be made.
func folderHint(e *batch.FolderError) string {
	_, path := errors.AsType[*fs.PathError](e)
	if !path || errors.Is(e, fs.ErrExist) {
		return "take another --run, or leave it out"
	}
	return "give a --runs-dir that can be written"
}
