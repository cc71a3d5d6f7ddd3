//go:build linux

package hosts

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// fleet is many accounts, each with an API of its own, and one store.
type fleet struct {
	*site
	accounts []*fleetAccount
}

// fleetAccount is one of them.
type fleetAccount struct {
	name, url string
	first     int // of its numbers
	rows      int
	api       *sandbox.Sandbox

	mu       sync.Mutex
	requests []time.Time // of all kinds
	updates  int
}

func newFleet(t testing.TB, server *pgtest.Server, accounts, rows int, config sandbox.Config) *fleet {
	t.Helper()
	f := &fleet{site: newSite(t, server, sandbox.Config{})}
	for n := range accounts {
		a := &fleetAccount{name: fmt.Sprintf("account%03d", n), first: 1000 * n, rows: rows}
		config.AccountKey, config.AccountSecret, config.Seed = a.key(), a.secret(), int64(n)
		api, err := sandbox.New(config)
		if err != nil {
			t.Fatal(err)
		}
		listens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.mu.Lock()
			a.requests = append(a.requests, time.Now())
			if strings.HasSuffix(r.URL.Path, "/numbers/update") {
				a.updates++
			}
			a.mu.Unlock()
			api.ServeHTTP(w, r)
		}))
		t.Cleanup(listens.Close)
		a.url, a.api = listens.URL, api
		f.accounts = append(f.accounts, a)
	}
	return f
}

func (a *fleetAccount) key() string { return "DID-" + a.name }

func (a *fleetAccount) secret() string { return "s3cret-of-" + a.name }

// numbers are those of its rows.
func (a *fleetAccount) numbers() []string {
	var all []string
	for i := range a.rows {
		all = append(all, number(a.first+i))
	}
	return all
}

// seen is how many updates have arrived.
func (a *fleetAccount) seen() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.updates
}

