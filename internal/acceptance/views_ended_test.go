//go:build !windows

package acceptance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/internal/testextent"
)

// A run that has ended says the same of itself in its text, page, summary.json, metrics,
// notification, and in the list of runs.
func TestViewsAgreeOnTheEnd(t *testing.T) {
	t.Parallel()
	rows := func(n int) func(v *viewed) []string {
		return func(v *viewed) []string { return []string{"apply", v.oneRoute("rows", n)} }
	}
	for name, c := range map[string]struct {
		// before is what is done before; it returns the command.
		before func(v *viewed) []string
		args   []string
		during func(v *viewed)
		typed  []string // on a terminal; none: there is none
		waves  []string // how the lines of the table of waves begin
		code   int
		state  string
		next   string // begins the first command; "": there is none
		main   bool   // a plain run has it
	}{
		"done":     {before: rows(10), args: []string{"--yes"}, state: "finished"},
		"failed":   {before: rows(20), args: []string{"--yes", "--max-failures", "100%"}, code: 5, state: "finished", next: "bulknum report runs/one"},
		"failures": {before: rows(20), args: []string{"--yes", "--max-failures", "0"}, code: 6, state: "stopped", next: "bulknum resume runs/one"},
		"declined": {before: rows(10), code: 4, state: "refused", next: "bulknum resume runs/one"},
		"guarded":  {before: rows(10), args: []string{"--yes", "--max-changes", "3"}, code: 4, state: "refused"},
		"plan": {
			before: func(v *viewed) []string { return []string{"plan", v.oneRoute("rows", 10)} },
			state:  "planned", next: "bulknum apply --plan runs/one",
		},
		"a plan that is applied": {
			before: func(v *viewed) []string {
				v.bulknum(0, "plan", v.oneRoute("rows", 10), "--run", "one")
				return []string{"apply", "--plan", "one"}
			},
			args: []string{"--yes"}, state: "finished",
		},
		"resumed": {
			before: func(v *viewed) []string {
				v.bulknum(4, "apply", v.oneRoute("rows", 10), "--run", "one")
				return []string{"resume", "one"}
			},
			args: []string{"--yes"}, state: "finished",
		},
		"a wave": {
			before: rows(20), args: []string{"--yes", "--waves", "14,20", "--max-failures", "100%"}, code: 6, state: "stopped",
			next: "bulknum report runs/one", main: true,
		},
		"rollback": {
			before: func(v *viewed) []string {
				v.bulknum(0, "apply", v.oneRoute("rows", 10), "--run", "old", "--yes")
				return []string{"rollback", "old", "--allow-clear"}
			},
			args: []string{"--yes"}, state: "finished",
		},
		"operator": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s"}, code: 6, state: "stopped", next: "bulknum resume runs/one",
			during: func(v *viewed) { v.bulknum(0, "ctl", "one", "stop") }, main: true,
		},
		"SIGTERM": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s"}, code: 143, state: "stopped", next: "bulknum resume runs/one",
			during: (*viewed).signalled,
		},
		"a signal in a wave": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s", "--waves", "29,30"}, code: 143, state: "stopped", next: "bulknum resume runs/one",
			during: (*viewed).signalled, waves: []string{"1 of 2 29 cut off", "2 of 2 1 not begun"},
		},
		"SIGINT": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s"}, code: 130, state: "stopped", next: "bulknum resume runs/one",
			during: func(v *viewed) { _ = v.run.Process.Signal(syscall.SIGINT) },
		},
		"SIGHUP": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s"}, code: 129, state: "stopped", next: "bulknum resume runs/one",
			during: func(v *viewed) { _ = v.run.Process.Signal(syscall.SIGHUP) },
		},
		"a person who is against the next wave": {
			before: rows(20), args: []string{"--waves", "10,20", "--confirm-waves"}, typed: []string{"yes\n", "no\n"}, code: 6,
			state: "stopped", next: "bulknum resume runs/one --confirm-waves",
		},
		"a plan that would be refused": {
			before: func(v *viewed) []string { return []string{"plan", v.oneRoute("rows", 10)} },
			args:   []string{"--max-changes", "3"}, code: 4, state: "planned", next: "bulknum plan ",
		},
		"outage": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s", "--workers", "4", "--outage-wait", "1s"}, code: 6,
			state: "stopped", next: "bulknum resume runs/one", during: func(v *viewed) { v.fails(503, "") },
		},
		"a wait that is too long": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s"}, code: 6,
			state: "stopped", next: "bulknum resume runs/one", during: func(v *viewed) { v.fails(429, "3600") },
		},
		"credentials": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "2/s"}, code: 7,
			state: "stopped", next: "bulknum check", during: func(v *viewed) { v.fails(403, "") },
		},
		"a rollback that is no longer in time": {
			before: rows(30), args: []string{"--yes", "--all", "--rate", "1/s", "--deadline", "20s", "--reserve-rollback"}, code: 6,
			state: "stopped", next: "bulknum rollback runs/one",
		},
		"a wave that somebody is against": {
			before: rows(20), args: []string{"--yes", "--waves", "10,20", "--pause-between", "1h"}, code: 6, state: "stopped", next: "bulknum resume runs/one",
			during: func(v *viewed) { v.bulknum(0, "ctl", "one", "stop") },
		},
		"pending": {
			before: func(v *viewed) []string { v.slow = true; return []string{"apply", v.oneRoute("rows", 10)} },
			args:   []string{"--yes", "--wait", "--wait-for", "1ms"}, code: 5, state: "finished", next: "bulknum resume runs/one",
		},
		"deadline": {before: rows(10), args: []string{"--yes", "--deadline", "1ms"}, code: 6, state: "stopped", next: "bulknum resume runs/one --deadline TIME"},
		"gate":     {before: rows(10), args: []string{"--yes", "--waves", "5,10", "--gate", `test "$BULKNUM_GATE_WAVE" = 1`}, code: 5, state: "finished", next: "bulknum rollback runs/one"},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.main {
				testextent.Variant(t)
			}
			t.Parallel()
			v := view(t)
			args := c.before(v)
			if args[0] != "resume" && args[1] != "--plan" {
				args = append(args, "--run", "one")
			}
			v.run = v.command("bulknum", append(args, append(c.args, "--metrics-file", "one.prom", "--listen", anyPort)...)...)
			var term *terminal
			if len(c.typed) > 0 {
				term = newTerminal(t, 120, c.typed...)
				v.run.at(term)
			}
			ended := v.follows()
			v.start(v.run)
			if c.during != nil {
				v.until("it sends", func() bool { s, ok := v.state(); return ok && s.Counts["updated"] > 2 })
				c.during(v)
			}
			<-v.run.ended
			if term != nil {
				term.close()
			}
			v.run.wants(t, c.code)
			v.agreeAtTheEnd(c.state, c.next, args[0] == "plan", ended())
			v.sameWaves(c.waves)
		})
	}
}

