package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// planted are secrets: of the account, and of the address that is notified.
const (
	plantedAccount = "pl4nted-account-s3cret"
	plantedHook    = "pl4nted-hook-s3cret"
)

// After a run in which everything failed, no secret is in any file, on either
// stream, in an argument of the process, on the live page or in the metrics.
func TestSecretsAreNowhere(t *testing.T) {
	refuseAll := func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{Refuse: "not this one"} }
	echo := func(r *http.Request) http.Handler {
		if !strings.HasSuffix(r.URL.Path, "/numbers/update") {
			return nil
		}
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"StatusCode":422,"Message":"what is `+r.Header.Get("Authorization")+`"}`)
		})
	}
	echoes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no such hook: "+r.URL.String(), http.StatusNotFound)
	}))
	defer echoes.Close()
	for name, c := range map[string]struct {
		config sandbox.Config
		secret string // the one that the API knows
		hook   string
		code   int
	}{
		"rows refused, nobody to notify": {sandbox.Config{Judge: refuseAll}, plantedAccount, "http://" + freePort(t), 5},
		"secret refused":                 {sandbox.Config{}, "another", echoes.URL, 7},
		"answers with an echo":           {sandbox.Config{Answer: echo}, plantedAccount, echoes.URL, 5},
	} {
		t.Run(name, func(t *testing.T) {
			o := newSecretive(t, c.config, c.secret)
			o.env = append(o.env, "TELEGENT_ACCOUNT_SECRET="+plantedAccount, "BULKNUM_NOTIFY_URL="+c.hook+"/"+plantedHook+"?token="+plantedHook)
			o.searched(t, c.code)
		})
	}
}

// newSecretive is an operator of an API that knows a secret.
func newSecretive(t *testing.T, config sandbox.Config, secret string) *operator {
	t.Helper()
	o := newOperator(t, config)
	config.AccountKey, config.AccountSecret, config.Observe = "DID-1", secret, o.observe
	api, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	o.env = append(o.env, "TELEGENT_API_URL="+server.URL)
	return o
}

// searched runs a file, and searches all that it leaves for what was planted.
func (o *operator) searched(t *testing.T, code int) {
	t.Helper()
	name := o.file("rows", 12)
	address, looked := freePort(t), make(chan struct{})
	o.after(1, func() { <-looked })
	c := o.start(o.command("bulknum", "apply", name, "--yes", "--all", "--run", "one", "--max-failures", "100%",
		"--log-level", "debug", "--metrics-file", "rows.prom", "--listen", address))
	c.ask(t, address, "/healthz").Body.Close()
	arguments, err := os.ReadFile("/proc/" + strconv.Itoa(c.Process.Pid) + "/cmdline")
	if err != nil {
		t.Logf("the arguments are not looked at: %v", err)
	}
	page := c.told(t, address, looked)
	<-c.ended
	c.wants(t, code)
	searchIn(t, "the arguments", string(arguments))
	searchIn(t, "the page", page)
	searchIn(t, "stdout", c.stdout.String())
	searchIn(t, "stderr", c.stderr.String())
	files := 0
	err = filepath.WalkDir(o.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		searchIn(t, path, string(content))
		files++
		return err
	})
	if err != nil || files < 8 {
		t.Errorf("%d files searched: %v", files, err)
	}
}

// searchIn fails the test for a secret, or what is left of one.
func searchIn(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range []string{"pl4nted", "s3cret"} {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s: …%s…", where, text[max(0, at-80):min(len(text), at+60)])
		}
	}
}
