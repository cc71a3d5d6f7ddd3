//go:build !windows

package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/bulknum/bulknum/client/sandbox"
)

// terminal is a pseudo-terminal, and what was written to it.
type terminal struct {
	ours, theirs *os.File

	mu      sync.Mutex
	written bytes.Buffer
	done    chan struct{}
}

// newTerminal returns a terminal of some width.
func newTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("there are no pseudo-terminals: %v", err)
	}
	term := &terminal{ours: ours, theirs: theirs, done: make(chan struct{})}
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
	return t.written.Write(p)
}

// resize changes the width.
func (t *terminal) resize(tb testing.TB, columns uint16) {
	tb.Helper()
	if err := pty.Setsize(t.ours, &pty.Winsize{Rows: 40, Cols: columns}); err != nil {
		tb.Error(err)
	}
}

// close ends the terminal and returns all that was written to it.
func (t *terminal) close() string {
	t.theirs.Close()
	<-t.done
	t.ours.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written.String()
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

// On a terminal there is a bar, whose width follows the terminal's; log lines
// stand above it, each of them whole, and at the end nothing else is left.
func TestTerminal(t *testing.T) {
	o := newOperator(t, sandbox.Config{Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
		if strings.HasSuffix(after.Number, "5") {
			v.Refuse = "not this\r\n\x1b[2Jone"
		}
		return v
	}})
	o.env = append(o.env, "BULKNUM_RATE=150/s", "TERM=xterm")
	term := newTerminal(t, 120)
	o.after(150, func() { term.resize(t, 60) })
	c := o.command("bulknum", "apply", o.file("rows", 250), "--yes", "--all", "--run", "one", "--max-failures", "100%")
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
	if rows != 25 {
		t.Errorf("%d rows of 25 that failed have a line", rows)
	}
	wide, narrow := 0, 0
	for _, bar := range bars {
		switch n := utf8.RuneCountInString(bar); {
		case n > 119:
			t.Errorf("too wide: %q", bar)
		case n > 59:
			wide++
		default:
			narrow++
		}
	}
	if wide == 0 || narrow == 0 {
		t.Errorf("%d bars were drawn before the terminal became narrow, %d after; %q", wide, narrow, bars)
	}
	if strings.Contains(written, "\x1b[2J") {
		t.Error("an answer of the API reached the terminal as it is")
	}
}
