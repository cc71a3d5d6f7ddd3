package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
)

func TestTokenRequests(t *testing.T) {
	const host = "https://api.telegent.com"
	tests := []struct {
		name, key, secret, endpoint string
		want                        int
	}{
		{"good", "DID-1", "s3", host + updatePath, 200},
		{"served elsewhere", "DID-1", "s3", "http://127.0.0.1:8080" + numberPath, 200},
		{"wrong secret", "DID-1", "s4", host + updatePath, 401},
		{"wrong key", "DID-2", "s3", host + updatePath, 401},
		{"account id as key", "AID-1", "s3", host + updatePath, 400},
		{"no endpoint", "DID-1", "s3", "", 400},
		{"path only", "DID-1", "s3", updatePath, 400},
		{"no scheme", "DID-1", "s3", "api.telegent.com" + updatePath, 400},
		{"base joined twice", "DID-1", "s3", host + "/v1.0" + updatePath, 400},
		{"base alone", "DID-1", "s3", host + "/v1.0", 400},
		{"with query", "DID-1", "s3", host + numberPath + "?PhoneNumber=1", 400},
		{"tokens for tokens", "DID-1", "s3", host + tokensPath, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newCaller(t, sandbox.Config{AccountKey: "DID-1", AccountSecret: "s3"})
			body := fmt.Sprintf(`{"AccountKey":%q,"AccountSecret":%q,"ApiEndpoint":%q}`, tt.key, tt.secret, tt.endpoint)
			if got := c.send("POST", tokensPath, "", body); got.status != tt.want {
				t.Errorf("%d %s, want %d", got.status, got.text, tt.want)
			}
		})
	}
	_, c := newCaller(t, sandbox.Config{})
	if got := c.send("POST", tokensPath, "", `{"AccountKey":"DID-1","AccountSecret":"s"}`); got.status != 400 {
		t.Errorf("ApiEndpoint left out: %d %s", got.status, got.text)
	}
}

// TestTokenScope holds each token against each endpoint: it is good for its own only.
func TestTokenScope(t *testing.T) {
	targets := map[string]string{
		numberPath:             numberPath + "?PhoneNumber=%2B18018018011",
		inventoryPath:          inventoryPath + "?Filter=All",
		"/v1.0/message/routes": "/v1.0/message/routes?MessageRouteId=MRID-1",
		"/v1.0/voice/routes":   "/v1.0/voice/routes?CallRouteID=CRID-1",
	}
	s, c := newCaller(t, sandbox.Config{})
	for of := range targets {
		for at, target := range targets {
			want := 401
			if of == at {
				want = 200
			}
			if got := c.send("GET", target, c.token(of), ""); got.status != want {
				t.Errorf("token for %s at %s: %d, want %d", of, at, got.status, want)
			}
		}
	}
	if got := c.send("POST", updatePath, c.token(numberPath), `{"Number":"+18018018011"}`); got.status != 401 {
		t.Errorf("a reading token updates: %d", got.status)
	}
	if got := c.send("POST", updatePath, "", `{"Number":"+18018018011"}`); got.status != 401 {
		t.Errorf("no token: %d", got.status)
	}
	if got := s.Stats(); got.WithoutToken != 1 || got.TokensIssued != len(targets) {
		t.Errorf("without token %d, issued %d", got.WithoutToken, got.TokensIssued)
	}
	s.RevokeTokens()
	if got := c.get(numberPath, "PhoneNumber", "+18018018011"); got.status != 401 {
		t.Errorf("a revoked token: %d", got.status)
	}
}

func TestTokenExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := newCaller(t, sandbox.Config{TokenLife: 2 * time.Second})
		got := c.send("POST", tokensPath, "", `{"AccountKey":"DID-1","AccountSecret":"s","ApiEndpoint":"https://h`+numberPath+`"}`)
		if want := "01/01/2000 12:00:02 AM"; got.fields["tokenExpiry"] != want {
			t.Errorf("tokenExpiry %v, want %s", got.fields["tokenExpiry"], want)
		}
		token := got.fields["token"].(string)
		time.Sleep(2*time.Second - time.Nanosecond)
		if got := c.send("GET", numberPath+"?PhoneNumber=%2B18018018011", token, ""); got.status != 200 {
			t.Errorf("just before its expiry: %d", got.status)
		}
		time.Sleep(time.Nanosecond)
		if got := c.send("GET", numberPath+"?PhoneNumber=%2B18018018011", token, ""); got.status != 401 {
			t.Errorf("at its expiry: %d", got.status)
		}
	})
}

func TestTokenExpiryLayout(t *testing.T) {
	_, c := newCaller(t, sandbox.Config{ExpiryLayout: "none"})
	body := `{"AccountKey":"DID-1","AccountSecret":"s","ApiEndpoint":"https://h` + numberPath + `"}`
	if got := c.send("POST", tokensPath, "", body); strings.Contains(got.text, "tokenExpiry") {
		t.Errorf("tokenExpiry is told: %s", got.text)
	}
	_, c = newCaller(t, sandbox.Config{ExpiryLayout: "soon"})
	if got := c.send("POST", tokensPath, "", body); got.fields["tokenExpiry"] != "soon" {
		t.Errorf("tokenExpiry: %s", got.text)
	}
}

// TestTokensAtOnce counts token requests that overlap, which takes answers that take time.
func TestTokensAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newCaller(t, sandbox.Config{Latency: time.Second})
		body := `{"AccountKey":"DID-1","AccountSecret":"s","ApiEndpoint":"https://h` + numberPath + `"}`
		fetch := func(n int) {
			var all sync.WaitGroup
			for range n {
				all.Go(func() {
					r := httptest.NewRequest(http.MethodPost, tokensPath, strings.NewReader(body))
					r.Header.Set("Content-Type", "application/json")
					c.h.ServeHTTP(httptest.NewRecorder(), r)
				})
			}
			all.Wait()
		}
		fetch(1)
		fetch(1)
		if got := s.Stats().TokensAtOnce; got != 1 {
			t.Errorf("one after the other: %d at once", got)
		}
		fetch(3)
		if got := s.Stats(); got.TokensAtOnce != 3 || got.TokensIssued != 5 {
			t.Errorf("%d at once, %d issued; want 3, 5", got.TokensAtOnce, got.TokensIssued)
		}
	})
}
