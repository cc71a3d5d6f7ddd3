//go:build linux

package hosts

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/freeport"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// notices are what was posted, by the path that it was posted to.
type notices struct {
	mu sync.Mutex
	of map[string]string
}

// ServeHTTP is of [http.Handler].
func (n *notices) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of == nil {
		n.of = map[string]string{}
	}
	n.of[strings.TrimPrefix(r.URL.Path, "/")] += string(body)
}

// Of a fleet that workers carry out one secret is wrong, and one API is down: the others are done side by side, and the two are
// told apart. What is of one account has nothing of another one, wherever it stands.
func TestWorkersTellAccountsApart(t *testing.T) {
	t.Parallel()
	accounts, rows := 20, 200
	if testextent.Count(100) < 100 {
		accounts, rows = 6, 20
	}
	const perSecond = 10
	f := newFleet(t, pgtest.Shared(t), accounts, rows, sandbox.Config{})
	var posted notices
	hook := httptest.NewServer(&posted)
	t.Cleanup(hook.Close)
	h := f.host("one")
	wrong, away := f.accounts[1], f.accounts[3]
	for _, a := range f.accounts {
		path := filepath.Join(h.dir, "accounts", a.name+".env")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file := string(text) + "BULKNUM_NOTIFY_URL=" + hook.URL + "/" + a.name + "\n"
		switch a {
		case wrong:
			file = strings.Replace(file, a.secret(), a.secret()+"-of-old", 1)
		case away:
			file = strings.Replace(file, a.url, "http://127.0.0.1:1", 1)
		}
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listens, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "BULKNUM_LISTEN="+listens, "BULKNUM_NOTIFY_URL="+hook.URL+"/of-all")
	entered := h.run(0, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes", "--rate", "10/s", "--outage-wait", "1s")
	began := time.Now()
	w := h.start("worker")
	page := ""
	var took time.Duration
	awaits(t, "all but one have ended, and that one has met an outage", func() bool {
		if page == "" || strings.Contains(page, "<tbody>\n</tbody>") {
			page = get(listens, "/") + get(listens, "/metrics")
		}
		jobs := h.jobs()
		if took == 0 && !slices.ContainsFunc(jobs, func(j job) bool { return j.Account != away.name && (j.State == "queued" || j.State == "running") }) {
			took = time.Since(began)
		}
		return took > 0 && slices.ContainsFunc(jobs, func(j job) bool { return j.Account == away.name && j.Outages > 0 })
	})
	done := 0
	for _, j := range h.jobs() {
		switch code := j.ExitCode; {
		case j.Account == wrong.name:
			if j.State != "needs_person" || code == nil || *code != 7 || !strings.Contains(j.Why, "wrong secret") {
				t.Errorf("who has a wrong secret is %+v", j)
			}
		case j.Account == away.name: // it is tried again
			if j.State == "done" || j.State == "needs_person" || j.Outages == 0 {
				t.Errorf("whose API is down is %+v", j)
			}
		case j.State == "done" && code != nil && *code == 0:
			done++
		}
	}
	if done != accounts-2 {
		t.Errorf("%d accounts are done, want %d", done, accounts-2)
	}
	if one := time.Duration(rows/perSecond) * time.Second; took > time.Duration(accounts-2)*one/2 && took > one+time.Minute {
		t.Errorf("it took %s, and one account takes %s", took, one)
	}
	w.signal(syscall.SIGTERM)
	if code := w.code(); code != 0 {
		t.Errorf("exit code %d\n%s", code, &w.out)
	}
	f.apart(h, &w.out, page, entered, &posted)
}

// get is what a page of a worker has.
func get(address, path string) string {
	answer, err := http.Get("http://" + address + path)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

// apart looks for what is of an account in what is of another one.
func (f *fleet) apart(h *host, said *output, page, entered string, posted *notices) {
	f.t.Helper()
	texts := map[string]string{} // by whose it is, and what; of all: before a blank there is no name
	err := filepath.WalkDir(filepath.Join(h.dir, "runs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		relative, _ := filepath.Rel(filepath.Join(h.dir, "runs"), path)
		texts[strings.Replace(relative, "/", " ", 1)] = string(text)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	for name, text := range posted.of {
		texts[name+" notification"] = text
	}
	for line := range strings.Lines(said.String()) {
		name, line, _ := strings.Cut(line, ": ")
		texts[name+" said"] += line
	}
	for _, a := range f.accounts {
		texts[a.name+" jobs"] = f.ask("SELECT j::text FROM bulknum_queue.river_job j WHERE args ->> 'account' = '" + a.name + "'")
		for _, command := range []string{"report", "runs"} {
			args := []string{command, "--account", a.name, "--json"}
			if command == "report" {
				args = []string{command, "latest", "--account", a.name, "--format", "jsonl"}
			}
			texts[a.name+" "+command] = h.run(0, args...)
		}
	}
	texts[" page"], texts[" entered"], texts[" queue"] = page, entered, f.ask("SELECT j::text FROM bulknum_queue.river_job j")
	kinds := map[string]int{}
	for of, text := range texts {
		whose, what, _ := strings.Cut(of, " ")
		if text != "" {
			kinds[filepath.Base(what)]++
		}
		for _, a := range f.accounts {
			foreign := []string{a.secret()}
			switch whose {
			case a.name: // all but the secret
			case "":
				foreign = append(foreign, a.numbers()...)
			default:
				foreign = append(foreign, append(a.numbers(), a.key(), a.name)...)
			}
			for _, is := range foreign {
				if strings.Contains(text, is) {
					f.t.Errorf("%s has %s of %s", of, is, a.name)
				}
			}
		}
	}
	for _, kind := range []string{"report.html", "results.csv", "run.log", "notification", "said", "jobs", "report", "runs"} {
		if kinds[kind] < len(f.accounts)-2 {
			f.t.Errorf("of %d accounts only %d have something that is %s: %v", len(f.accounts), kinds[kind], kind, kinds)
		}
	}
	if kinds["page"] != 1 || !strings.Contains(page, f.accounts[0].name) {
		f.t.Errorf("the page is %s", page)
	}
	if text := posted.of["of-all"]; text != "" {
		f.t.Errorf("what goes on is told as an end: %s", text)
	}
	if strings.Contains(said.String(), "no live page") {
		f.t.Errorf("runs take the worker's own address: %s", said)
	}
}
