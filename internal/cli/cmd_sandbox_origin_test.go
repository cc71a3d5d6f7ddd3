package cli

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// The sandbox is for programs of this machine: who comes by a foreign name, or from a page of a browser, has no answer
// of it, whatever is asked for and however.
func TestTheSandboxIsForProgramsOfThisMachine(t *testing.T) {
	for _, c := range []struct {
		host    string
		headers map[string]string
		in      bool
	}{
		{"127.0.0.1:8090", nil, true},
		{"[::1]:8090", nil, true},
		{"localhost:8090", nil, true},
		{"rebound.example.com:8090", nil, false},
		{"127.0.0.1.example.com", nil, false},
		{"", nil, false},
		{"localhost:8090", map[string]string{"Origin": "https://example.com"}, false},
		{"localhost:8090", map[string]string{"Origin": "null"}, false},
		{"localhost:8090", map[string]string{"Origin": "http://localhost:8090"}, false},
		{"localhost:8090", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, false},
		{"localhost:8090", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, false},
		{"localhost:8090", map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, false},
	} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			in := false
			r := httptest.NewRequest(method, "/v1.0/numbers/inventory", http.NoBody)
			r.Host = c.host
			for name, value := range c.headers {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			fromHere(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { in = true })).ServeHTTP(w, r)
			if in != c.in || !in && w.Code != http.StatusForbidden || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s %v: let in: %v, %d", method, c.host, c.headers, in, w.Code)
			}
		}
	}
}
