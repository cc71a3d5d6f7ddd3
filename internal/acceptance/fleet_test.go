package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// member is one of many accounts.
type member struct {
	name, key, secret string
	numbers           []string
}

// fleetOf makes accounts, each with an API and numbers of its own, and a file with the rows of all.
func fleetOf(t *testing.T, o *operator, accounts, rows int) (members []member, file string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(o.dir, "accounts"), 0o700); err != nil {
		t.Fatal(err)
	}
	whole := "Number,MessageRouteId,Account\n"
	for n := range accounts {
		m := member{name: fmt.Sprintf("customer%02d", n), key: fmt.Sprintf("DID-of-%02d", n), secret: fmt.Sprintf("s3cret-of-%02d", n)}
		api, err := sandbox.New(sandbox.Config{Numbers: accounts * rows, AccountKey: m.key, AccountSecret: m.secret})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(api)
		t.Cleanup(server.Close)
		m.file(t, o, server.URL, m.secret)
		for i := range rows {
			m.numbers = append(m.numbers, number(n*rows+i))
		}
		members = append(members, m)
	}
	for i := range rows { // those of an account are not together
		for n, m := range members {
			whole += fmt.Sprintf("%s,%s,%s\n", m.numbers[i], route("fleet", n), m.name)
		}
	}
	file = filepath.Join(o.dir, "all.csv")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	return members, file
}

// file writes an account's file.
func (m member) file(t *testing.T, o *operator, api, secret string) {
	t.Helper()
	text := fmt.Sprintf("TELEGENT_ACCOUNT_KEY=%s\nTELEGENT_ACCOUNT_SECRET=%s\nTELEGENT_API_URL=%s\n", m.key, secret, api)
	if err := os.WriteFile(filepath.Join(o.dir, "accounts", m.name+".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A fleet of which one secret is wrong and one API is down: the others are done, the two are told apart, the exit code is
// the worst, and it takes as long as the slowest account does. What is of one account has nothing of another.
func TestFleet(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	accounts, rows := 20, 200
	o := newOperator(t, sandbox.Config{Numbers: 1})
	members, file := fleetOf(t, o, accounts, rows)
	down := httptest.NewServer(nil)
	down.Close()
	wrong, away := members[1], members[3]
	wrong.file(t, o, apiOf(t, o, wrong), "s3cret-that-is-wrong")
	away.file(t, o, down.URL, away.secret)
	posted := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted <- string(body)
	}))
	t.Cleanup(hook.Close)
	o.env = append(o.env, "BULKNUM_NOTIFY_URL="+hook.URL)
	out := o.bulknum(7, "fleet", "apply", file, "--yes", "--on-error", "continue", "--outage-wait", "1s", "--max-changes", "100%", "--json")

	var told struct {
		ExitCode int
		Rows     int
		TookMs   int64
		Accounts []struct {
			Account, Why, Folder string
			ExitCode             int
			TookMs               int64
			Counts               map[string]int
		}
	}
	if err := json.Unmarshal(out.stdout.Bytes(), &told); err != nil {
		t.Fatalf("%v: %s", err, &out.stdout)
	}
	done, slowest := 0, int64(0)
	for _, a := range told.Accounts {
		slowest = max(slowest, a.TookMs)
		switch want := map[string]int{wrong.name: 7, away.name: 6}[a.Account]; {
		case a.ExitCode != want || (want != 0) != (a.Why != ""):
			t.Errorf("account %s: exit code %d, want %d: %s", a.Account, a.ExitCode, want, a.Why)
		case want == 0 && a.Counts["updated"] != rows:
			t.Errorf("account %s: %v", a.Account, a.Counts)
		case want == 0:
			done++
		}
	}
	if done != accounts-2 || told.ExitCode != 7 {
		t.Errorf("%d of %d accounts are done, exit code %d", done, accounts, told.ExitCode)
	}
	// One after the other would take many times as long; what is beside the accounts grows as they do on a busy machine.
	if took, slow := time.Duration(told.TookMs)*time.Millisecond, time.Duration(slowest)*time.Millisecond; took > 2*slow+2*time.Second {
		t.Errorf("it took %s, and the slowest account %s", took, slow)
	}
	nothingOfOthers(t, o.dir, members)
	if len(posted) != 1 {
		t.Fatalf("%d notifications of one fleet", len(posted))
	}
	if text := <-posted; !strings.Contains(text, `"exitCode":7`) || !strings.Contains(text, "fleet apply") || strings.Contains(text, "s3cret") || strings.Contains(text, "+1") {
		t.Errorf("the notification is %s", text)
	}
}

// apiOf is the address in an account's file.
func apiOf(t *testing.T, o *operator, m member) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, "accounts", m.name+".env"))
	if err != nil {
		t.Fatal(err)
	}
	_, address, _ := strings.Cut(string(text), "TELEGENT_API_URL=")
	return strings.TrimSpace(address)
}

// nothingOfOthers looks for what identifies an account, and for its numbers, in what is of another one.
func nothingOfOthers(t *testing.T, dir string, members []member) {
	t.Helper()
	looked := 0
	err := filepath.WalkDir(filepath.Join(dir, "runs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// A store's reserve is 32 MiB of zeros: to look for each number of the fleet in 20 of them takes minutes.
		text = bytes.Trim(text, "\x00")
		base := filepath.Base(path)
		ofAll := base == "index.html" || base == "fleet.json"
		for _, m := range members {
			if bytes.Contains(text, []byte(m.secret)) {
				t.Errorf("%s has a secret", path)
			}
			if ofAll || strings.Contains(path, m.name) {
				continue
			}
			for _, other := range append([]string{m.key, m.name}, m.numbers...) {
				if bytes.Contains(text, []byte(other)) {
					t.Errorf("%s has %s of account %s", path, other, m.name)
				}
			}
		}
		looked++
		return nil
	})
	if err != nil || looked < 5*len(members) {
		t.Errorf("only %d files were looked into: %v", looked, err)
	}
}