// What is told later of a run is the same everywhere too: that it crashed, that it was rolled back,
// and that a later one moved its rows.
func TestViewsAgreeLater(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(v *viewed)
		state   string
		told    string // in the headline
		next    string
	}{
		"crashed": {
			state: "crashed", told: "crashed: it was cut off, and nobody works on it any more", next: "bulknum resume runs/one",
			happens: func(v *viewed) {
				v.run = v.command("bulknum", "apply", v.oneRoute("rows", 30), "--run", "one", "--all", "--yes", "--rate", "2/s", "--listen", anyPort)
				v.start(v.run)
				v.until("it sends", func() bool { s, ok := v.state(); return ok && s.Counts["updated"] > 2 })
				_ = v.run.Process.Kill()
				<-v.run.ended
			},
		},
		"rolled back": {
			state: "finished", told: "finished: every row was in sync; since then it was rolled back by run back",
			happens: func(v *viewed) {
				v.bulknum(0, "apply", v.oneRoute("rows", 10), "--run", "one", "--yes")
				v.bulknum(0, "rollback", "one", "--run", "back", "--allow-clear", "--yes")
			},
		},
		"moved by a later run": {
			state: "finished", told: "since then run later",
			happens: func(v *viewed) {
				v.bulknum(0, "apply", v.oneRoute("rows", 10), "--run", "one", "--yes")
				file := filepath.Join(v.dir, "later.csv")
				if err := os.WriteFile(file, []byte("Number,MessageRouteId\n"+number(3)+",MRID-later\n"), 0o600); err != nil {
					v.t.Fatal(err)
				}
				v.bulknum(0, "apply", file, "--run", "later", "--yes")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "crashed" {
				testextent.Variant(t)
			}
			t.Parallel()
			v := view(t)
			c.happens(v)
			text := v.bulknum(0, "report", "one").stdout.String()
			page, summary := v.read("report.html"), v.summary()
			title := html.UnescapeString(headline.FindStringSubmatch(page)[1])
			title = strings.ToLower(title[:1]) + title[1:]
			if !strings.Contains(title, c.told) || !strings.Contains(text, "Run one "+title+"\n") {
				t.Errorf("the page says %q, want %q in it and in the text\n%s", title, c.told, text)
			}
			if state := v.listed(); state != c.state || summary.State != c.state {
				t.Errorf("the runs have it %s, summary.json %s, want %s", state, summary.State, c.state)
			}
			for status, n := range positive(summary.Counts) {
				if !regexp.MustCompile(fmt.Sprintf(`(?m)^  %s +%d$`, status, n)).MatchString(text) {
					t.Errorf("the text does not say %d %s:\n%s", n, status, text)
				}
			}
			v.sameSteps(page, text, c.next)
		})
	}
}