// host is one that has the accounts' files, and the files of their rows.
func (f *fleet) host(name string) *host {
	f.t.Helper()
	h := f.site.host(name)
	h.env = slices.DeleteFunc(h.env, func(v string) bool { return strings.HasPrefix(v, "TELEGENT_") })
	write := func(path, text string) {
		path = filepath.Join(h.dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			f.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
	for _, a := range f.accounts {
		write("accounts/"+a.name+".env", "TELEGENT_ACCOUNT_KEY="+a.key()+"\nTELEGENT_ACCOUNT_SECRET="+a.secret()+"\nTELEGENT_API_URL="+a.url+"\n")
		var file strings.Builder
		file.WriteString("Number,MessageRouteId\n")
		for _, number := range a.numbers() {
			fmt.Fprintf(&file, "%s,MRID-of-%s\n", number, a.name)
		}
		write("files/"+a.name+".csv", file.String())
	}
	return h
}

// job is what fleet status tells of one.
type job struct {
	Account, State, Host, Run, Why string
	Done, Total, Outages           int
	ExitCode                       *int
}

// jobs are those of the queue.
func (h *host) jobs() []job {
	h.t.Helper()
	var d struct{ Jobs []job }
	if err := json.Unmarshal([]byte(h.run(0, "fleet", "status", "--json")), &d); err != nil {
		h.t.Fatal(err)
	}
	return d.Jobs
}

// awaitAll waits until all jobs are in a state.
func (h *host) awaitAll(state string, within time.Duration) []job {
	h.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(500 * time.Millisecond) {
		jobs := h.jobs()
		if !slices.ContainsFunc(jobs, func(j job) bool { return j.State != state }) {
			return jobs
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("not all jobs are %s within %s: %+v", state, within, jobs)
		}
	}
}

// sound makes sure that every row of each account is updated, once recorded so never sent again, as the API has it too, and
// that each rate was kept.
func (f *fleet) sound(jobs []job, perSecond int) {
	f.t.Helper()
	if len(jobs) != len(f.accounts) {
		f.t.Fatalf("%d jobs, want one for each of %d accounts", len(jobs), len(f.accounts))
	}
	for n, a := range f.accounts {
		if got := f.ask("SELECT count(*) FROM (SELECT DISTINCT ON (line) line, status FROM bulknum.results r JOIN bulknum.runs u ON u.id = r.run" +
			" WHERE u.name = '" + jobs[n].Run + "' ORDER BY line, r.sequence DESC) x WHERE status = 'updated'"); got != fmt.Sprint(a.rows) {
			f.t.Errorf("%s: %s rows are updated, want %d", a.name, got, a.rows)
		}
		intents := map[string]int{}
		for line := range strings.Lines(f.ask("SELECT i.number || ' ' || count(*) FROM bulknum.intents i JOIN bulknum.runs u ON u.id = i.run" +
			" WHERE u.name = '" + jobs[n].Run + "' GROUP BY i.number")) {
			number, count, _ := strings.Cut(strings.TrimSpace(line), " ")
			intents[number], _ = strconv.Atoi(count)
		}
		seen := a.api.Stats().Numbers
		for _, number := range a.numbers() {
			if sent := seen[number]; sent.Updates < 1 || sent.Requests > intents[number] {
				f.t.Errorf("%s: %s was sent %d times, by %d intents, and updated %d times", a.name, number, sent.Requests, intents[number], sent.Updates)
			}
		}
		const window = 10
		for i, at := range a.requests {
			in := 0
			for _, later := range a.requests[i:] {
				if later.Sub(at) < window*time.Second {
					in++
				}
			}
			if in > (window+1)*perSecond+1 { // those of a second were late, on a machine that is busy
				f.t.Errorf("%s: %d requests within %d s, at %d a second", a.name, in, window, perSecond)
				break
			}
		}
	}
	if got := f.ask("SELECT count(*) FROM bulknum.runs"); got != fmt.Sprint(len(f.accounts)) {
		f.t.Errorf("%s runs were made, want one for each of %d accounts", got, len(f.accounts))
	}
	if got := f.ask("SELECT count(*) FROM bulknum.intents i JOIN bulknum.results r ON r.run = i.run AND r.line = i.line AND r.sequence < i.sequence" +
		" WHERE r.status = 'updated'"); got != "0" {
		f.t.Errorf("%s rows were sent after their answer was recorded", got)
	}
}

// A worker that dies is followed by others, which go on with its runs: no row is lost, none is sent again whose answer was
// recorded, and each account's rate is kept. One that is asked to stop hands over at once. In a soak they die for five
// minutes, and are started again.
func TestWorkersFollowEachOther(t *testing.T) {
	t.Parallel()
	const pause = 20 * time.Second
	kills := min(testextent.Count(15), 15)
	f := newFleet(t, pgtest.Shared(t), 20, 40+15*kills, sandbox.Config{Latency: 5 * time.Millisecond})
	hosts := []*host{f.host("first"), f.host("second"), f.host("third")}
	hosts[0].run(0, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes", "--rate", "1/s")
	if got := hosts[1].run(3, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes"); !strings.Contains(got, "in the queue already") {
		t.Errorf("an account whose run is in the queue gets another: %s", got)
	}
	workers, started := make([]*command, len(hosts)), []*command{}
	start := func(i int) {
		workers[i] = hosts[i].start("worker")
		started = append(started, workers[i])
	}
	for i := range hosts {
		start(i)
	}
	defer func() {
		if t.Failed() {
			for _, w := range started {
				t.Logf("%d: %v\n%s", w.Process.Pid, w.ProcessState, &w.out)
			}
		}
	}()
	goOn := func() { // each account sends, or has sent all
		before := map[string]int{}
		for _, a := range f.accounts {
			before[a.name] = a.seen()
		}
		awaits(t, "all go on", func() bool {
			return !slices.ContainsFunc(f.accounts, func(a *fleetAccount) bool { return a.seen() <= before[a.name]+2 && a.seen() < a.rows })
		})
	}
	goOn()
	asked := rand.IntN(len(workers))
	workers[asked].signal(syscall.SIGTERM)
	if code := workers[asked].code(); code != 0 {
		t.Errorf("a worker that is asked to stop ends with %d\n%s", code, &workers[asked].out)
	}
	handed := time.Now()
	goOn()
	if took := time.Since(handed); took > time.Minute { // as if it had died
		t.Errorf("what was handed over went on after %s only", took)
	}
	start(asked)
	for n := range kills {
		i := rand.IntN(len(workers))
		t.Logf("%s is killed: pid %d", filepath.Base(hosts[i].dir), workers[i].Process.Pid)
		workers[i].signal(syscall.SIGKILL)
		<-workers[i].ended
		if dead := time.Now(); n == 0 {
			goOn()
			if took := time.Since(dead); took > 3*time.Minute {
				t.Errorf("all went on after %s only", took)
			} else {
				t.Logf("all went on %s after one was killed", took.Round(time.Second))
			}
		} else {
			time.Sleep(pause)
		}
		start(i)
	}
	f.sound(hosts[0].awaitAll("done", 10*time.Minute), 1)
}

// A fleet works for no more accounts at a time than the server has connections for, and says so.
func TestFleetFitsTheConnections(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.Shared(t), 12, 2, sandbox.Config{})
	database := path.Base(f.address)
	f.server.Administer(t, "postgres", "ALTER DATABASE "+database+" CONNECTION LIMIT 24")
	h := f.host("one")
	out := h.run(0, "fleet", "apply", "--files", "files", "--all", "--yes")
	if !strings.Contains(out, "up to 3 accounts at a time, in place of 12") {
		t.Errorf("it does not say how many accounts it works for: %s", out)
	}
	if out := h.run(0, "fleet", "verify", "--parallel", "2"); strings.Contains(out, "at a time") {
		t.Errorf("it says so where nothing is lowered: %s", out)
	}
	for _, a := range f.accounts {
		if a.seen() != a.rows {
			t.Errorf("%s: %d updates, want %d", a.name, a.seen(), a.rows)
		}
	}
}

// What a schedule's line is due for is carried out once a tick, whatever the number of workers, also when the one that enters the
// ticks is killed shortly before.
func TestTicksAreCarriedOutOnce(t *testing.T) {
	t.Parallel()
	f := newFleet(t, pgtest.Shared(t), 1, 3, sandbox.Config{})
	var workers []*command
	for _, name := range []string{"first", "second", "third"} {
		h := f.host(name)
		schedule := filepath.Join(h.dir, "schedule")
		line := "account000  * * * * *  Europe/Berlin  apply files/account000.csv --all --job nightly\n"
		if err := os.WriteFile(schedule, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		workers = append(workers, h.start("worker", "--schedule", schedule))
	}
	defer func() {
		if t.Failed() {
			for _, w := range workers {
				t.Logf("%d: %s", w.Process.Pid, &w.out)
			}
		}
	}()
	leader := func() *command {
		id := f.ask("SELECT coalesce(max(leader_id), '') FROM bulknum_queue.river_leader WHERE expires_at > now()")
		for _, w := range workers {
			if strings.Contains(id, fmt.Sprintf("-%d-", w.Process.Pid)) {
				return w
			}
		}
		return nil
	}
	awaits(t, "there is a leader", func() bool { return leader() != nil })
	tick := time.Now().Add(16 * time.Second).Truncate(time.Minute).Add(time.Minute)
	before := time.Duration(1+rand.IntN(15)) * time.Second
	time.Sleep(time.Until(tick.Add(-before)))
	var killed *command
	awaits(t, "there is one still", func() bool { // who is late loses it for a moment
		killed = leader()
		return killed != nil
	})
	killed.signal(syscall.SIGKILL)
	t.Logf("the leader is killed %s before %s", before, tick.Format("15:04:05"))
	entered := "SELECT count(*) FROM bulknum_queue.river_job WHERE kind = 'tick' AND (args ->> 'due')::timestamptz = '" + tick.UTC().Format(time.RFC3339) + "'"
	awaits(t, "the tick was carried out", func() bool { return f.ask(entered+" AND state = 'completed'") == "1" })
	time.Sleep(time.Until(tick.Add(25 * time.Second))) // a leader that comes later enters it no more
	if got := f.ask(entered); got != "1" {
		t.Errorf("the tick was entered %s times", got)
	}
	awaits(t, "each tick was carried out by one run", func() bool { // the next one may be under way
		return f.ask("SELECT (SELECT count(*) FROM bulknum.runs) = count(*) FROM bulknum_queue.river_job WHERE kind = 'tick' AND state = 'completed'") == "t"
	})
}

// awaits waits until something is so.
func awaits(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within three minutes it is not so that %s", what)
		}
	}
}

// A run that somebody has paused takes no place of another account's: that one is begun, and comes to its end meanwhile.
func TestAPausedRunTakesNoPlace(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	f := newFleet(t, pgtest.Shared(t), 2, 15, sandbox.Config{})
	h := f.host("one")
	h.run(0, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes", "--rate", "2/s")
	w := h.start("worker", "--parallel", "1")
	paused, other := f.accounts[0], f.accounts[1]
	awaits(t, "one sends", func() bool { return paused.seen() > 0 || other.seen() > 0 })
	if other.seen() > 0 {
		paused, other = other, paused
	}
	h.run(0, "ctl", "latest", "pause", "--account", paused.name, "--operator", "alice")
	sent := paused.seen()
	awaits(t, "the other has sent all", func() bool { return other.seen() == other.rows })
	if now := paused.seen(); now > sent+1 { // one was on its way
		t.Errorf("it sent %d rows while it was paused", now-sent)
	}
	h.run(0, "ctl", "latest", "continue", "alice", "--account", paused.name)
	f.sound(h.awaitAll("done", 3*time.Minute), 2)
	w.signal(syscall.SIGTERM)
	if code := w.code(); code != 0 {
		t.Errorf("exit code %d\n%s", code, &w.out)
	}
}
