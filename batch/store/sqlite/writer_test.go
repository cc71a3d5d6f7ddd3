package sqlite_test

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/testextent"
)

// What a child process is told to do.
const (
	childTask  = "SQLITE_TEST_TASK"
	childDir   = "SQLITE_TEST_DIR"
	childState = "SQLITE_TEST_STATE"
)

// TestChild is what the child processes of other tests do.
func TestChild(t *testing.T) {
	o := sqlite.Options{Dir: os.Getenv(childDir), State: os.Getenv(childState)}
	switch os.Getenv(childTask) {
	case "append":
		s := open(t, o)
		run := newRun(t, s, account(t, s, "key"), "one")
		for line := 2; ; line++ {
			must(t, s.Append(run.ID, intent(line)))
			fmt.Println(line)
		}
	case "open":
		s := open(t, o)
		a, err := s.Account(t.Context(), api, "key")
		must(t, err)
		newRun(t, s, a, strconv.Itoa(os.Getpid()))
	case "busy":
		db, err := sql.Open("sqlite", "file:"+filepath.Join(o.Dir, sqlite.File)+"?_txlock=immediate")
		must(t, err)
		tx, err := db.BeginTx(t.Context(), nil)
		must(t, err)
		fmt.Println("busy")
		_, _ = io.Copy(io.Discard, os.Stdin)
		must(t, errors.Join(tx.Rollback(), db.Close()))
	default:
		t.Skip("only for the child processes of other tests")
	}
}

// child starts this test binary for a task.
func child(t *testing.T, task string, o sqlite.Options) (cmd *exec.Cmd, in io.WriteCloser, out *bufio.Reader) {
	t.Helper()
	cmd = exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.count=1", "-test.v")
	cmd.Env = append(os.Environ(), childTask+"="+task, childDir+"="+o.Dir, childState+"="+o.State)
	in, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return cmd, in, bufio.NewReader(stdout)
}

// said waits for a line that is not the test framework's.
func said(t *testing.T, out *bufio.Reader) string {
	t.Helper()
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			return ""
		}
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "=") {
			return line
		}
	}
}

func TestWhatWasAppendedOutlivesAKill(t *testing.T) {
	for range 5 {
		o := inFolder(t)
		cmd, _, out := child(t, "append", o)
		last := 0
		for last < 30 {
			n, err := strconv.Atoi(said(t, out))
			must(t, err)
			last = n
		}
		must(t, cmd.Process.Kill())
		for line := said(t, out); line != ""; line = said(t, out) {
			if n, err := strconv.Atoi(line); err == nil {
				last = n
			}
		}
		_ = cmd.Wait()
		s := open(t, o)
		account(t, s, "key")
		run, err := s.Run(t.Context(), "one")
		must(t, err)
		if n := len(list(t, s.Outcomes(t.Context(), run.ID))); n < last-1 || n > last {
			t.Errorf("%d intents are there, %d were acknowledged", n, last-1)
		}
	}
}

func TestManyMayOpenItFirst(t *testing.T) {
	o := inFolder(t)
	var children []*exec.Cmd
	for range 8 {
		cmd, _, out := child(t, "open", o)
		go func() { _, _ = io.Copy(io.Discard, out) }()
		children = append(children, cmd)
	}
	for _, cmd := range children {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	s := open(t, o)
	runs, err := s.Runs(t.Context(), store.RunFilter{})
	must(t, err)
	if len(runs) != 8 || runs[0].Sequence != 8 {
		t.Errorf("%d runs, the last is %d", len(runs), runs[0].Sequence)
	}
}

func TestABusyStoreIsWaitedFor(t *testing.T) {
	testextent.Variant(t) // it waits for longer than SQLite does, in real time
	o := inFolder(t)
	s := open(t, o)
	run := newRun(t, s, account(t, s, "key"), "one")
	cmd, in, out := child(t, "busy", o)
	if line := said(t, out); line != "busy" {
		t.Fatalf("the child says %q", line)
	}
	appended := make(chan error, 1)
	go func() { appended <- s.Append(run.ID, intent(2)) }()
	select {
	case err := <-appended:
		t.Fatalf("appended while another process writes: %v", err)
	case <-time.After(5500 * time.Millisecond): // longer than SQLite itself waits
	}
	must(t, in.Close())
	must(t, <-appended)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	must(t, cmd.Wait())
}

// broken makes sure that an error is the end of the writing.
func broken(t *testing.T, s *sqlite.Store, run store.RunID, err error) {
	t.Helper()
	first, ok := errors.AsType[*store.BrokenError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	again, ok := errors.AsType[*store.BrokenError](s.Append(run, intent(3)))
	if !ok || again != first {
		t.Errorf("then %v", again)
	}
}

func TestAStoreThatGoesAwayEndsTheWriting(t *testing.T) {
	for name, meddle := range map[string]func(o sqlite.Options) error{
		"folder removed": func(o sqlite.Options) error { return os.RemoveAll(o.Dir) },
		"folder moved":   func(o sqlite.Options) error { return os.Rename(o.Dir, o.Dir+".moved") },
		"file removed":   func(o sqlite.Options) error { return os.Remove(filepath.Join(o.Dir, sqlite.File)) },
		"file moved": func(o sqlite.Options) error {
			return os.Rename(filepath.Join(o.Dir, sqlite.File), filepath.Join(o.Dir, "other.db"))
		},
		"WAL removed":  func(o sqlite.Options) error { return os.Remove(filepath.Join(o.Dir, sqlite.File+"-wal")) },
		"another file": replaced,
		"second name": func(o sqlite.Options) error {
			return os.Link(filepath.Join(o.Dir, sqlite.File), filepath.Join(o.Dir, "other.db"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := inFolder(t)
			s, err := sqlite.Open(t.Context(), o)
			must(t, err)
			defer s.Close()
			run := newRun(t, s, account(t, s, "key"), "one")
			must(t, s.Append(run.ID, intent(2)))
			must(t, meddle(o))
			broken(t, s, run.ID, s.Append(run.ID, done(2, result.Updated)))
		})
	}
}

// replaced puts a file in the database's place.
func replaced(o sqlite.Options) error {
	path := filepath.Join(o.Dir, sqlite.File)
	return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600))
}

func TestItWorksInABubble(t *testing.T) {
	o := inFolder(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), o)
		must(t, err)
		a, err := s.Account(t.Context(), api, "key")
		must(t, err)
		lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
		must(t, err)
		run := newRun(t, s, a, "one")
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				for line := 2 + worker; line < 42; line += 4 {
					time.Sleep(time.Second)
					sent(t, s, run.ID, line, result.Updated)
				}
			})
		}
		group.Wait()
		if n := len(list(t, s.Outcomes(t.Context(), run.ID))); n != 40 {
			t.Errorf("%d outcomes", n)
		}
		must(t, s.Delete(t.Context(), run.ID))
		lock.Release()
		must(t, s.Close())
	})
}
