//go:build !windows

package acceptance

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/schematest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// seenAs is what one view of a run says of it. What a view does not have is empty.
type seenAs struct {
	State, Why string
	Counts     map[string]int
	Rate       string
	Ends       time.Time
	Next       []string
}

// posts are the notifications of a run.
type posts struct {
	mu  sync.Mutex
	all []notified
}

type notified struct {
	Event, Text, Detail string
	Counts              map[string]int
	Next                []string
}

func (p *posts) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var n notified
	if json.NewDecoder(r.Body).Decode(&n) == nil {
		p.mu.Lock()
		p.all = append(p.all, n)
		p.mu.Unlock()
	}
}

// last is the newest notification of an event, if there is one.
func (p *posts) last(event string) (n notified, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range slices.Backward(p.all) {
		if n.Event == event {
			return n, true
		}
	}
	return n, false
}

// viewed is a run that is looked at from all sides.
type viewed struct {
	*operator
	posts   posts
	run     *child
	slow    bool                             // the order of one number stays pending
	trouble atomic.Pointer[http.HandlerFunc] // answers updates; nil: the sandbox does
	posted  atomic.Int64                     // updates
	unread  chan struct{}                    // readings after the first update wait until it is closed; nil: they do not
	flying  int                              // how many requests are under way while the run keeps still
}

// view prepares an operator whose runs are seen everywhere.
func view(t *testing.T) *viewed {
	t.Helper()
	v := &viewed{}
	v.operator = newOperator(t, sandbox.Config{Judge: v.judge, Orders: sandbox.Orders{PendingFor: time.Hour}, Answer: func(r *http.Request) http.Handler {
		if r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "oken") {
			v.posted.Add(1)
		}
		if v.unread != nil && r.Method == http.MethodGet && v.posted.Load() > 0 {
			select {
			case <-v.unread:
			case <-r.Context().Done():
			}
		}
		if trouble := v.trouble.Load(); trouble != nil && r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "oken") {
			return *trouble
		}
		return nil
	}})
	hook := httptest.NewServer(&v.posts)
	t.Cleanup(hook.Close)
	v.env = append(v.env, "BULKNUM_NOTIFY_URL="+hook.URL, "TERM=xterm", "BULKNUM_WORKERS=1")
	return v
}

// judge refuses the number of a file's row 13, and leaves the order of that of row 7 pending where
// it is asked for the route "slow".
func (v *viewed) judge(_, after sandbox.Record) (verdict sandbox.Verdict) {
	switch {
	case after.Number == number(13):
		verdict.Refuse = "not this one"
	case after.Number == number(7) && v.slow:
		verdict.OrderStatus = "InProgress"
	}
	return verdict
}

// fails makes the API answer updates so from now on.
func (v *viewed) fails(status int, retryAfter string) {
	trouble := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
	})
	v.trouble.Store(&trouble)
}

// signalled ends the run by a signal.
func (v *viewed) signalled() { _ = v.run.Process.Signal(syscall.SIGTERM) }

