//go:build linux

package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/binary"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

func TestMain(m *testing.M) {
	if !pgtest.Wanted() { // all is skipped: no command is needed
		os.Exit(m.Run())
	}
	os.Exit(pgtest.Main(func() int { return binary.Run(m.Run) }))
}

const (
	// rate is what all hosts together may send in a second.
	rate = 20
	// bunched is how late a request may arrive, after the turn that it had, on a machine that is busy.
	bunched = 700 * time.Millisecond
)

// rows is how many the file rows.csv has that the hosts work on.
const rows = 10

// number is the n-th of the file.
func number(n int) string { return fmt.Sprintf("+1801%07d", 5550000+n) }

// site is some hosts, and what they share: an account of the API, and a store.
type site struct {
	t       testing.TB
	api     *sandbox.Sandbox
	url     string
	server  *pgtest.Server
	address string // of the store, without a network between
	// blind is a site whose API does not look whose a request is, which takes more time than to answer it.
	blind bool

	mu       sync.Mutex
	requests []time.Time // of all hosts, also those that read
	arrivals []arrival
	onUpdate func(arrivals int)
	// onRequest is called for requests of all kinds.
	onRequest func(requests int)
}

// arrival is an update request at the API.
type arrival struct {
	at  time.Time
	pid int // of whom; 0: it has ended meanwhile
}

// model is a database with the tables of a store.
var model struct {
	once     sync.Once
	database string
}

func newSite(t testing.TB, server *pgtest.Server, config sandbox.Config) *site {
	t.Helper()
	s := &site{t: t, server: server}
	config.AccountKey, config.AccountSecret = "DID-1", "s3cret"
	var err error
	if s.api, err = sandbox.New(config); err != nil {
		t.Fatal(err)
	}
	listens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requested()
		if strings.HasSuffix(r.URL.Path, "/numbers/update") {
			owner := 0
			if !s.blind {
				owner = ownerOf(r.RemoteAddr, r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()) //nolint:forcetypeassert // the server's
			}
			s.arrived(owner)
		}
		s.api.ServeHTTP(w, r)
	}))
	t.Cleanup(listens.Close)
	s.url = listens.URL
	if server != pgtest.Shared(t) {
		s.address = server.NewDatabase(t, pgtest.Empty)
		s.host("migrates").run(0, "store", "migrate")
		return s
	}
	model.once.Do(func() {
		s.address = server.NewDatabase(t, pgtest.Empty)
		model.database = path.Base(s.address)
		s.host("migrates").run(0, "store", "migrate")
	})
	s.address = server.NewDatabase(t, model.database)
	return s
}

// ownerOf is the process that has a connection between two addresses of the loopback; 0: it has ended.
func ownerOf(its, ours string) (owner int) {
	table, _ := os.ReadFile("/proc/net/tcp")
	local, remote := inHex(its), inHex(ours)
	var inode string
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 9 && fields[1] == local && fields[2] == remote {
			inode = fields[9]
		}
	}
	if inode == "" || inode == "0" {
		return 0
	}
	living.Range(func(key, _ any) bool {
		pid := key.(int) //nolint:forcetypeassert // as stored
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, link := range links {
			if to, _ := os.Readlink(link); to == "socket:["+inode+"]" {
				owner = pid
				return false
			}
		}
		return true
	})
	return owner
}

// inHex is an address of the loopback as the kernel lists it.
func inHex(address string) string {
	_, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	return fmt.Sprintf("0100007F:%04X", n)
}

// living are the processes of commands that were started.
var living sync.Map

func (s *site) requested() {
	s.mu.Lock()
	s.requests = append(s.requests, time.Now())
	n, then := len(s.requests), s.onRequest
	s.mu.Unlock()
	if then != nil {
		then(n)
	}
}

func (s *site) arrived(pid int) {
	s.mu.Lock()
	s.arrivals = append(s.arrivals, arrival{time.Now(), pid})
	n, then := len(s.arrivals), s.onUpdate
	s.mu.Unlock()
	if then != nil {
		then(n)
	}
}

