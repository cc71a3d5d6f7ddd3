package acceptance

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/binary"
	"github.com/bulknum/bulknum/internal/freeport"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/testextent"
)

func TestMain(m *testing.M) {
	// With the race detector every process would wait a second at its end, for
	// goroutines that race then.
	if err := os.Setenv(raceVariable, "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(pgtest.Main(func() int { return binary.Run(withSignals(m.Run)) }))
}

// pause is between two looks at what a process is to come to. They cost the processors more than what is looked at, if
// there is less of it.
const pause = 20 * time.Millisecond

// enough is how long a process has for what takes a moment, on a machine that is busy.
const enough = 3 * time.Minute

// root is the folder of the project.
const root = "../../"

// timeoutVariable has the --timeout of commands, and patience is one that no request exceeds, however busy the machine is
// and however long an answer is held: what is given up is sent again, and the updates are not those that a test counts.
const (
	timeoutVariable = "BULKNUM_TIMEOUT"
	patience        = "1m"
)

// raceVariable has the options of the race detector.
const raceVariable = "GORACE"

// withSignals has no signal ignored: what a shell in the background, or nohup, has set
// is handed on to every process that a test starts.
func withSignals(tests func() int) func() int {
	return func() int {
		for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
			if signal.Ignored(s) {
				signal.Notify(make(chan os.Signal, 1), s)
			}
		}
		return tests()
	}
}

// TestScripts runs what a user types, and reads what a user sees.
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs(root + "samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			if !testextent.HasTurn(filepath.Base(env.WorkDir)) {
				env.T().Skip(testextent.OfOthers)
			}
			env.Setenv("SAMPLES", samples)
			env.Setenv("BULKNUM_SECOND_PASS", "0s") // which waits in real time
			for _, name := range []string{raceVariable, testextent.GarbageVariable} {
				env.Setenv(name, os.Getenv(name))
			}
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
			env.Values[script{}] = &script{}
			env.Defer(func() {
				if err := holdFiles(env.WorkDir); err != nil {
					env.T().Fatal(err)
				}
			})
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "plain":
				return testextent.Plain(), nil
			case "postgres":
				return pgtest.Wanted(), nil
			case "full":
				return testextent.Count(10) > 1, nil // more than a plain run
			default:
				return false, fmt.Errorf("unknown condition %q", name)
			}
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"api":      startAPI,
			"saw":      saw,
			"exits":    exits,
			"signals":  signals,
			"sending":  sending,
			"release":  release,
			"insists":  insists,
			"exited":   exited,
			"private":  private,
			"records":  records,
			"port":     port,
			"follow":   follow,
			"meddle":   meddle,
			"damage":   damage,
			"listens":  listens,
			"stands":   stands,
			"comes":    comes,
			"serves":   serves,
			"renames":  renames,
			"forgets":  forgets,
			"database": database,
			"sql":      execute,
			"role":     role,
			"valid":    valid,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// api is the fake API of a script; one at a time.
type api struct {
	*sandbox.Sandbox
	updates atomic.Int64 // requests, whatever became of them
	forgot  atomic.Bool  // what TotalNumbersRequested means

	mu       sync.Mutex
	let      *sync.Cond // more go than did
	heldFrom int64      // from this update on, they are answered when they are released
}

// script is what the commands of one script share.
type script struct {
	api     *api
	command *exec.Cmd // that was signalled last
}

// of returns what the commands of a script share.
func of(ts *testscript.TestScript) *script { return ts.Value(script{}).(*script) }

