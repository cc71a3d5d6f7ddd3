package watch_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bulknum/bulknum/report/watch/access"
)

// secret is a token of the tests.
const secret = "0123456789abcdef"

// basic is a header with a password of some user.
func basic(t *testing.T, password string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.SetBasicAuth("anybody", password)
	return r.Header.Get("Authorization")
}

// Who may read what: with a token and without, from this machine and from others, as programs and browsers ask.
func TestWhoMayRead(t *testing.T) {
	token, err := access.ParseToken(secret)
	if err != nil {
		t.Fatal(err)
	}
	here, everywhere := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, &net.TCPAddr{IP: net.IPv4zero, Port: 80}
	const bearer = "Bearer " + secret
	for name, c := range map[string]struct {
		token               access.Token
		at                  net.Addr
		host, path, present string
		site                string
		want                int
	}{
		"no token, here":                    {at: here, host: "localhost", path: "/", want: 200},
		"no token, another name for here":   {at: here, host: "evil.example", path: "/", want: 403},
		"no token, another name, metrics":   {at: here, host: "evil.example", path: "/metrics", want: 403},
		"no token, everywhere":              {at: everywhere, host: "10.0.0.7", path: "/", want: 401},
		"empty token presented, everywhere": {at: everywhere, host: "10.0.0.7", path: "/", present: "Bearer ", want: 401},
		"none presented":                    {token: token, at: everywhere, host: "10.0.0.7", path: "/", want: 401},
		"none presented for the state":      {token: token, at: everywhere, host: "10.0.0.7", path: "/state.json", want: 401},
		"none presented for the events":     {token: token, at: everywhere, host: "10.0.0.7", path: "/events", want: 401},
		"none presented here":               {token: token, at: here, host: "localhost", path: "/", want: 401},
		"kubelet":                           {token: token, at: everywhere, host: "10.0.0.7:8080", path: "/healthz", want: 200},
		"Prometheus":                        {token: token, at: everywhere, host: "10.0.0.7:8080", path: "/metrics", want: 200},
		"not quite the path of metrics":     {token: token, at: everywhere, host: "10.0.0.7", path: "/metrics/", want: 401},
		"bearer":                            {token: token, at: everywhere, host: "10.0.0.7", path: "/", present: bearer, want: 200},
		"bearer, in small letters":          {token: token, at: everywhere, host: "10.0.0.7", path: "/", present: "bearer " + secret, want: 200},
		"bearer here":                       {token: token, at: here, host: "localhost", path: "/", present: bearer, want: 200},
		"bearer here, another name":         {token: token, at: here, host: "evil.example", path: "/", present: bearer, want: 403},
		"password of a browser":             {token: token, at: everywhere, host: "run.example", path: "/", present: basic(t, secret), want: 200},
		"wrong password":                    {token: token, at: everywhere, host: "run.example", path: "/", present: basic(t, secret+"0"), want: 401},
		"wrong token":                       {token: token, at: everywhere, host: "run.example", path: "/", present: bearer + "0", want: 401},
		"a part of the token":               {token: token, at: everywhere, host: "run.example", path: "/", present: bearer[:len(bearer)-1], want: 401},
		"the token of another scheme":       {token: token, at: everywhere, host: "run.example", path: "/", present: "Token " + secret, want: 401},
		"another site, with the password":   {token: token, at: everywhere, host: "run.example", path: "/", present: basic(t, secret), site: "cross-site", want: 403},
		"another site, metrics":             {token: token, at: everywhere, host: "run.example", path: "/metrics", site: "cross-site", want: 403},
	} {
		served := c.token.Guard(c.at, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "+18015550100") }))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody)
		r.Host = c.host
		for header, value := range map[string]string{"Authorization": c.present, "Sec-Fetch-Site": c.site} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		got := httptest.NewRecorder()
		served.ServeHTTP(got, r)
		if shown := got.Body.String() == "+18015550100"; got.Code != c.want || shown != (c.want == 200) {
			t.Errorf("%s: %d, want %d: %s", name, got.Code, c.want, got.Body)
		}
		if asks := len(got.Header().Values("WWW-Authenticate")) == 2; asks != (c.want == 401) {
			t.Errorf("%s: a browser is asked for the token: %t", name, asks)
		}
	}
}

// A token that is easily found, or cannot be sent, is refused; no error and no text has it.
func TestTokensThatAreRefused(t *testing.T) {
	for _, text := range []string{"", "short", "0123456789abcde", "0123456789 abcdef", "0123456789abcdefü"} {
		if token, err := access.ParseToken(text); err == nil || !token.IsZero() {
			t.Errorf("%q: %v, %v", text, token, err)
		}
	}
	token, err := access.ParseToken(secret)
	if err != nil || fmt.Sprintf("%v %s %+v", token, token, token) != "*** *** ***" {
		t.Errorf("%v %+v, %v", token, token, err)
	}
}
