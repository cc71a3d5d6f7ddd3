//go:build unix

package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// newGate is a gate of this process's environment.
func newGate(command string) *gate {
	return &gate{command: command, timeout: time.Minute, lookup: os.LookupEnv}
}

func TestGate(t *testing.T) {
	for name, test := range map[string]struct {
		command string
		want    string // part of what speaks against; "": nothing does
	}{
		"success":         {"exit 0", ""},
		"failure":         {"echo queue is full; echo 'of 37' >&2; exit 3", "exit status 3: queue is full of 37"},
		"a shell":         {`for n in 1 2; do [ $n = 2 ] && echo "at $n" | tr a-z A-Z; done; ! true`, "exit status 1: AT 2"},
		"no such command": {"there-is-no-such-command", "not found"},
		"nothing to read": {"cat; exit 4", "exit status 4"},
		"no output":       {"exit 5", "exit status 5"},
		"a signal":        {"kill -9 $$", "signal: killed"},
	} {
		t.Run(name, func(t *testing.T) {
			err := newGate(test.command).ask(t.Context(), event.WaveEnded{})
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// Of a megabyte that a gate writes the end is kept.
func TestGateThatWritesMuch(t *testing.T) {
	err := newGate("head -c 1048576 /dev/zero | tr '\\0' x; echo the end; exit 1").ask(t.Context(), event.WaveEnded{})
	if err == nil || len(err.Error()) > tailSize+100 || !strings.HasSuffix(err.Error(), "the end") {
		t.Errorf("%.200v", err)
	}
}

// A gate that hangs ends with everything that it has started.
func TestGateThatHangs(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pid")
	g := newGate("sleep 1000 & echo $! > " + pids + ".part; mv " + pids + ".part " + pids + "; wait")
	// It is ended once it has written down whom it started, whenever that is.
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := result.Stop{Reason: result.StoppedBySignal}
	go func() {
		for {
			if _, err := os.Stat(pids); err == nil {
				cancel(stop)
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := g.ask(ctx, event.WaveEnded{}); !errors.Is(err, stop) {
		t.Errorf("ended with %v", err)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	wantGone(t, pid)
}

// wantGone waits until there is no such process, or only what is left of one.
func wantGone(t *testing.T, pid int) {
	t.Helper()
	for syscall.Kill(pid, 0) == nil {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err == nil && strings.Contains(string(stat), ") Z ") {
			return // nobody has asked for its exit code
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("process %d is still there", pid)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestGateHasATimeLimit(t *testing.T) {
	g := newGate("echo on it; exec sleep 1000")
	g.timeout = 300 * time.Millisecond
	err := g.ask(t.Context(), event.WaveEnded{})
	if err == nil || !strings.HasPrefix(err.Error(), "it took longer than 300ms") {
		t.Errorf("ended with %v", err)
	}
}

// A gate gets the facts of the wave, and no secret.
func TestGateEnvironment(t *testing.T) {
	for _, name := range []string{
		"TELEGENT_ACCOUNT_SECRET", "TELEGENT_TOKEN", "TELEGENT_TOKEN_FILE", "BULKNUM_NOTIFY_URL", "BULKNUM_ANYTHING", "HTTPS_PROXY",
	} {
		t.Setenv(name, "https://user:s3cret@host")
	}
	t.Setenv("LANG", "de_DE.UTF-8")
	ended := event.WaveEnded{
		Wave:   plan.Wave{N: 2, Of: 5, Rows: 40, Upto: 50},
		Counts: map[result.Status]int{result.Updated: 38, result.Failed: 2}, Verified: 37, Drifted: 1, HeldBack: 3,
		RollbackWindow: &plan.RollbackWindow{RollbackMs: 61_500, EndsAt: time.Unix(0, 0), NoReturnAt: time.Unix(60, 0)},
		Folder:         "runs/x",
	}
	err := newGate("env; exit 1").ask(t.Context(), ended)
	if err == nil {
		t.Fatal("it succeeded")
	}
	for _, want := range []string{
		"LANG=de_DE.UTF-8", "BULKNUM_GATE_WAVE=2", "BULKNUM_GATE_WAVES=5", "BULKNUM_GATE_WAVE_ROWS=40", "BULKNUM_GATE_ROWS_SO_FAR=50",
		"BULKNUM_GATE_COUNT_UPDATED=38", "BULKNUM_GATE_COUNT_FAILED=2", "BULKNUM_GATE_COUNT_UNKNOWN=0", "BULKNUM_GATE_COUNT_VERIFIED=37",
		"BULKNUM_GATE_COUNT_DRIFTED=1", "BULKNUM_GATE_COUNT_HELD_BACK=3", "BULKNUM_GATE_RUN_FOLDER=runs/x", "BULKNUM_GATE_ROLLBACK_SECONDS=61",
		"BULKNUM_GATE_ENDS_AT=1970-01-01T00:00:00Z", "BULKNUM_GATE_NO_RETURN_AT=1970-01-01T00:01:00Z",
	} {
		if !strings.Contains(err.Error()+" ", want+" ") {
			t.Errorf("no %s in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a secret in %v", err)
	}
}