// host is a machine with folders of its own, and a network to the store.
type host struct {
	*site
	dir     string
	network *network.Network
	env     []string
}

func (s *site) host(name string) *host {
	s.t.Helper()
	n, err := network.Between(between(s.address, "@", "/"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(n.Close)
	h := &host{site: s, dir: filepath.Join(s.t.TempDir(), name), network: n}
	if err := errors.Join(os.MkdirAll(h.dir, 0o700), h.write("rows.csv", rows), h.write("many.csv", 4*rows)); err != nil {
		s.t.Fatal(err)
	}
	h.env = append(os.Environ(),
		"HOME="+h.dir, "XDG_STATE_HOME="+filepath.Join(h.dir, "state"), "BULKNUM_READ_LAG=0s", "BULKNUM_TIMEOUT=1s", "BULKNUM_SECOND_PASS=0s",
		"TELEGENT_API_URL="+s.url, "TELEGENT_ACCOUNT_KEY=DID-1", "TELEGENT_ACCOUNT_SECRET=s3cret",
		"BULKNUM_STORE="+strings.Replace(s.address, between(s.address, "@", "/"), n.Address(), 1), "BULKNUM_RATE="+strconv.Itoa(rate)+"/s")
	return h
}

// write writes a file that is input.
func (h *host) write(name string, rows int) error {
	var file strings.Builder
	file.WriteString("Number,MessageRouteId\n")
	for i := range rows {
		fmt.Fprintf(&file, "%s,MRID-new\n", number(i))
	}
	return os.WriteFile(filepath.Join(h.dir, name), []byte(file.String()), 0o600)
}

// between is what is between two texts.
func between(text, a, b string) string {
	_, text, _ = strings.Cut(text, a)
	text, _, _ = strings.Cut(text, b)
	return text
}

// command is one that runs, or ran.
type command struct {
	*exec.Cmd
	t     testing.TB
	out   output
	ended chan struct{}
}

// output is what a command prints, while it does.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts a command.
func (h *host) start(args ...string) *command {
	h.t.Helper()
	c := &command{Cmd: exec.Command("bulknum", args...), t: h.t, ended: make(chan struct{})}
	c.Dir, c.Env, c.Stdout, c.Stderr = h.dir, h.env, &c.out, &c.out
	if err := c.Start(); err != nil {
		h.t.Fatal(err)
	}
	living.Store(c.Process.Pid, true)
	h.t.Cleanup(func() { _ = c.Process.Kill() })
	go func() {
		defer close(c.ended)
		_ = c.Wait() // the exit code is looked at
		living.Delete(c.Process.Pid)
	}()
	return c
}

// endsWithin is within what time a command ends that is not asked to wait for longer.
const endsWithin = 90 * time.Second

// code is the exit code of a command, after its end. One that hangs tells in its output what it waits for.
func (c *command) code() int {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(endsWithin):
		isStopped := stopped(c.Process.Pid)
		c.signal(syscall.SIGQUIT)
		c.signal(syscall.SIGCONT)
		<-c.ended
		c.t.Errorf("%v has not ended within %s (stopped: %v)\n%s", c.Args, endsWithin, isStopped, &c.out)
	}
	return c.ProcessState.ExitCode()
}

func (c *command) signal(s syscall.Signal) { _ = c.Process.Signal(s) } // or it has ended

// stop stops the process, which SIGCONT lets go on, unless it has ended.
func (c *command) stop() {
	c.signal(syscall.SIGSTOP)
	for !stopped(c.Process.Pid) && c.ProcessState == nil {
		time.Sleep(time.Millisecond)
	}
}

// run runs a command to its end, and wants an exit code.
func (h *host) run(code int, args ...string) string {
	h.t.Helper()
	c := h.start(args...)
	if got := c.code(); got != code {
		h.t.Fatalf("%v: exit code %d, want %d\n%s", args, got, code, &c.out)
	}
	return c.out.String()
}

// after gives a channel that is closed when the API has seen so many updates.
func (s *site) after(updates int) <-chan struct{} {
	seen := make(chan struct{})
	var once sync.Once
	s.onUpdates(func(n int) {
		if n >= updates {
			once.Do(func() { close(seen) })
		}
	})
	return seen
}

// onUpdates calls a function when an update has arrived, with how many have, before it is answered.
func (s *site) onUpdates(then func(arrivals int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onUpdate = then
}

// afterRequests is after, of requests of all kinds.
func (s *site) afterRequests(requests int) <-chan struct{} {
	seen := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onRequest = func(n int) {
		if n == requests {
			close(seen)
		}
	}
	return seen
}

// lawful makes sure that never two have sent: who has begun to send after another one, is not followed by that one.
func (s *site) lawful() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	over := map[int]bool{}
	last := 0
	for _, a := range s.arrivals {
		switch {
		case a.pid == 0 || a.pid == last:
			continue
		case over[a.pid]:
			s.t.Errorf("pid %d sent after pid %d had begun to: %+v", a.pid, last, s.arrivals)
			return
		}
		over[last], last = true, a.pid
	}
}

// frugal makes sure that all hosts together have kept the rate: between any two requests there is the time that those between
// them take.
func (s *site) frugal() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, from := range s.requests {
		for n, at := range s.requests[i:] {
			if took, least := at.Sub(from), time.Duration(n)*time.Second/rate; took+bunched < least {
				s.t.Errorf("%d requests came within %s, which is %s at the rate", n+1, took, least)
				return
			}
		}
	}
}

