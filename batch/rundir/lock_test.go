package rundir_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/bulknum/bulknum/batch/rundir"
)

// lockVariable names the lock that a child process is to hold.
const lockVariable = "RUNDIR_TEST_LOCK"

// TestHolding is what a child process does: it holds a lock until its standard
// input ends, or it is killed.
func TestHolding(t *testing.T) {
	path := os.Getenv(lockVariable)
	if path == "" {
		t.Skip("only for the child process of other tests")
	}
	if _, err := rundir.TakeLock(t.Context(), path, rundir.Myself("runs/one", "bulknum apply"), 0); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("locked\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// otherProcess starts a process that holds a lock.
func otherProcess(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestHolding$", "-test.count=1")
	child.Env = append(os.Environ(), lockVariable+"="+path)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), child.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return child
}

func refused(t *testing.T, path string) *rundir.LockedError {
	t.Helper()
	_, err := rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), 0)
	locked, ok := errors.AsType[*rundir.LockedError](err)
	if !ok {
		t.Fatalf("got %v, want a LockedError", err)
	}
	return locked
}

func TestARefusedLockNamesItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	child := otherProcess(t, path)
	locked := refused(t, path)
	host, _ := os.Hostname()
	h := locked.Holder
	if h.PID != child.Process.Pid || h.Host != host || h.Run != "runs/one" || h.Command != "bulknum apply" || time.Since(h.Since) > time.Minute {
		t.Errorf("the holder is %+v, want pid %d on %s", h, child.Process.Pid, host)
	}
	if held, ok := rundir.Held(path); !ok || held != h {
		t.Errorf("held: %v, %+v", ok, held)
	}
	for _, want := range []string{"pid ", host, "since 20", "bulknum apply", "runs/one"} {
		if !strings.Contains(locked.Error(), want) {
			t.Errorf("%q lacks %q", locked.Error(), want)
		}
	}
}

// What a dead process has left behind blocks nobody, and is not shown as the
// holder.
func TestADeadHolderNeverBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	child := otherProcess(t, path)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	if _, err := os.Stat(path + ".json"); err != nil {
		t.Fatalf("the killed holder has left no text: %v", err)
	}
	if holder, held := rundir.Held(path); held {
		t.Errorf("held by %+v, who is dead", holder)
	}
	lock, err := rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if err := os.WriteFile(path+".json", []byte(`{"pid":`+jsonOf(t, child.Process.Pid)+`,"host":`+jsonOf(t, hostname(t))+`}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if h := refused(t, path).Holder; h.PID != 0 {
		t.Errorf("a dead process is named as the holder: %+v", h)
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func hostname(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	return name
}

func TestALockIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), 0)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, first.Release)
	second, err := rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), 30*time.Millisecond)
	if _, ok := errors.AsType[*rundir.LockedError](err); !ok || time.Since(start) < 30*time.Millisecond {
		t.Errorf("got %v after %s", err, time.Since(start))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	time.AfterFunc(20*time.Millisecond, func() { cancel(stop) })
	if _, err := rundir.TakeLock(ctx, path, rundir.Myself("", ""), time.Hour); !errors.Is(err, stop) {
		t.Errorf("the end of the wait is %v, want its cause", err)
	}
	second.Release()
	second.Release()
	if _, err := os.Stat(path + ".json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the holder's text stays: %v", err)
	}
}

// Looking at a lock does not keep anybody from taking it.
func TestLookingDoesNotRefuse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if _, held := rundir.Held(path); held {
		t.Error("a lock that was never taken is held")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("looking made the file: %v", err)
	}
	other := flock.New(path) // somebody else who looks
	if ok, err := other.TryRLock(); !ok || err != nil {
		t.Fatal(err)
	}
	if _, held := rundir.Held(path); held {
		t.Error("one who looks is taken for a holder")
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		for {
			select {
			case <-stop:
				return
			default:
				rundir.Held(path)
			}
		}
	}()
	for range 200 {
		lock, err := rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), 0)
		if err != nil {
			t.Fatal(err)
		}
		lock.Release()
	}
	close(stop)
	<-looked
}

// A lock whose file was removed meanwhile is none: others would lock a new one.
func TestARemovedFileIsLockedAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Release()
	if err := os.Remove(path); err != nil {
		t.Skip(err) // Windows removes nothing that is open
	}
	second, err := rundir.TakeLock(t.Context(), path, rundir.Myself("", ""), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Release()
	refused(t, path)
}

func TestTheFolderIsLocked(t *testing.T) {
	dir, err := rundir.Create(t.TempDir(), "one", false)
	if err != nil {
		t.Fatal(err)
	}
	dir.Unlock() // of a folder that was not taken
	if err := dir.Lock(t.Context(), rundir.Myself(dir.Path(), ""), 0); err != nil {
		t.Fatal(err)
	}
	if h, held := dir.Holder(); !held || h.PID != os.Getpid() {
		t.Errorf("held %v by %+v", held, h)
	}
	for _, name := range []string{"lock", "lock.json"} {
		info, err := os.Stat(dir.File(name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	dir.Unlock()
	if _, held := dir.Holder(); held {
		t.Error("held after it was let go")
	}
}