// get is what the live page's server has at a path, or the error that it has gone.
func (v *viewed) get(path string) (string, error) {
	at := v.run.address()
	if at == "" {
		return "", errors.New("it has not said where it is shown")
	}
	answer, err := http.Get("http://" + at + path)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// enough is how long a run has for what takes a moment.
const enough = time.Minute

// until looks again and again, until something is so, or the run has ended.
func (v *viewed) until(what string, so func() bool) {
	v.t.Helper()
	again := time.NewTicker(pause)
	defer again.Stop()
	late := time.After(enough)
	for !so() {
		select {
		case <-again.C:
		case <-late:
			state, _ := v.get("/state.json")
			v.t.Fatalf("it has not come to it that %s: %s", what, state)
		case <-v.run.ended:
			v.t.Fatalf("it ended before %s:\n%s\n%s", what, &v.run.stdout, &v.run.stderr)
		}
	}
}

// state is what state.json tells, and whether nothing is under way.
func (v *viewed) state() (of seenAs, still bool) {
	body, err := v.get("/state.json")
	var s struct {
		Phase, Why       string
		Counts           map[string]int
		AllowedPerMinute float64
		EndsAt           time.Time
		Requests         struct{ Total int }
		Done, Total      int
		Next             []string
	}
	if err != nil || json.Unmarshal([]byte(body), &s) != nil {
		return seenAs{}, false
	}
	if err := schematest.Document("live-state", []byte(body)); err != nil {
		v.t.Error(err)
	}
	return seenAs{s.Phase, s.Why, positive(s.Counts), fmt.Sprintf("%g/s", s.AllowedPerMinute/60), s.EndsAt, s.Next}, true
}

// ctl is what ctl tells as JSON, and as text.
func (v *viewed) ctl() (of seenAs, text string, inFlight int) {
	v.t.Helper()
	var d struct {
		State, Why, Rate string
		Counts           map[string]int
		InFlight         int
		Next             []string
		RollbackWindow   *struct{ EndsAt time.Time }
		At               time.Time
	}
	out := v.bulknum(0, "ctl", "one", "status", "--json").stdout.Bytes()
	if err := errors.Join(json.Unmarshal(out, &d), schematest.Document("ctl", out)); err != nil {
		v.t.Fatalf("%v: %s", err, out)
	}
	of = seenAs{State: d.State, Why: d.Why, Counts: positive(d.Counts), Rate: d.Rate, Next: d.Next}
	if d.RollbackWindow != nil && d.RollbackWindow.EndsAt.After(d.At) { // else nothing is left to be sent
		of.Ends = d.RollbackWindow.EndsAt
	}
	return of, v.bulknum(0, "ctl", "one", "status").stdout.String(), d.InFlight
}

// positive are the counts that are not 0.
func positive(counts map[string]int) map[string]int {
	some := map[string]int{}
	for name, n := range counts {
		if n > 0 {
			some[name] = n
		}
	}
	return some
}

var (
	rowsMetric = regexp.MustCompile(`(?m)^bulknum_rows\{.*status="(\w+)"\} (\d+)`)
	rateMetric = regexp.MustCompile(`(?m)^bulknum_rate_per_second\{.*\} (\S+)`)
	endOnPage  = regexp.MustCompile(`At this rate it ends at ([^;]*);`)
	headline   = regexp.MustCompile(`<h1>(.*)</h1>`)
	nextOnPage = regexp.MustCompile(`data-copy="(bulknum [^"]*)" data-what="the command"`)
	nextInText = regexp.MustCompile(`(?m)^(?:Next|    )      (bulknum .*)$`)
)

// measured are the counts and the rate of the metrics.
func measured(text string) (of seenAs) {
	of.Counts = map[string]int{}
	for _, m := range rowsMetric.FindAllStringSubmatch(text, -1) {
		var n int
		_, _ = fmt.Sscan(m[2], &n)
		of.Counts[m[1]] = n
	}
	of.Counts = positive(of.Counts)
	if m := rateMetric.FindStringSubmatch(text); m != nil {
		of.Rate = m[1] + "/s"
	}
	return of
}

// A run that keeps still says the same of itself in state.json, ctl, the live page, the
// metrics and the notification.
func TestViewsAgreeWhileARunKeepsStill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		// on the way to the state, once the page is served; and on from it
		before, to, on func(v *viewed)
		state, why     string
		notified       string // the event of the notification; "": there is none
		typed, code    int
		main           bool // a plain run has it
	}{
		"asking": {
			typed: 1, state: "asking", why: "whether to send 30 updates", code: 5, main: true,
		},
		"paused": {
			args: []string{"--yes", "--rate", "2/s"}, state: "paused", why: "paused by alex", notified: "held", code: 5,
			to: func(v *viewed) { v.bulknum(0, "ctl", "one", "pause", "--operator", "alex") },
			on: func(v *viewed) {
				v.bulknum(0, "ctl", "one", "rate", "1000/s")
				v.bulknum(0, "ctl", "one", "continue", "--operator", "alex")
			}, main: true,
		},
		"a hold file": {
			args: []string{"--yes", "--hold-file", "hold"}, state: "held", why: "held by the file hold", notified: "held", code: 5,
			on: func(v *viewed) { _ = os.Remove(filepath.Join(v.dir, "hold")) },
		},
		"between waves": {
			args: []string{"--yes", "--waves", "10,30", "--pause-between", "1h"}, state: "held", why: "the pause after wave 1 of 2", notified: "held", code: 6,
			on: func(v *viewed) { v.bulknum(0, "ctl", "one", "next", "2") },
		},
		"a gate that is against it": {
			args: []string{"--yes", "--waves", "10,30", "--gate", "exit 9"}, state: "held", why: "the gate after wave 1 of 2: exit status 9", notified: "held", code: 6,
			on: func(v *viewed) { v.bulknum(0, "ctl", "one", "next", "2") },
		},
		"a gate that thinks": {
			args: []string{"--yes", "--waves", "10,30", "--gate", "while ! test -e go; do sleep 0.02; done"}, state: "between_waves", code: 6,
			on: func(v *viewed) { _ = os.WriteFile(filepath.Join(v.dir, "go"), nil, 0o600) },
		},
		"an API that asks to wait": {
			args: []string{"--yes", "--rate", "2/s", "--max-retry-after", "2h"}, state: "waiting", why: "", code: 143,
			to: func(v *viewed) { v.fails(429, "3600") }, on: (*viewed).signalled,
		},
		"an outage": {
			args: []string{"--yes", "--rate", "2/s", "--workers", "4"}, state: "waiting", why: "the API is down: service unavailable", notified: "outage", code: 143,
			to: func(v *viewed) { v.fails(503, "") }, on: (*viewed).signalled,
		},
		"orders that are pending": {
			args: []string{"--yes", "--wait", "--wait-for", "1h"}, state: "waiting", why: "for the orders of pending rows: 1", code: 143,
			before: func(v *viewed) { v.slow = true }, on: (*viewed).signalled,
		},
		"a wave that is read back": {
			args: []string{"--yes", "--waves", "10,30", "--timeout", "1m"}, state: "verifying", code: 6,
			before: func(v *viewed) { v.unread, v.flying = make(chan struct{}), 1 },
			on:     func(v *viewed) { close(v.unread) },
		},
		"orders of a wave that are pending": {
			args: []string{"--yes", "--waves", "10,30", "--wait-for", "1h"}, state: "waiting", why: "for the orders of pending rows: 1", code: 143,
			before: func(v *viewed) { v.slow = true }, on: (*viewed).signalled,
		},
		"a pause while an API asks to wait": {
			args: []string{"--yes", "--rate", "2/s", "--max-retry-after", "2h"}, state: "paused", why: "paused by alex", notified: "held", code: 143,
			to: func(v *viewed) {
				v.fails(429, "3600")
				v.until("it waits", func() bool { s, ok := v.state(); return ok && s.State == "waiting" })
				v.bulknum(0, "ctl", "one", "pause", "--operator", "alex")
			},
			on: (*viewed).signalled,
		},
		"a hold file and two pauses": {
			args: []string{"--yes", "--hold-file", "hold"}, state: "paused", why: "; paused by bob", notified: "held", code: 143,
			to: func(v *viewed) {
				v.until("it can be asked", func() bool {
					at, _ := filepath.Glob(filepath.Join(v.dir, "runs", "one", "control.*"))
					return at != nil
				})
				v.bulknum(0, "ctl", "one", "pause", "--operator", "alex")
				v.bulknum(0, "ctl", "one", "pause", "--operator", "bob")
			},
			on: (*viewed).signalled,
		},
		"a question between waves": {
			args: []string{"--waves", "10,30", "--confirm-waves"}, typed: 2, state: "asking", why: "whether to continue with wave 2 of 2", code: 6,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.main {
				testextent.Variant(t)
			}
			t.Parallel()
			v := view(t)
			if err := os.WriteFile(filepath.Join(v.dir, "hold"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				c.before(v)
			}
			args := append([]string{"apply", v.oneRoute("rows", 30), "--run", "one", "--all", "--max-failures", "100%", "--listen", anyPort}, c.args...)
			v.run = v.command("bulknum", args...)
			yes := func() {}
			if c.typed > 0 {
				term := newTerminal(t, 120, slices.Repeat([]string{"yes\n"}, c.typed-1)...)
				v.run.at(term)
				yes = func() { _, _ = io.WriteString(term.ours, "yes\n") }
				defer term.close()
			}
			v.start(v.run)
			if c.to != nil {
				v.until("it sends", func() bool {
					s, ok := v.state()
					return ok && (s.State == "sending" && s.Counts["updated"] > 2 || s.State == "held")
				})
				c.to(v)
			}
			v.until("it is "+c.state, func() bool {
				s, ok := v.state()
				return ok && s.State == c.state && strings.Contains(s.Why, c.why)
			})
			v.agree(c.notified)
			if c.on != nil {
				c.on(v)
			}
			yes()
			<-v.run.ended
			v.run.wants(t, c.code)
		})
	}
}