// startAPI is `api [name=value…]`: a sandbox on loopback, which the script's
// environment then points at. Names are faults, token-life, latency, secret,
// refuse (updates of numbers with this ending), refusal (its status), locked
// (updates of numbers on this route), spelling, shift (of the pages), unnamed (each
// so many-th record of a page), missing-route and disabled-route
// (one id), requested (what TotalNumbersRequested does, until it forgets that), route-names (of ids), subscriber (its account),
// order (the status word,
// with a message after a colon), hold (updates, from this many-th or from the first, until they are released), forbid
// (tokens for this endpoint) and always (one status, whatever is asked).
// What a command that was killed had under way is waited for as long as the --timeout of the one that goes on, in real
// time: $BRIEF is one for that.
func startAPI(ts *testscript.TestScript, _ bool, args []string) {
	fake := &api{heldFrom: none}
	fake.let = sync.NewCond(&fake.mu)
	config := sandbox.Config{Numbers: 250, AccountKey: "DID-1", AccountSecret: "s3cret"}
	config.Observe = func(s sandbox.Seen) {
		if s.Endpoint == sandbox.Update {
			fake.wait(fake.updates.Add(1))
		}
	}
	secret, refusal := config.AccountSecret, 0
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		var err error
		switch name {
		case "faults":
			config.Faults, err = sandbox.ParseFaults(value)
		case "token-life":
			config.TokenLife, err = time.ParseDuration(value)
		case "quota": // counted evenly, without a word on how long to wait
			config.Quota, err = sandbox.ParseQuota(value)
			config.Quota.Window, config.Quota.RetryAfter = sandbox.Spaced, sandbox.RetryNone
		case "latency":
			config.Latency, err = time.ParseDuration(value)
		case "secret":
			secret = value
		case "refuse":
			config.Judge = func(_, after sandbox.Record) (v sandbox.Verdict) {
				if strings.HasSuffix(after.Number, value) {
					v.Refuse, v.HTTPStatus = "not <b>this</b> one", refusal
				}
				return v
			}
		case "refusal":
			refusal, err = strconv.Atoi(value)
		case "locked":
			config.Judge = func(before, _ sandbox.Record) (v sandbox.Verdict) {
				if before.MessageRouteId == value {
					v.Refuse = "this route is locked"
				}
				return v
			}
		case "only-inventory":
			config.OnlyInventory = true
		case "unique-iccids":
			config.UniqueICCIDs = true
		case "require-companions":
			config.RequireCompanions = true
		case "hold":
			fake.heldFrom = 1
			if value != "" {
				fake.heldFrom, err = strconv.ParseInt(value, 10, 64)
			}
		case "forbid":
			config.Answer = forbidding(value)
		case "always":
			config.Answer, err = always(value)
		case "spelling":
			config.Spelling, err = sandbox.ParseSpelling(value)
		case "missing-route":
			config.MissingRoutes = []string{value}
		case "disabled-route":
			config.DisabledRoutes = []string{value}
		case "subscriber": // ID=ACCOUNT, nothing of one that does not exist
			id, account, _ := strings.Cut(value, "=")
			if config.Subscribers == nil {
				config.Subscribers = map[string]string{}
			}
			config.Subscribers[id] = account
		case "route-names": // ID=NAME, with | between them
			config.RouteNames = map[string]string{}
			for pair := range strings.SplitSeq(value, "|") {
				id, name, _ := strings.Cut(pair, "=")
				config.RouteNames[id] = name
			}
		case "shift":
			config.Pages.Shift, err = strconv.Atoi(value)
		case "requested":
			config.Pages.Requested, err = sandbox.ParseRequested(value)
			config.Answer = fake.ownPages
		case "unnamed":
			config.Pages.Unnamed, err = strconv.Atoi(value)
		case "order":
			word, why, _ := strings.Cut(value, ":")
			config.Judge = func(_, _ sandbox.Record) sandbox.Verdict {
				return sandbox.Verdict{OrderStatus: word, OrderMessage: why}
			}
		default:
			ts.Fatalf("api: no such option: %s", arg)
		}
		ts.Check(err)
	}
	var err error
	fake.Sandbox, err = sandbox.New(config)
	ts.Check(err)
	server := httptest.NewServer(fake)
	ts.Defer(server.Close)
	ts.Defer(func() { fake.release(none) })
	ts.Setenv("TELEGENT_API_URL", server.URL)
	ts.Setenv("BULKNUM_READ_LAG", "0s") // what was in doubt is waited for in real time
	ts.Setenv(timeoutVariable, patience)
	ts.Setenv("BRIEF", testextent.Timeout().String())
	named := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	ts.Setenv("NAMED", named)
	ts.Setenv("LOUD", strings.ToUpper(named))
	ts.Setenv("TELEGENT_ACCOUNT_KEY", config.AccountKey)
	ts.Setenv("TELEGENT_ACCOUNT_SECRET", secret)
	ts.Setenv("BULKNUM_RATE", "1000/s")
	of(ts).api = fake
}

// exits is `exits CODE COMMAND…`: as exec, but the exit code is wanted.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if want := args[0]; strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s\n%s\n%s", code, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// database is `database NAME`: the variable gets the address of an empty database in PostgreSQL.
func database(ts *testscript.TestScript, _ bool, args []string) {
	server, err := pgtest.Get()
	ts.Check(err)
	address, err := server.Create(pgtest.Empty)
	ts.Check(err)
	ts.Setenv(args[0], address)
}

