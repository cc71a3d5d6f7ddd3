//go:build !windows

package acceptance

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// terminal is a pseudo-terminal, and what was written to it.
type terminal struct {
	ours, theirs *os.File

	mu      sync.Mutex
	written bytes.Buffer
	answers []string // typed one by one, as questions are asked
	asked   int
	done    chan struct{}
}

// newTerminal returns a terminal of some width, at which answers are typed.
func newTerminal(t *testing.T, columns uint16, answers ...string) *terminal {
	t.Helper()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("there are no pseudo-terminals: %v", err)
	}
	term := &terminal{ours: ours, theirs: theirs, answers: answers, done: make(chan struct{})}
	term.resize(t, columns)
	go func() {
		defer close(term.done)
		_, _ = io.Copy(term, ours) // ends with an error when the other side is closed
	}()
	return term
}

// Write takes in what was written.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.written.Write(p)
	for t.asked < strings.Count(t.written.String(), "Type yes") {
		if t.asked++; t.asked <= len(t.answers) {
			_, _ = io.WriteString(t.ours, t.answers[t.asked-1]) // who does not see it, ends otherwise
		}
	}
	return n, err
}

// resize changes the width.
func (t *terminal) resize(tb testing.TB, columns uint16) {
	tb.Helper()
	if err := pty.Setsize(t.ours, &pty.Winsize{Rows: 40, Cols: columns}); err != nil {
		tb.Error(err)
	}
}

// String is all that was written to it by now.
func (t *terminal) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written.String()
}

// at has somebody at a terminal give the command.
func (c *child) at(t *terminal) { c.Stdin, c.Stderr, c.shown = t.theirs, t.theirs, t }

// close ends the terminal and returns all that was written to it.
func (t *terminal) close() string {
	t.theirs.Close()
	<-t.done
	t.ours.Close()
	return t.String()
}

// sequence is what moves the cursor up and erases below it, or a colour.
var sequence = regexp.MustCompile(`\x1b\[(\d*)([AJm])`)

// drawnBar is the bar with what stands beside it.
var drawnBar = regexp.MustCompile(`^\[[=>-]+\]  .*\d+/\d+`)

// screen is what is to be seen at the end, and each bar that was drawn.
func screen(t *testing.T, written string) (lines, bars []string) {
	t.Helper()
	lines = []string{""}
	for rest := written; rest != ""; {
		plain, found := rest, sequence.FindStringSubmatchIndex(rest)
		if found != nil {
			plain = rest[:found[0]]
		}
		parts := strings.Split(strings.ReplaceAll(plain, "\r\n", "\n"), "\n")
		lines[len(lines)-1] += parts[0]
		lines = append(lines, parts[1:]...)
		for _, line := range lines {
			if drawnBar.MatchString(line) && (len(bars) == 0 || bars[len(bars)-1] != line) {
				bars = append(bars, line)
			}
		}
		if found == nil {
			break
		}
		if kind := rest[found[4]:found[5]]; kind == "A" {
			up := 0
			for _, digit := range rest[found[2]:found[3]] {
				up = 10*up + int(digit-'0')
			}
			if up >= len(lines) || lines[len(lines)-1] != "" {
				t.Fatalf("the cursor goes up %d lines from %q", up, lines[max(0, len(lines)-5):])
			}
			lines = append(lines[:len(lines)-1-up], "")
		}
		rest = rest[found[1]:]
	}
	if strings.Contains(strings.Join(lines, ""), "\x1b") {
		t.Errorf("an escape that the screen does not know: %q", lines)
	}
	return lines, bars
}

// logLine is a line of the log on a terminal, or one of bulknum's own.
var logLine = regexp.MustCompile(`^(\d\d:\d\d:\d\d \S+ (INF|WRN|ERR|DBG) \S.*|bulknum: \S.*)$`)

// On a terminal there is a bar, whose width follows the terminal's, narrower and
// back; log lines stand above it, each of them whole, and at the end nothing else
// is left.
func TestTerminal(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
		if strings.HasSuffix(after.Number, "5") {
			v.Refuse = "not this\r\n\x1b[2Jone"
		}
		return v
	}})
	o.env = append(o.env, "BULKNUM_RATE=150/s", "TERM=xterm")
	term := newTerminal(t, 120)
	o.after(100, func() {
		term.resize(t, 60)
		go o.after(100, func() { term.resize(t, 120) })
	})
	c := o.command("bulknum", "apply", o.file("rows", 300), "--yes", "--all", "--run", "one", "--max-failures", "100%")
	c.Stderr = term.theirs
	o.start(c)
	<-c.ended
	written := term.close()
	c.wants(t, 5)
	lines, bars := screen(t, written)
	rows := 0
	for _, line := range lines[:len(lines)-1] {
		if !logLine.MatchString(line) {
			t.Errorf("neither a log line nor bulknum's own: %q", line)
		}
		if strings.Contains(line, " ERR row ") {
			rows++
		}
	}
	if rows != 30 {
		t.Errorf("%d rows of 30 that failed have a line", rows)
	}
	var widths []bool // whether the bars were wide, one after another
	for _, bar := range bars {
		n := utf8.RuneCountInString(bar)
		if n > 119 {
			t.Errorf("too wide: %q", bar)
		}
		widths = append(widths, n > 59)
	}
	if widths = slices.Compact(widths); !slices.Equal(widths, []bool{true, false, true}) {
		t.Errorf("not wide, narrow and wide again: %q", bars)
	}
	if strings.Contains(written, "\x1b[2J") {
		t.Error("an answer of the API reached the terminal as it is")
	}
}

