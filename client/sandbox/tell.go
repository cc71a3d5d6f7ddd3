package sandbox

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"strconv"
)

// ownPrefix is where the sandbox tells of itself. These paths need no token and count as no request.
const ownPrefix = "/_sandbox/"

//go:embed openapi.yaml
var openAPI string

// OpenAPI returns the OpenAPI description of the API as the sandbox serves it, in YAML.
func OpenAPI() string { return openAPI }

// tell serves GET /_sandbox/stats and GET /_sandbox/openapi.yaml.
func (s *Sandbox) tell(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "want GET", http.StatusMethodNotAllowed)
	case r.URL.Path == ownPrefix+"stats":
		s.tellStats(w)
	case r.URL.Path == ownPrefix+"openapi.yaml":
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write([]byte(openAPI))
	default:
		http.NotFound(w, r)
	}
}

func (s *Sandbox) tellStats(w http.ResponseWriter) {
	body, err := json.MarshalIndent(s.Stats(), "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