// agree compares what is told of a run that keeps still.
func (v *viewed) agree(notified string) {
	t := v.t
	t.Helper()
	v.until("nothing more is in flight", func() bool { _, _, n := v.ctl(); return n == v.flying })
	state, _ := v.state()
	ctl, text, _ := v.ctl()
	after, _ := v.state() // each look at an API that is down moves the end
	scraped, err := v.get("/metrics")
	if err != nil {
		t.Fatal(err)
	}
	page, err := v.get("/")
	if err != nil {
		t.Fatal(err)
	}
	metrics := measured(scraped)
	want := seenAs{State: state.State, Why: state.Why, Counts: state.Counts, Rate: state.Rate}
	became := maps.Clone(state.Counts)
	delete(became, "planned") // ctl tells what became of rows, and how many there are
	if d := cmp.Diff(seenAs{state.State, state.Why, became, state.Rate, time.Time{}, nil}, seenAs{ctl.State, ctl.Why, ctl.Counts, ctl.Rate, time.Time{}, nil}); d != "" {
		t.Errorf("ctl tells otherwise than state.json:\n%s", d)
	}
	if ctl.Ends.Before(state.Ends.Add(-time.Second)) || ctl.Ends.After(after.Ends.Add(time.Second)) {
		t.Errorf("it ends at %v to %v by state.json, and at %v by ctl", state.Ends, after.Ends, ctl.Ends)
	}
	if shown := endOnPage.FindStringSubmatch(page); (shown == nil) != ctl.Ends.IsZero() {
		t.Errorf("it ends at %v by ctl, and at %v by the page", ctl.Ends, shown)
	} else if shown != nil {
		at, err := time.ParseInLocation("2006-01-02 15:04:05 MST", shown[1], ctl.Ends.Location())
		if err != nil || at.Before(state.Ends.Add(-2*time.Second)) || at.After(after.Ends.Add(2*time.Second)) {
			t.Errorf("it ends at %v to %v by state.json, and at %v by the page: %v", state.Ends, after.Ends, at, err)
		}
	}
	if d := cmp.Diff(seenAs{Counts: want.Counts, Rate: want.Rate}, metrics); d != "" {
		t.Errorf("the metrics tell otherwise:\n%s", d)
	}
	word := strings.ReplaceAll(want.State, "_", " ")
	standing := word
	switch {
	case strings.HasPrefix(want.Why, word+" "):
		standing = want.Why
	case want.Why != "":
		standing += ": " + want.Why
	}
	if !strings.HasPrefix(text, "Run one: "+standing+", since ") {
		t.Errorf("ctl says of %s:\n%s", standing, text)
	}
	reported := v.bulknum(0, "report", "one").stdout.String()
	if !strings.Contains(reported, "\nRun one: "+standing+", since ") {
		t.Errorf("report says of %s:\n%s", standing, reported)
	}
	for status, n := range became {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^  %s +%d$`, status, n)).MatchString(reported) {
			t.Errorf("report says of %d %s:\n%s", n, status, reported)
		}
	}
	title := html.UnescapeString(headline.FindStringSubmatch(page)[1])
	if title != strings.ToUpper(standing[:1])+standing[1:] && (want.Why != "" || !strings.HasPrefix(strings.ToLower(title), word+": ")) {
		t.Errorf("the page says %q of %s", title, standing)
	}
	next := groups(nextInText.FindAllStringSubmatch(text, -1))
	for view, commands := range map[string][]string{
		"state.json": state.Next, "ctl --json": ctl.Next, "report": groups(nextInText.FindAllStringSubmatch(reported, -1)),
		"the page": unescaped(groups(nextOnPage.FindAllStringSubmatch(page, -1))),
	} {
		if d := cmp.Diff(next, commands, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("ctl and %s tell other next steps:\n%s", view, d)
		}
	}
	if notified == "" {
		return
	}
	v.until("it is notified", func() bool { _, ok := v.posts.last(notified); return ok })
	n, _ := v.posts.last(notified)
	switch {
	case n.Event == "held" && (!strings.Contains(n.Text, ": "+standing) || n.Detail != want.Why || !slices.Equal(n.Next, next)),
		n.Event == "outage" && (!strings.Contains(n.Text, ": the API is down") || want.Why != "the API is down: "+n.Detail):
		t.Errorf("the notification says %q, %q of %s: %s", n.Text, n.Detail, word, want.Why)
	}
}

// unescaped are texts of HTML as they are read.
func unescaped(texts []string) []string {
	for i, text := range texts {
		texts[i] = html.UnescapeString(text)
	}
	return texts
}

// groups are the first groups of matches.
func groups(matches [][]string) []string {
	list := []string{}
	for _, m := range matches {
		list = append(list, m[1])
	}
	return list
}

// The question whether the next wave may begin is answered by whoever is first, and the report says by whom.
func TestAQuestionIsAnsweredElsewhere(t *testing.T) {
	t.Parallel()
	v := view(t)
	term := newTerminal(t, 120, "yes\n")
	v.run = v.command("bulknum", "apply", v.oneRoute("rows", 10), "--run", "one", "--all", "--waves", "5,10", "--confirm-waves", "--listen", anyPort)
	v.run.at(term)
	v.start(v.run)
	v.until("somebody is asked", func() bool { s, ok := v.state(); return ok && s.Why == "whether to continue with wave 2 of 2" })
	v.bulknum(0, "ctl", "one", "next", "2", "--operator", "bob")
	<-v.run.ended
	term.close()
	v.run.wants(t, 0)
	if told := v.run.stdout.String(); !regexp.MustCompile(`(?m)^Asked .* next by bob.*: wave 2$`).MatchString(told) {
		t.Errorf("the report does not say who answered:\n%s", told)
	}
}
