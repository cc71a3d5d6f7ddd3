package sandbox

import (
	"crypto/subtle"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// token is what one access token is good for.
type token struct {
	path   string // the one endpoint
	expiry time.Time
}

// tokens are those that were issued, by name, and to whom one is given.
type tokens struct {
	cfg    *Config
	stats  *counters
	issued map[string]token
	serves func(path string) bool // whether a token can be for it
}

func newTokens(cfg *Config, stats *counters) *tokens {
	return &tokens{cfg: cfg, stats: stats, issued: map[string]token{}}
}

// tokenFields are the fields of a token request. All are Required: the vendor marks ApiEndpoint optional and refuses
// requests without it.
func tokenFields() map[string]strict.Field {
	return map[string]strict.Field{
		"AccountKey":    {Required: true, IdField: true, Prefixes: []string{"DID"}},
		"AccountSecret": {Required: true},
		"ApiEndpoint":   {Required: true},
	}
}

// issue serves POST /v1.0/oauth2/tokens.
func (s *tokens) issue(c *call) (object, *strict.Refusal) {
	v, wrong := strict.Decode(c.r.Header, c.body, tokenFields())
	if wrong != nil {
		return nil, wrong
	}
	path, ok := s.endpointPath(v.Text("ApiEndpoint"))
	if !ok {
		m := strict.Mistakes{}
		m.Add("ApiEndpoint", "%q: want the full URL of an endpoint", v.Text("ApiEndpoint"))
		return nil, m.Refusal()
	}
	if !s.credentials(v.Text("AccountKey"), v.Text("AccountSecret")) {
		return nil, strict.Refuse(http.StatusUnauthorized, "unknown account key or wrong secret")
	}
	maps.DeleteFunc(s.issued, func(_ string, t token) bool { return !c.now.Before(t.expiry) })
	s.stats.TokensIssued++
	name := "sandbox." + seeded.UUID(s.cfg.Seed, "token", uint64(s.stats.TokensIssued))
	t := token{path: path, expiry: c.now.Add(s.cfg.TokenLife).Truncate(time.Second)}
	s.issued[name] = t
	answer := object{{"token", name}, {"successful", true}}
	if s.cfg.Spelling.Form.ExpiresIn {
		answer = append(answer, member{"ExpiresIn", int(s.cfg.TokenLife / time.Second)}, member{"TokenType", "Bearer"})
	} else if s.cfg.ExpiryLayout != "none" {
		told := t.expiry.Add(s.cfg.TokenSkew).UTC()
		answer = append(answer, member{"tokenExpiry", told.Format(s.cfg.ExpiryLayout)})
	}
	return append(answer, member{"apiEndpoint", v.Text("ApiEndpoint")}), nil
}

// endpointPath returns the path of a full endpoint URL; the host does not matter, since a sandbox is served anywhere.
func (s *tokens) endpointPath(endpoint string) (string, bool) {
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	return u.Path, s.serves(u.Path)
}

// credentials compares the account key and secret with the only ones, if there are any.
func (s *tokens) credentials(key, secret string) bool {
	if s.cfg.AccountKey == "" {
		return true
	}
	return subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.AccountKey))&
		subtle.ConstantTimeCompare([]byte(secret), []byte(s.cfg.AccountSecret)) == 1
}

// authorize refuses a request whose token is missing, unknown, expired or another endpoint's.
func (s *tokens) authorize(c *call) *strict.Refusal {
	scheme, name, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if scheme == "" {
		s.stats.WithoutToken++
		return strict.Refuse(http.StatusUnauthorized, "no token")
	}
	t, ok := s.issued[name]
	switch {
	case !strings.EqualFold(scheme, "Bearer"), !ok:
		return strict.Refuse(http.StatusUnauthorized, "the token is not known")
	case !c.now.Before(t.expiry):
		return strict.Refuse(http.StatusUnauthorized, "the token expired at %s", t.expiry.UTC().Format(time.RFC3339))
	case t.path != c.r.URL.Path && s.cfg.Spelling.Scope403:
		return strict.Refuse(http.StatusForbidden, "the token is for %s", t.path)
	case t.path != c.r.URL.Path:
		return strict.Refuse(http.StatusUnauthorized, "the token is for %s", t.path)
	}
	return nil
}