// execute is `sql STATEMENTS`, in the database of BULKNUM_STORE.
func execute(ts *testscript.TestScript, _ bool, args []string) {
	server, err := pgtest.Get()
	ts.Check(err)
	_, err = server.Run(ts.Getenv("BULKNUM_STORE"), args[0])
	ts.Check(err)
}

// role is `role NAME VARIABLE`: the variable gets the address of BULKNUM_STORE for somebody who is a member of a role.
func role(ts *testscript.TestScript, _ bool, args []string) {
	server, err := pgtest.Get()
	ts.Check(err)
	address, err := server.Login(ts.Getenv("BULKNUM_STORE"), args[0])
	ts.Check(err)
	ts.Setenv(args[1], address)
}

// renames is `renames ID NAME`: the route is called otherwise from now on.
func renames(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).api.NameRoute(args[0], args[1])
}

// forgets is `forgets`: the API ignores TotalNumbersRequested from now on.
func forgets(ts *testscript.TestScript, _ bool, _ []string) { of(ts).api.forgot.Store(true) }

// ownPages takes the size of a page out of what is asked for, once the API has forgotten what that means.
func (a *api) ownPages(r *http.Request) http.Handler {
	if query := r.URL.Query(); a.forgot.Load() {
		query.Del("TotalNumbersRequested")
		r.URL.RawQuery = query.Encode()
	}
	return nil
}

// saw is `[!] saw requests|updates N`: what the API of the script has seen.
func saw(ts *testscript.TestScript, neg bool, args []string) {
	stats := of(ts).api.Stats()
	got := map[string]int{"requests": stats.Requests, "updates": stats.Updates, "tokens": stats.TokensIssued}[args[0]]
	if (strconv.Itoa(got) == args[1]) == neg {
		ts.Fatalf("the API saw %d %s, want %s", got, args[0], args[1])
	}
}

// signalNames are those that scripts use.
var signalNames = map[string]os.Signal{
	"HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM,
	"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT,
}

// signals is `signals SIGNAL [N]`: it goes to the command in the background,
// once the API has seen N updates, see [sending].
func signals(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	sending(ts, neg, args[1:])
	s.command = ts.BackgroundCmds()[0]
	process := s.command.Process
	ts.Check(process.Signal(signalNames[args[0]]))
	if args[0] == "STOP" { // a script that fails waits for its commands
		ts.Defer(func() { _ = process.Signal(syscall.SIGCONT) })
	}
}

// insists is `insists SIGNAL`: it goes to the command that was signalled, again
// and again until that has ended.
func insists(ts *testscript.TestScript, _ bool, args []string) {
	again := time.NewTicker(pause)
	defer again.Stop()
	for ; ; <-again.C { // two at the same moment may arrive as one
		err := of(ts).command.Process.Signal(signalNames[args[0]])
		if errors.Is(err, os.ErrProcessDone) {
			return
		}
		ts.Check(err)
	}
}

// exited is `exited CODE`: that of the command that was signalled, after wait.
func exited(ts *testscript.TestScript, _ bool, args []string) {
	if got := strconv.Itoa(of(ts).command.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// private is `private PATH…`: nobody but the owner can read them.
func private(ts *testscript.TestScript, _ bool, args []string) {
	for _, path := range args {
		info, err := os.Stat(ts.MkAbs(path))
		ts.Check(err)
		if info.Mode().Perm()&0o077 != 0 {
			ts.Fatalf("%s has mode %s", path, info.Mode())
		}
	}
}

// port is `port NAME`: the variable gets a port of loopback that is free.
func port(ts *testscript.TestScript, _ bool, args []string) {
	free, err := freeport.Find()
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(free))
}

// serves is `serves PORT`: it waits until somebody listens on the port of loopback.
func serves(ts *testscript.TestScript, _ bool, args []string) {
	again := time.NewTicker(pause)
	defer again.Stop()
	for ; ; <-again.C {
		if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", args[0])); err == nil {
			ts.Check(conn.Close())
			return
		}
	}
}

// comes is `comes FILE TEXT [N]`: it waits until the file has the text, N times if that is said.
func comes(ts *testscript.TestScript, _ bool, args []string) {
	count := 1
	if len(args) > 2 {
		var err error
		count, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < enough; <-tick.C {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.Count(string(content), args[1]) >= count {
			return
		}
	}
	ts.Fatalf("%s does not have %q so often within %s", args[0], args[1], enough)
}
