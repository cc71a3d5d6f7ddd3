package watch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// run tells a watcher a run of a row a second, of which every 50th fails.
func run(w watchtest.Watcher, rows int) {
	w.Listen(event.Started{At: time.Now(), Rows: rows, Workers: 4})
	time.Sleep(500 * time.Millisecond) // the clock of the lines has no part in it
	for n := 1; n <= rows; n++ {
		status := result.Updated
		if n%50 == 0 {
			status = result.Failed
		}
		w.Listen(watchtest.Update(n, status))
		time.Sleep(time.Second) // of synctest: takes no real time
	}
	w.Listen(event.Ended{At: time.Now()})
}

func TestOffATerminalALineEveryHalfMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := watchtest.Watch(watch.Options{Stderr: &out, Format: log.JSON})
		w.Listen(event.Began{Folder: filepath.Join("runs", "night")})
		w.Listen(event.Checked{Folder: filepath.Join("runs", "night"), Counts: input.Counts{Rows: 75, Valid: 75}})
		run(w, 75)
		w.Close()
		want := `{"level":"info","folder":"runs/night","rows":75,"valid":75,"invalid":0,"duplicate":0,"warnings":0,"time":"2000-01-01T00:00:00.000Z","run":"night","message":"input checked"}
{"level":"info","rows":75,"workers":4,"time":"2000-01-01T00:00:00.000Z","run":"night","message":"started"}
{"level":"info","done":30,"total":75,"updated":30,"failed":0,"rate_per_minute":60,"left":"45s","time":"2000-01-01T00:00:30.000Z","run":"night","message":"progress"}
{"level":"error","row":50,"line":51,"number":"+18015550050","status":"failed","attempt":1,"time":"2000-01-01T00:00:49.500Z","run":"night","message":"row"}
{"level":"info","done":60,"total":75,"updated":59,"failed":1,"rate_per_minute":60,"left":"15s","time":"2000-01-01T00:01:00.000Z","run":"night","message":"progress"}
{"level":"info","done":75,"total":75,"updated":74,"failed":1,"rate_per_minute":60,"time":"2000-01-01T00:01:15.500Z","run":"night","message":"progress"}
{"level":"info","time":"2000-01-01T00:01:15.500Z","run":"night","message":"finished"}
`
		if d := cmp.Diff(want, out.Raw()); d != "" {
			t.Error(d)
		}
	})
}

// The log in the folder has the progress too, whatever the terminal shows.
func TestTheKeptLogHasTheProgress(t *testing.T) {
	for name, o := range map[string]watch.Options{"bar": {Terminal: true}, "quiet": {Quiet: true}, "lines": {Format: log.JSON}} {
		folder := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			var out watchtest.Screen
			o.Stderr = &out
			w := watchtest.Watch(o)
			w.Listen(event.Began{Folder: folder})
			run(w, 75)
			w.Close()
		})
		kept, err := os.ReadFile(filepath.Join(folder, "run.log"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(kept), `"message":"progress"`); n != 3 {
			t.Errorf("%s: %d lines of progress in %s", name, n, kept)
		}
	}
}

func TestTheRunCanBeNamedByTheCaller(t *testing.T) {
	var out watchtest.Screen
	w := watchtest.Watch(watch.Options{Stderr: &out, Format: log.JSON, Run: "mine"})
	w.Listen(event.Began{Folder: "runs/night"})
	w.Listen(event.Checked{Folder: "runs/night"})
	if !strings.Contains(out.Raw(), `"run":"mine"`) {
		t.Errorf("got %s", out.Raw())
	}
}

func TestQuietSaysOnlyWhatMatters(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var out watchtest.Screen
			w := watchtest.Watch(watch.Options{Stderr: &out, Terminal: terminal, Format: log.Console, Quiet: true})
			run(w, 75)
			want := map[bool]string{false: "2000-01-01 "}[terminal] + "00:00:49 UTC ERR row row=50 line=51 number=+18015550050 status=failed attempt=1\n"
			if d := cmp.Diff(want, out.Raw()); d != "" {
				t.Error(d)
			}
		})
	}
}

// A run that is refused or declined has no progress to show; why, the command says.
func TestNothingIsShownBeforeTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := watchtest.Watch(watch.Options{Stderr: &out, Terminal: true, Format: log.Console, Level: log.LevelWarn})
		w.Listen(event.Checked{})
		w.Listen(event.Ended{Stop: result.Stop{Reason: result.Declined, Detail: "declined; nothing was sent"}})
		w.Close()
		if out.Raw() != "" {
			t.Errorf("shown: %s", out.Raw())
		}
	})
}