// read is the content of a file in the run's folder.
func (v *viewed) read(name string) string {
	v.t.Helper()
	content, err := os.ReadFile(filepath.Join(v.dir, "runs", "one", name))
	if err != nil {
		v.t.Fatal(err)
	}
	return string(content)
}

// summarized is what summary.json tells.
type summarized struct {
	State    string
	Counts   map[string]int
	Rows     int
	Requests struct{ Total int }
	Stop     *struct{ Reason, Detail string }
	Guards   []struct {
		Measured string
		Holds    bool
	}
}

// lastState is the last state.json of a run.
type lastState struct {
	summarized
	Phase    string
	Next     []string
	ExitCode *int
}

// follows reads the events of the run that starts next, as its live page does, from its first request on; ended gives the
// last state that it told, if it made a request.
func (v *viewed) follows() (ended func() *lastState) {
	told, connected := make(chan *lastState, 1), make(chan struct{})
	v.after(1, func() { <-connected })
	go func() {
		defer close(told)
		answer := v.run.connect("/events")
		close(connected)
		if answer == nil {
			return
		}
		defer answer.Body.Close()
		var last lastState
		lines := bufio.NewScanner(answer.Body)
		for lines.Buffer(nil, 1<<20); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				last = lastState{}
				_ = json.Unmarshal([]byte(data), &last)
			}
		}
		told <- &last
	}()
	return func() *lastState { return <-told }
}

// summary is what summary.json tells of the run.
func (v *viewed) summary() (s summarized) {
	v.t.Helper()
	if err := json.Unmarshal([]byte(v.read("summary.json")), &s); err != nil {
		v.t.Fatal(err)
	}
	return s
}

// listed is the state of the run in the list of runs; "": it is not there.
func (v *viewed) listed() string {
	v.t.Helper()
	var list struct {
		Runs []struct{ Name, State string }
	}
	if err := json.Unmarshal(v.bulknum(0, "runs", "--json").stdout.Bytes(), &list); err != nil {
		v.t.Fatal(err)
	}
	for _, r := range list.Runs {
		if r.Name == "one" {
			return r.State
		}
	}
	return ""
}

// sameSteps compares the next steps of the page and the text, of which the first begins so, and
// returns them.
func (v *viewed) sameSteps(page, text, first string) []string {
	v.t.Helper()
	shown, written := unescaped(groups(nextOnPage.FindAllStringSubmatch(page, -1))), groups(nextInText.FindAllStringSubmatch(text, -1))
	for i, command := range written {
		written[i] = strings.TrimSuffix(command, " --yes")
	}
	if d := cmp.Diff(shown, written); d != "" {
		v.t.Errorf("the next steps of page and text:\n%s", d)
	}
	if all := strings.Join(shown, "\n"); first == "" && all != "" || !strings.HasPrefix(all, first) {
		v.t.Errorf("the next steps are %q, want %q first", all, first)
	}
	return shown
}

