package result_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// What somebody can do about a call that failed depends on who refused what.
func TestNextOfACall(t *testing.T) {
	for _, c := range []struct {
		call client.Error
		want result.Next
	}{
		{client.Error{Kind: client.KindStopped}, ""},
		{client.Error{Kind: client.KindUnavailable, Err: &tls.CertificateVerificationError{}}, result.TrustCertificate},
		{client.Error{Kind: client.KindOutage, Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, result.TrustCertificate},
		{client.Error{Kind: client.KindOutage, Err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}}, result.RenewCertificate},
		{client.Error{Kind: client.KindOutage, Err: &tls.CertificateVerificationError{Err: x509.HostnameError{}}}, result.CheckHost},
		{client.Error{Kind: client.KindLocked, HTTPStatus: 423}, result.TryLater},
		{client.Error{Kind: client.KindUnavailable, HTTPStatus: 429}, result.SlowDown},
		{client.Error{Kind: client.KindOutage, HTTPStatus: 429}, result.SlowDown},
		{client.Error{Kind: client.KindRateLimited, HTTPStatus: 429}, result.WaitLonger},
		{client.Error{Kind: client.KindRateLimited, HTTPStatus: 503}, result.WaitLonger},
		{client.Error{Kind: client.KindUnavailable, HTTPStatus: 403, Page: true}, result.CheckWay},
		{client.Error{Kind: client.KindOutage, HTTPStatus: 502, Page: true}, result.TryLater},
		{client.Error{Kind: client.KindCredentials, HTTPStatus: 403, Endpoint: client.EndpointToken}, result.AskPermission},
		{client.Error{Kind: client.KindForbidden, HTTPStatus: 403, Endpoint: client.EndpointUpdate}, result.CheckScope},
		{client.Error{Kind: client.KindCredentials, HTTPStatus: 401, Endpoint: client.EndpointToken}, result.CheckKey},
		{client.Error{Kind: client.KindCredentials, HTTPStatus: 401, Endpoint: client.EndpointUpdate}, result.CheckToken},
		{client.Error{Kind: client.KindOutage}, result.CheckConnection},
		{client.Error{Kind: client.KindOutage, HTTPStatus: 200, Cut: true, Err: io.ErrUnexpectedEOF}, result.CheckConnection},
		{client.Error{Kind: client.KindOutage, HTTPStatus: 200, Cut: true, Err: context.DeadlineExceeded}, result.AllowTime},
		{client.Error{Kind: client.KindUnavailable, HTTPStatus: 200, Cut: true, Err: os.ErrDeadlineExceeded}, result.AllowTime},
		{client.Error{Kind: client.KindUnavailable, HTTPStatus: 408}, result.TryLater},
		{client.Error{Kind: client.KindInvalid, HTTPStatus: 405, Endpoint: client.EndpointToken}, result.CheckAddress},
	} {
		if got := result.NextOf(&c.call); got != c.want {
			t.Errorf("%v: %s, want %s", &c.call, got, c.want)
		}
		stop, ends := errors.AsType[result.Stop](result.CallStop(&c.call))
		if ends && stop.NextStep() != c.want {
			t.Errorf("%v ends the run: %s, want %s", &c.call, stop.NextStep(), c.want)
		}
	}
}

// What is at the API's address and is not the API ends the run; a row that the API refuses does not.
func TestAnAddressThatIsNotTheAPIEndsTheRun(t *testing.T) {
	stop, ends := errors.AsType[result.Stop](result.CallStop(&client.Error{Kind: client.KindInvalid, HTTPStatus: 404, Endpoint: client.EndpointToken}))
	if !ends || stop.Reason != result.StoppedByAPI || stop.NextStep() != result.CheckAddress {
		t.Errorf("got %+v, want a stop by the API, and its address to be checked", stop)
	}
	if err := result.CallStop(&client.Error{Kind: client.KindInvalid, HTTPStatus: 400, Endpoint: client.EndpointUpdate}); err != nil {
		t.Errorf("a refused update: %v", err)
	}
}
