package acceptance

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// forbidding is an API that grants no token for an endpoint, by the end of its
// path.
func forbidding(endpoint string) func(*http.Request) http.Handler {
	return func(r *http.Request) http.Handler {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1.0/oauth2/tokens" || !bytes.Contains(body, []byte(endpoint+`"`)) {
			return nil
		}
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"StatusCode":403,"Message":"not for this account"}`, http.StatusForbidden)
		})
	}
}

// always is a server that is no API: every answer has this status, and a page.
func always(status string) (func(*http.Request) http.Handler, error) {
	code, err := strconv.Atoi(status)
	return func(*http.Request) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if code == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "600")
			}
			if code >= 300 && code < 400 {
				w.Header().Set("Location", "https://elsewhere.example/")
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "<html>Welcome</html>") // whoever asked may be gone
		})
	}, err
}
