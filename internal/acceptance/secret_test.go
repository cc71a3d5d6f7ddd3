package acceptance

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// planted are secrets: of the account, of the address that is notified, of a
// proxy. They have characters that are written in several ways.
const (
	plantedAccount = `pl4nted/account+"s3cret"&<=>`
	plantedToken   = "pl4nted/token+s3cret&=~"
	plantedHook    = "pl4nted-hook+s3cret"
	plantedProxy   = "pl4nted-proxy-s3cret"
)

// secretive is an operator whose secrets come back in every answer.
type secretive struct {
	*operator

	mu     sync.Mutex
	tokens []string // that the API has given
}

// secretCase is a run in which everything fails.
type secretCase struct {
	token, update http.HandlerFunc // nil: the sandbox answers
	hook          http.HandlerFunc // nil: it refuses
	env           []string
	code          int
	unreached     bool // no request reaches the API
	main          bool // a plain run has it
}

// After a run in which everything failed, no secret is in any file, on either
// stream, in an argument of the process, on the live page or in the metrics.
func TestSecretsAreNowhere(t *testing.T) {
	files := t.TempDir() // the secrets' own place
	write := func(name, text string) string {
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		broken(w, r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	given := []string{"TELEGENT_ACCOUNT_KEY=", "TELEGENT_ACCOUNT_SECRET=", "TELEGENT_TOKEN=" + plantedToken}
	for name, c := range map[string]secretCase{
		"rows refused":           {update: says(422, "Message"), hook: inText(404), code: 5, main: true},
		"rows refused by field":  {update: inFields, hook: inText(403), code: 5},
		"rows sent elsewhere":    {update: inLocation, hook: inLocation, code: 6},
		"pages instead of rows":  {update: inPage(500), hook: inPage(404), code: 6},
		"no HTTP":                {update: notHTTP, hook: notHTTP, code: 6},
		"long waits":             {update: inWait, code: 6},
		"a secret for an order":  {update: inOrder, code: 0},
		"a refusal as 200":       {update: says(200, "Message"), code: 7},
		"secret refused":         {token: says(401, "Message"), hook: inText(404), code: 7, main: true},
		"page instead of token":  {token: inPage(200), code: 6},
		"token refused as 200":   {token: says(200, "Title"), code: 7},
		"token sent elsewhere":   {token: inLocation, code: 6},
		"given token refused":    {update: says(401, "Message"), env: given, code: 7, main: true},
		"given token comes back": {update: says(422, "Detail"), hook: inText(400), env: given, code: 5},
		"secrets from files": {main: true, update: says(422, "Title"), hook: inText(404), code: 5, env: []string{
			"TELEGENT_ACCOUNT_SECRET=", "TELEGENT_ACCOUNT_SECRET_FILE=" + write("secret", plantedAccount),
		}},
		"given token from a file": {update: inPage(422), code: 6, env: []string{
			"TELEGENT_ACCOUNT_KEY=", "TELEGENT_ACCOUNT_SECRET=", "TELEGENT_TOKEN_FILE=" + write("token", plantedToken),
		}},
		"a token of two lines": {code: 3, unreached: true, env: []string{
			"TELEGENT_ACCOUNT_KEY=", "TELEGENT_ACCOUNT_SECRET=", "TELEGENT_TOKEN=" + plantedToken + "\n" + plantedToken,
		}},
		"a password in the address": {code: 3, unreached: true, env: []string{"TELEGENT_API_URL=https://me:" + plantedProxy + "@example.invalid"}},
		"a proxy that refuses": {main: true, code: 6, unreached: true, env: []string{
			"TELEGENT_API_URL=https://api.example.invalid", "NO_PROXY=", "no_proxy=", "https_proxy=", "HTTPS_PROXY=" + strings.Replace(proxy.URL, "//", "//me:"+plantedProxy+"@", 1), "BULKNUM_NOTIFY_URL=https://chat.example.invalid/" + plantedHook,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.main {
				testextent.Variant(t)
			}
			t.Parallel()
			if c.hook == nil {
				c.hook = inText(http.StatusGone)
			}
			server := httptest.NewServer(c.hook)
			t.Cleanup(server.Close)
			hook := server.URL
			if name == "long waits" {
				server.Close() // nobody is there
			}
			hook += "/hooks/" + url.PathEscape(plantedHook) + "?token=" + url.QueryEscape(plantedHook)
			o := newSecretive(t, c)
			o.env = append(o.env, "TELEGENT_ACCOUNT_SECRET="+plantedAccount)
			if name == "secrets from files" {
				o.env = append(o.env, "BULKNUM_NOTIFY_URL_FILE="+write("hook", hook))
			} else {
				o.env = append(o.env, "BULKNUM_NOTIFY_URL="+hook)
			}
			o.env = append(o.env, c.env...)
			o.searched(t, c)
		})
	}
}

// newSecretive is an operator of an API that answers as the case says.
func newSecretive(t *testing.T, c secretCase) *secretive {
	t.Helper()
	o := &secretive{}
	config := sandbox.Config{Answer: func(r *http.Request) http.Handler {
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			o.mu.Lock()
			o.tokens = append(o.tokens, token)
			o.mu.Unlock()
		}
		switch {
		case strings.HasSuffix(r.URL.Path, "/oauth2/tokens") && c.token != nil:
			return c.token
		case strings.HasSuffix(r.URL.Path, "/numbers/update") && c.update != nil:
			return c.update
		default:
			return nil
		}
	}}
	o.operator = newOperator(t, config)
	config.AccountKey, config.AccountSecret, config.Observe = "DID-1", plantedAccount, o.observe
	api, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	o.env = append(o.env, "TELEGENT_API_URL="+server.URL)
	return o
}

// told is what a request tells of secrets, as it is and in other forms.
func told(r *http.Request) []string {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret := token
	var body struct{ AccountSecret string }
	if content, err := io.ReadAll(r.Body); err == nil && json.Unmarshal(content, &body) == nil && body.AccountSecret != "" {
		secret = body.AccountSecret
	}
	if strings.HasPrefix(r.URL.Path, "/hooks/") {
		secret = r.URL.RequestURI()
	}
	quoted, _ := json.Marshal(secret)
	return []string{
		r.Header.Get("Authorization"), secret, string(quoted), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte("key:" + secret)),
		base64.StdEncoding.EncodeToString([]byte("DID-1:" + secret)), hex.EncodeToString([]byte(secret)),
	}
}

