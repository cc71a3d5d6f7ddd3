package log_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// logRun tells a run of one row to a quiet watcher of a folder.
func logRun(folder string) *watchtest.Screen {
	out := &watchtest.Screen{}
	w := watchtest.Watch(watch.Options{Stderr: out, Format: log.Console, Level: log.LevelError, Quiet: true})
	defer w.Close()
	w.Listen(event.Began{Folder: folder})
	w.Listen(event.Started{Rows: 1, Workers: 1})
	w.Listen(watchtest.Update(1, result.Updated))
	w.Listen(event.Ended{})
	w.Warn("the notification was not delivered", os.ErrDeadlineExceeded)
	return out
}

// The folder has the whole log, whatever the terminal is shown, and of every
// execution.
func TestRunLog(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "night")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "run.log")
	if err := os.WriteFile(path, []byte(`{"cut o`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if out := logRun(folder); out.Raw() != "" {
			t.Errorf("shown: %s", out.Raw())
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	for line := range strings.Lines(strings.TrimPrefix(string(content), "{\"cut o\n")) {
		var l struct{ Run, Message, Time string }
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Run != "night" || l.Time == "" {
			t.Errorf("%v in %s", err, line)
		}
		messages = append(messages, l.Message)
	}
	want := strings.Repeat("begun, started, row, progress, finished, the notification was not delivered, ", 2)
	if got := strings.Join(messages, ", ") + ", "; got != want {
		t.Errorf("got %s", got)
	}
}

// A disk that takes nothing, or a folder that cannot have the file, stops nothing.
func TestRunLogThatCannotBeWritten(t *testing.T) {
	full := t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(full, "run.log")); err != nil {
		t.Skip(err)
	}
	logRun(full)
	logRun(filepath.Join(full, "missing"))
}

// Lines that come at once are written together, soon; one that comes by itself is written at once.
func TestLinesThatComeAtOnce(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var file log.File
		file.Listen(event.Began{Folder: folder})
		written := func(want string) {
			t.Helper()
			if got, err := os.ReadFile(filepath.Join(folder, "run.log")); err != nil || string(got) != want {
				t.Errorf("%v, %q written, want %q", err, got, want)
			}
		}
		for _, line := range []string{"1\n", "2\n", "3\n"} {
			_, _ = file.Write([]byte(line))
		}
		written("1\n")
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		written("1\n2\n3\n")
		_, _ = file.Write([]byte("4\n"))
		written("1\n2\n3\n4\n")
		_, _ = file.Write([]byte("5\n"))
		file.Close()
		written("1\n2\n3\n4\n5\n")
	})
}
