package client_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	const text = "hunter2-hunter2"
	s := client.NewSecret(text)
	hidden := struct{ unexported client.Secret }{s}
	creds := client.Credentials{AccountKey: "DID-1", AccountSecret: s, Token: s}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{s, &s, creds, client.Config{Credentials: creds}, hidden, []client.Secret{s}} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	encoded, err := json.Marshal(map[client.Secret]any{s: creds})
	fmt.Fprintln(&out, string(encoded), err)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", s, "creds", creds)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", s, "creds", creds)
	log := zerolog.New(&out)
	log.Info().Any("secret", s).Stringer("text", s).Interface("creds", creds).Send()
	if printed := out.String(); strings.Contains(printed, "hunter2") || strings.Contains(printed, "68756e74") {
		t.Errorf("the secret is told:\n%s", printed)
	}
	if fmt.Sprint(s) != "***" || s.Reveal() != text || s.IsZero() || !(client.Secret{}).IsZero() {
		t.Error("a secret is not as described")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		field  string // that the error must name
		change func(*client.Config)
	}{
		"nothing at all":    {"Credentials", func(c *client.Config) { *c = client.Config{} }},
		"no credentials":    {"Credentials", func(c *client.Config) { c.Credentials = client.Credentials{} }},
		"no secret":         {"Credentials.AccountSecret", func(c *client.Config) { c.Credentials.AccountSecret = client.Secret{} }},
		"no key":            {"Credentials.AccountKey", func(c *client.Config) { c.Credentials.AccountKey = "" }},
		"key and token":     {"Credentials.Token", func(c *client.Config) { c.Credentials.Token = client.NewSecret("token") }},
		"line in the token": {"Credentials.Token", func(c *client.Config) { c.Credentials = client.Credentials{Token: client.NewSecret("hunter2\n")} }},
		"http":              {"BaseURL", func(c *client.Config) { c.BaseURL = "http://api.telegent.com" }},
		"not quite local":   {"BaseURL", func(c *client.Config) { c.BaseURL = "http://localhost.example.com" }},
		"no scheme":         {"BaseURL", func(c *client.Config) { c.BaseURL = "api.telegent.com" }},
		"password":          {"BaseURL", func(c *client.Config) { c.BaseURL = "https://me:hunter2@api.telegent.com" }},
		"query":             {"BaseURL", func(c *client.Config) { c.BaseURL = "https://api.telegent.com/?key=hunter2" }},
		"fragment":          {"BaseURL", func(c *client.Config) { c.BaseURL = "https://api.telegent.com/#hunter2" }},
		"path of http":      {"BaseURL", func(c *client.Config) { c.BaseURL = "http://api.telegent.com/hunter2" }},
		"query, no scheme":  {"BaseURL", func(c *client.Config) { c.BaseURL = "api.telegent.com/?key=hunter2" }},
		"no host":           {"BaseURL", func(c *client.Config) { c.BaseURL = "https:///hunter2?key=hunter2" }},
		"no slashes":        {"BaseURL", func(c *client.Config) { c.BaseURL = "me:hunter2@api.telegent.com" }},
		"unreadable":        {"BaseURL", func(c *client.Config) { c.BaseURL = "https://me:hunter2@api telegent" }},
		"attempts":          {"MaxAttempts: -1 is", func(c *client.Config) { c.MaxAttempts = -1 }},
		"time-out":          {"Timeout: -1s is", func(c *client.Config) { c.Timeout = -time.Second }},
		"longest wait":      {"MaxRetryAfter: -1s is", func(c *client.Config) { c.MaxRetryAfter = -time.Second }},
		"outage":            {"OutageWait: -1s is", func(c *client.Config) { c.OutageWait = -time.Second }},
		"line in the agent": {"UserAgent", func(c *client.Config) { c.UserAgent = "bulknum\nX: hunter2" }},
		"bad CA":            {"CAPEM", func(c *client.Config) { c.CAPEM, c.Transport = []byte("no PEM"), nil }},
		"CA in vain":        {"CAPEM", func(c *client.Config) { c.CAPEM, c.Transport = []byte("no PEM"), &http.Transport{} }},
		"nil transport":     {"Transport", func(c *client.Config) { c.Transport = (*http.Transport)(nil) }},
	} {
		cfg := config(nil)
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		tt.change(&cfg)
		_, err := client.New(cfg)
		if err == nil || !strings.HasPrefix(err.Error(), "client: "+tt.field) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want the field %s and its problem", name, err, tt.field)
		}
		if again := cfg.Validate(); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: got %v, want what New says", name, again)
		}
	}
}

// All that is wrong is told at once.
func TestConfigTellsEveryProblem(t *testing.T) {
	err := client.Config{BaseURL: "x", Timeout: -1, MaxAttempts: -1}.Validate()
	for _, field := range []string{"BaseURL", "Credentials", "Timeout", "MaxAttempts"} {
		if err == nil || !strings.Contains(err.Error(), "client: "+field+": ") {
			t.Errorf("got %v, want %s named", err, field)
		}
	}
}

func TestABadBaseURLIsToldByItsHost(t *testing.T) {
	cfg := config(nil)
	cfg.BaseURL = "https://api.telegent.com/v1.0?key=hunter2"
	const want = "client: BaseURL: https://api.telegent.com: a query or fragment has no place in it"
	if _, err := client.New(cfg); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestBaseURLIsJoinedRight(t *testing.T) {
	for base, want := range map[string]string{
		"http://localhost":               "http://localhost/v1.0/numbers/update",
		"http://localhost/":              "http://localhost/v1.0/numbers/update",
		"http://localhost/v1.0":          "http://localhost/v1.0/numbers/update",
		"http://localhost/v1.0/":         "http://localhost/v1.0/numbers/update",
		"http://127.0.0.1:9999/mock/":    "http://127.0.0.1:9999/mock/v1.0/numbers/update",
		"http://[::1]:9999/a/mock/v1.0/": "http://[::1]:9999/a/mock/v1.0/numbers/update",
	} {
		server := &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
			if got := "http://" + r.Host + r.URL.Path; got != want {
				t.Errorf("base %s: called %s, want %s", base, got, want)
			}
			ok(w, number)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			cfg.BaseURL = base
			if _, err := newClient(t, cfg).Update(t.Context(), update(testNumber)); err != nil {
				t.Fatal(err)
			}
			if got := server.tokenFetches()[0].endpoint; got != want {
				t.Errorf("base %s: asked for a token of %s, want %s", base, got, want)
			}
		})
	}
}
