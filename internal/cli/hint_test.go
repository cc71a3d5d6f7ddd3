package cli

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client"
)

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
