package terminal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// onTerminal is a watcher of a terminal of some width.
func onTerminal(out *watchtest.Screen, width int, level log.Level) watchtest.Watcher {
	return watchtest.Watch(watch.Options{
		Stderr: out, Terminal: true, Width: func() int { return width }, Format: log.Console, Level: level,
	})
}

// tell lets a watched run begin and come to its n-th row.
func tell(w watchtest.Watcher, rows, n int) {
	w.Listen(event.Started{At: time.Now(), Rows: rows, Workers: 4})
	time.Sleep(time.Second / 2) // of synctest: takes no real time
	for i := 1; i <= n; i++ {
		time.Sleep(time.Second) // of synctest: takes no real time
		status := result.Updated
		if i%10 == 0 {
			status = result.Failed
		}
		w.Listen(watchtest.Update(i, status))
	}
}

// drawn waits until the bar has been drawn again.
func drawn() {
	time.Sleep(time.Second / 2) // of synctest: takes no real time
	synctest.Wait()
}

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 120, log.LevelWarn)
		tell(w, 1234, 100)
		since := time.Now()
		w.Listen(event.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: since, Until: since.Add(20 * time.Second)}})
		drawn()
		lines := out.Lines(t)
		want := []string{
			"[==>-----------------------------------]  100/1,234  8 %  19 m 25 s left  60/m (average 59/m)  done at 00:21:05 UTC",
			"waiting: 429 from the API, until 00:02:00 UTC  updated 90  failed 10",
			"00:01:40 UTC  line 101 (row 100)  +18015550100  failed",
			"00:01:30 UTC  line 91 (row 90)  +18015550090  failed",
			"",
		}
		if d := cmp.Diff(want, lines[len(lines)-5:]); d != "" {
			t.Error(d)
		}
		w.Listen(event.Stopping{Stop: result.Stop{Reason: result.StoppedBySignal}, InFlight: 4})
		drawn()
		lines = out.Lines(t)
		if got := lines[len(lines)-4]; !strings.HasPrefix(got, "stopping, 4 in flight  waiting: 429") {
			t.Errorf("the run is stopping: %q", got)
		}
		w.Close()
	})
}

// What is done on another day is told with its date.
func TestBarOfSeveralDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 130, log.LevelWarn)
		tell(w, 200_000, 1)
		drawn()
		if lines := out.Lines(t); !strings.Contains(strings.Join(lines, "\n"), "done at 2000-01-0") {
			t.Errorf("%q", lines)
		}
		w.Close()
	})
}

// At the end the terminal has the log's lines, all of them, in order, and
// nothing of the bar.
func TestBarLeavesOnlyTheLog(t *testing.T) {
	for name, rows := range map[string]int{"all rows": 60, "stopped early": 100} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out watchtest.Screen
				w := onTerminal(&out, 100, log.LevelError)
				tell(w, rows, 60)
				w.Listen(event.Ended{At: time.Now()})
				w.Close()
				var want []string
				for n := 10; n <= 60; n += 10 {
					want = append(want, fmt.Sprintf("00:00:%02d UTC ERR row row=%d line=%d number=+1801555%04d status=failed attempt=1", n%60, n, n+1, n))
				}
				want[5] = strings.Replace(want[5], "00:00:00", "00:01:00", 1)
				if d := cmp.Diff(append(want, ""), out.Lines(t)); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// What comes from outside cannot move the cursor, break a line, or be wider than
// the terminal.
func TestBarShowsFailuresAsPlainText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 60, log.LevelError)
		tell(w, 20, 1)
		for _, text := range []string{"a\x1b[2J\r\nbad\a 世界 \u202e", strings.Repeat("x", 250)} {
			failed := result.Result{Row: 7, Line: 8, Number: "+18015550007", Status: result.Failed, Error: text}
			w.Listen(event.Finished{Result: failed, Was: result.Planned})
		}
		drawn()
		lines := out.Lines(t)
		want := []string{
			"00:00:01 UTC  line 8 (row 7)  +18015550007  failed: xxxxxxx",
			"00:00:01 UTC  line 8 (row 7)  +18015550007  failed: a?[2J b",
			"",
		}
		if d := cmp.Diff(want, lines[len(lines)-3:]); d != "" {
			t.Error(d)
		}
		w.Close()
	})
}

// A hold and a wave are shown.
func TestNoBarWhileSomebodyIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 120, log.LevelWarn)
		tell(w, 100, 10)
		w.Listen(event.Asking{})
		if lines := out.Lines(t); strings.Contains(strings.Join(lines, ""), "]") {
			t.Errorf("the bar stands before the question: %q", lines)
		}
		before := out.Raw()
		time.Sleep(time.Minute) // of synctest: takes no real time
		if after := out.Raw(); after != before {
			t.Errorf("drawn over the question: %q", after[len(before):])
		}
		w.Close()
	})
}

func TestBarShowsHoldsAndWaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 100, log.LevelError)
		tell(w, 20, 1)
		w.Listen(event.WaveStarted{Wave: plan.Wave{N: 2, Of: 5, Rows: 10}})
		w.Listen(event.Held{Why: "the gate of wave 2", Since: time.Now(), Until: time.Now().Add(time.Minute)})
		drawn()
		want := "held: the gate of wave 2, until 00:01:01 UTC  updated 1"
		if lines := out.Lines(t); lines[1] != want || !strings.Contains(lines[0], "1/20  wave 2 of 5  5 %") {
			t.Errorf("got %q", lines)
		}
		w.Listen(event.Held{Over: true})
		drawn()
		if lines := out.Lines(t); lines[1] != "updated 1" {
			t.Errorf("got %q", lines)
		}
		w.Close()
	})
}

func TestBarOnAnyWidth(t *testing.T) {
	for _, width := range []int{-1, 0, 1, 2, 3, 7, 12, 13, 14, 20, 39, 40, 60, 80, 300} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out watchtest.Screen
				w := onTerminal(&out, width, log.LevelError)
				tell(w, 20, 9)
				drawn()
				if width <= 0 {
					width = 80
				}
				lines := out.Lines(t)
				for _, line := range lines {
					if n := utf8.RuneCountInString(line); n > width-1 && n > 0 {
						t.Errorf("%d columns: %q", n, line)
					}
				}
				w.Close()
				if d := cmp.Diff([]string{""}, out.Lines(t)); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestBarOfNoRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 80, log.LevelError)
		tell(w, 0, 0)
		drawn()
		w.Listen(event.Ended{})
		if d := cmp.Diff([]string{""}, out.Lines(t)); d != "" {
			t.Error(d)
		}
	})
}

func TestBarColourRepeatsItsWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var plain, coloured watchtest.Screen
		for _, out := range []*watchtest.Screen{&plain, &coloured} {
			w := watchtest.Watch(watch.Options{Stderr: out, Terminal: true, Width: func() int { return 80 }, Color: out == &coloured})
			tell(w, 20, 10)
			drawn()
			w.Close()
		}
		if strings.Contains(plain.Raw(), "\x1b[3") {
			t.Error("colour though none was asked for")
		}
		if !strings.Contains(coloured.Raw(), "\x1b[32mupdated 9\x1b[0m  \x1b[31mfailed 1\x1b[0m") {
			t.Errorf("no colours in %q", coloured.Raw()[:200])
		}
	})
}

// gone is a terminal that was closed.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, errors.New("input/output error") }

func TestATerminalThatHasGoneStopsNothing(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		w := watchtest.Watch(watch.Options{Stderr: gone{}, Terminal: true, Level: log.LevelDebug})
		tell(w, 20, 20)
		w.Listen(event.Ended{})
		w.Close()
	})
}