// agreeAtTheEnd compares what is told of a run that has ended.
func (v *viewed) agreeAtTheEnd(state, next string, plan bool, last *lastState) {
	t := v.t
	t.Helper()
	summary := v.summary()
	if listed := v.listed(); listed != state {
		t.Errorf("the runs have it %s, want %s", listed, state)
	}
	if last != nil {
		code := v.run.ProcessState.ExitCode()
		summary := summary
		summary.State, summary.Guards = "", nil // state.json has a phase, and no guards
		if d := cmp.Diff(summary, last.summarized); d != "" || last.Phase != "ended" || last.Next != nil || last.ExitCode == nil || *last.ExitCode != code {
			t.Errorf("state.json ends with %+v, exit code %d: %s", last, code, d)
		}
	}
	scraped, err := os.ReadFile(filepath.Join(v.dir, "one.prom"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(positive(summary.Counts), measured(string(scraped)).Counts); d != "" {
		t.Errorf("the metrics tell otherwise than summary.json:\n%s", d)
	}
	n, ok := v.posts.last("ended")
	if !ok {
		t.Fatal("the end was not notified")
	}
	if d := cmp.Diff(positive(summary.Counts), positive(n.Counts)); d != "" {
		t.Errorf("the notification tells otherwise than summary.json:\n%s", d)
	}
	text, page := v.run.stdout.String(), v.read("report.html")
	if text == "" {
		text = v.bulknum(0, "report", "one").stdout.String()
	}
	title := html.UnescapeString(headline.FindStringSubmatch(page)[1])
	title = strings.ToLower(title[:1]) + title[1:]
	if !strings.Contains(text, "one "+title+"\n") && !(plan && strings.Contains(text, "Plan one: "+title+"\n")) {
		t.Errorf("the page says %q, the text\n%s", title, text)
	}
	hidden := likeANumber.ReplaceAllString(title, "$1…$2") // in the name of a folder, too
	if !plan && !strings.Contains(n.Text, ": "+hidden+";") {
		t.Errorf("the page says %q, the notification %q", title, n.Text)
	}
	if d := cmp.Diff(v.sameSteps(page, text, next), append([]string{}, n.Next...)); d != "" {
		t.Errorf("the next steps of page and notification:\n%s", d)
	}
	v.sameGuards(summary, text, page)
}

// sameGuards compares what is told of the guards of a plan that was only made, or refused: then
// the text has what refuses.
func (v *viewed) sameGuards(summary summarized, text, page string) {
	v.t.Helper()
	_, table, _ := strings.Cut(page, `id="table-guards"`)
	table, _, _ = strings.Cut(table, "</table>")
	shown := guardOnPage.FindAllStringSubmatch(table, -1)
	if len(shown) != len(summary.Guards) {
		v.t.Errorf("summary.json has %d guards, the page %d", len(summary.Guards), len(shown))
		return
	}
	for i, g := range summary.Guards {
		if measured := html.UnescapeString(shown[i][1]); measured != g.Measured || (shown[i][2] == "✓ yes") != g.Holds {
			v.t.Errorf("the page says of the guard %+v: %q", g, shown[i])
		}
		told := regexp.QuoteMeta(g.Measured)
		switch {
		case summary.Stop == nil:
			told += `[^:]*: ` + map[bool]string{true: "passes", false: "would refuse"}[g.Holds]
		case g.Holds:
			continue // what refused is told
		}
		if lines := strings.Join(strings.Fields(text), " "); !regexp.MustCompile(told).MatchString(lines) {
			v.t.Errorf("the text does not say of the guard %+v: %s\n%s", g, told, text)
		}
	}
}

// guardOnPage is a line of the table of guards: what was measured, and whether that passes.
var guardOnPage = regexp.MustCompile(`(?s)<tr>\s*<td[^>]*>[^<]*</td>\s*<td[^>]*>([^<]*)</td>\s*<td[^>]*>[^<]*</td>\s*<td[^>]*>([^<]*)</td>`)

// sameWaves wants the table of waves, on the page and in the text, to have such lines.
func (v *viewed) sameWaves(lines []string) {
	v.t.Helper()
	_, table, _ := strings.Cut(v.read("report.html"), `id="table-waves"`)
	table, _, _ = strings.Cut(table, "</table>")
	plain := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	page, text := plain(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(table, " ")), plain(v.run.stdout.String())
	for _, line := range lines {
		if !strings.Contains(page, line) || !strings.Contains(text, line) {
			v.t.Errorf("the waves lack %q:\n%s\n%s", line, page, text)
		}
	}
}

// likeANumber is what a notification takes for a phone number, and hides the middle of.
var likeANumber = regexp.MustCompile(`(\d\d)\d{6,}(\d\d)`)