// whole makes sure that every row is updated, once recorded so never sent again, and at the API as asked.
func (s *site) whole(run string) {
	s.t.Helper()
	if got := s.ask("SELECT count(*) FROM (SELECT DISTINCT ON (line) line, status FROM bulknum.results r JOIN bulknum.runs u ON u.id = r.run" +
		" WHERE u.name = '" + run + "' ORDER BY line, r.sequence DESC) x WHERE status = 'updated'"); got != strconv.Itoa(rows) {
		s.t.Errorf("%s rows are updated, want %d", got, rows)
	}
	if got := s.ask("SELECT count(*) FROM bulknum.intents i JOIN bulknum.results r ON r.run = i.run AND r.line = i.line AND r.sequence < i.sequence" +
		" WHERE r.status = 'updated'"); got != "0" {
		s.t.Errorf("%s rows were sent after their answer was recorded", got)
	}
}

// ask asks the store.
func (s *site) ask(query string) string { return s.server.Execute(s.t, s.address, query) }

// stopped reports whether a process was stopped by a signal.
func stopped(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(status), ") ")
	return err == nil && strings.HasPrefix(after, "T")
}

// stopAfterCommit stops a process when so many of its commits are made, before it hears of the last one, and then tells it.
func (h *host) stopAfterCommit(c *command, commits int32) <-chan struct{} {
	var n atomic.Int32
	return h.stopAfter(c, func() bool { return n.Add(1) == commits })
}

// stopAfterIntent stops a process when it has committed an intent, before it hears of that, and then tells it.
func (h *host) stopAfterIntent(c *command) <-chan struct{} {
	return h.stopAfter(c, func() bool { return h.ask("SELECT count(*) FROM bulknum.in_flight") == "1" })
}

// stopAfter stops a process when a commit is made that is the one, before it hears of it, and then tells it.
func (h *host) stopAfter(c *command, is func() bool) <-chan struct{} {
	made := make(chan struct{})
	var over atomic.Bool
	h.network.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
		if bytes.Contains(b, []byte("COMMIT\x00")) && !over.Load() && is() && over.CompareAndSwap(false, true) {
			c.stop()
			close(made)
		}
		return b, network.No
	})
	return made
}

// seen are the updates that have arrived.
func (s *site) seen() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]arrival(nil), s.arrivals...)
}