// says answers with an error that has all of it in one member.
func says(status int, member string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"StatusCode": max(status, 401), member: "what is " + strings.Join(told(r), " ")})
	}
}

// inFields answers with remarks on single fields.
func inFields(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"Status": 400, "Title": "Validation failed", "TraceId": told(r)[0],
		"Errors": map[string]any{"$." + told(r)[0]: told(r), "$.Number": told(r)[0]},
	})
}

// inText answers with a text, inPage with a page.
func inText(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Error(w, strings.Join(told(r), " "), status) }
}

func inPage(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><h1>no "+html.EscapeString(strings.Join(told(r), " "))+"</h1></html>")
	}
}

// inLocation redirects to an address that has all of it.
func inLocation(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", "/login?from="+strings.Join(told(r), "+"))
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// inWait asks for a wait that is too long.
func inWait(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "86400")
	says(http.StatusTooManyRequests, "Message")(w, r)
}

// inOrder answers well, with a secret for the id of an order.
func inOrder(w http.ResponseWriter, r *http.Request) {
	content, _ := io.ReadAll(r.Body)
	var update struct{ Number string }
	_ = json.Unmarshal(content, &update)
	r.Body = io.NopCloser(bytes.NewReader(content))
	_ = json.NewEncoder(w).Encode(map[string]any{
		"Number": update.Number, "UpdateOrderId": told(r)[1], "UpdateOrderStatus": "Complete", "Tnid": told(r)[1], "MessageRouteId": told(r)[1],
	})
}

// notHTTP answers with the request's secrets instead of a status line.
func notHTTP(w http.ResponseWriter, r *http.Request) { broken(w, strings.Join(told(r), " ")) }

// broken answers with a text instead of a status line.
func broken(w http.ResponseWriter, text string) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_, _ = io.WriteString(connection, "HTTP/1.1 "+text+"\r\n\r\n")
		connection.Close()
	}
}

// searched runs a file, and searches all that it leaves for what was planted.
func (o *secretive) searched(t *testing.T, c secretCase) {
	t.Helper()
	name := o.file("rows", 12)
	waits := []string{"--max-attempts", "2", "--outage-wait", "100ms"}
	args := append([]string{"apply", name, "--yes", "--all", "--run", "one", "--max-failures", "100%", "--log-level", "debug", "--metrics-file", "rows.prom"}, waits...)
	page := ""
	if c.unreached {
		o.looked(t, o.bulknum(c.code, args...))
	} else {
		looked := make(chan struct{})
		o.after(1, func() { <-looked })
		child := o.start(o.command("bulknum", append(args, "--listen", anyPort)...))
		child.ask(t, "/healthz").Body.Close()
		arguments, err := os.ReadFile("/proc/" + strconv.Itoa(child.Process.Pid) + "/cmdline")
		if err != nil {
			t.Logf("the arguments are not looked at: %v", err)
		}
		page = child.told(t, looked) + string(arguments)
		<-child.ended
		child.wants(t, c.code)
		o.looked(t, child)
	}
	o.env = append(o.env, "BULKNUM_NOTIFY_URL=", "BULKNUM_NOTIFY_URL_FILE=")
	for _, again := range [][]string{{"check"}, {"resume", "one", "--yes", "--retry-failed"}} {
		child := o.start(o.command("bulknum", append(again, waits...)...))
		<-child.ended
		o.looked(t, child)
	}
	o.searchIn(t, "the page, or the arguments", page)
	if files := o.searchFiles(t); files < 8 && c.code != 3 {
		t.Errorf("%d files searched", files)
	}
}

// searchFiles searches all that commands have left, and tells how many files that are.
func (o *secretive) searchFiles(t *testing.T) (files int) {
	t.Helper()
	err := filepath.WalkDir(o.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		o.searchIn(t, path, string(content))
		files++
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return files
}

// looked searches the streams of a command.
func (o *secretive) looked(t *testing.T, c *child) {
	t.Helper()
	o.searchIn(t, strings.Join(c.Args, " ")+": stdout", c.stdout.String())
	o.searchIn(t, strings.Join(c.Args, " ")+": stderr", c.stderr.String())
}

// searchIn fails the test for a secret, or what is left of one, in any form.
func (o *secretive) searchIn(t *testing.T, where, text string) {
	t.Helper()
	o.mu.Lock()
	secrets := append([]string{"pl4nted", "s3cret"}, o.tokens...)
	o.mu.Unlock()
	slices.Sort(secrets)
	for _, secret := range slices.Compact(secrets) {
		for _, form := range traces(secret) {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%s: %s as …%s…", where, secret, text[max(0, at-80):min(len(text), at+60)])
				break
			}
		}
	}
}

// traces are what any form of a longer text has of this one.
func traces(text string) []string {
	all := []string{text, hex.EncodeToString([]byte(text))}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00"[:before] + text))
		all = append(all, encoded[(8*before+5)/6:(before+len(text))*8/6])
	}
	return all
}