// A terminal that can do less, or is to show less, is asked for no more.
func TestTerminalThatIsPlain(t *testing.T) {
	for name, c := range map[string]struct {
		env, flag   string
		bar, colour bool
	}{
		"a usual one":        {"TERM=xterm", "--wait=false", true, true},
		"dumb":               {"TERM=dumb", "--wait=false", false, false},
		"NO_COLOR":           {"NO_COLOR=1", "--wait=false", true, false},
		"--no-color":         {"TERM=xterm", "--no-color", true, false},
		"-q":                 {"TERM=xterm", "-q", false, true},
		"log lines for jq":   {"TERM=xterm", "--log-format=json", true, true},
		"BULKNUM_NO_COLOR":   {"BULKNUM_NO_COLOR=true", "--wait=false", true, false},
		"dumb, and --listen": {"TERM=dumb", "--listen=127.0.0.1:0", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "a usual one" && name != "dumb" {
				testextent.Variant(t)
			}
			t.Parallel()
			o := newOperator(t, sandbox.Config{Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
				if strings.HasSuffix(after.Number, "5") {
					v.Refuse = "not this one"
				}
				return v
			}})
			o.env = append(o.env, "BULKNUM_RATE=100/s", "TERM=xterm", "NO_COLOR=", c.env)
			term := newTerminal(t, 100)
			command := o.command("bulknum", "apply", o.file("rows", 60), "--yes", "--all", "--max-failures", "100%", c.flag)
			command.Stderr = term.theirs
			o.start(command)
			<-command.ended
			written := term.close()
			command.wants(t, 5)
			_, bars := screen(t, regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(written, ""))
			if (len(bars) > 0) != c.bar {
				t.Errorf("bars: %q", bars)
			}
			if regexp.MustCompile(`\x1b\[\d+m`).MatchString(written) != c.colour {
				t.Errorf("colour: %q", written)
			}
			if !c.bar && !c.colour && strings.Contains(written, "\x1b") {
				t.Errorf("an escape: %q", written)
			}
			if !strings.Contains(written, "not this one") {
				t.Errorf("no failure is told: %q", written)
			}
		})
	}
}

// A plan that was made at another rate is asked about with the figures of the sending.
func TestTheQuestionIsOfNow(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	o.bulknum(0, "plan", o.oneRoute("rows", 30), "--run", "one", "--waves", "10,30", "--rate", "1000/s")
	_, seen := o.onTerminal([]string{"no\n"}, 4, "apply", "--plan", "one", "--rate", "20/s")
	for _, want := range []string{`30 updates to .*, at 20/s: about [1-9]\.\d s\.`, `a rollback of everything takes [1-9]\.\d s`} {
		if !regexp.MustCompile(want).MatchString(seen) {
			t.Errorf("the question lacks %q:\n%s", want, seen)
		}
	}
}

// A question is seen also where all that is said is lines of JSON.
func TestQuestionInJSON(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	_, seen := o.onTerminal([]string{"yes\n"}, 0, "apply", o.file("rows", 3), "--all", "--log-format", "json")
	if !strings.Contains(seen, `"message":"Type yes to send them:"`) {
		t.Errorf("on the terminal:\n%s", seen)
	}
}

// Off a terminal there is no bar and no escape, and nothing of the progress is on
// standard output.
func TestOffATerminal(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	o.env = append(o.env, "TERM=xterm", "CLICOLOR_FORCE=1")
	c := o.bulknum(0, "apply", o.file("rows", 60), "--yes", "--all")
	all := c.stdout.String() + c.stderr.String()
	if strings.Contains(all, "\x1b") || strings.Contains(all, "\r") || strings.Contains(all, "=>") {
		t.Errorf("something that moves: %q", all)
	}
	if !strings.Contains(c.stderr.String(), `"done":60,"total":60,"updated":60`) || strings.Contains(c.stdout.String(), "progress") {
		t.Errorf("the progress: %s", all)
	}
}
