package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// gatePatience is how long a command that was ended may keep its output open.
const gatePatience = 2 * time.Second

// gate is the command that decides after each wave whether the next may begin.
type gate struct {
	command string
	timeout time.Duration
	lookup  func(string) (string, bool) // of the environment
}

// ask runs the command. An error is what speaks against the next wave: that it
// failed, with the end of what it wrote, or that it took too long.
func (g *gate) ask(ctx context.Context, ended event.WaveEnded) error {
	limited, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	var wrote tail
	cmd := shell(limited, g.command)
	cmd.Env = append(g.harmless(), waveFacts(ended)...)
	cmd.Stdout, cmd.Stderr = &wrote, &wrote
	cmd.WaitDelay = gatePatience
	alone(cmd)
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return fmt.Errorf("it took longer than %s%s", g.timeout, wrote.quoted())
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it succeeded, and left something running
		return nil
	default:
		return fmt.Errorf("%w%s", err, wrote.quoted())
	}
}

// harmlessNames are the variables that a gate gets: what commands need to work,
// and nothing that could be a secret.
func harmlessNames() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
		"SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE",
	}
}

// harmless is what the command gets of the environment.
func (g *gate) harmless() []string {
	var kept []string
	for _, name := range harmlessNames() {
		if value, ok := g.lookup(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}

// gateVariables is how the names of a gate's facts begin. No flag's variable does, so that a gate can run bulknum.
const gateVariables = "BULKNUM_GATE_"

// gateFolder has the folder of the run whose gate it is.
const gateFolder = gateVariables + "RUN_FOLDER"

// fromGate reports whether a command was begun by the gate of a run that is running: the run waits for it then, and
// sends nothing meanwhile.
func fromGate(s Streams, run *runs.Run) bool {
	told, err := os.Stat(s.getenv(gateFolder))
	if err != nil {
		return false
	}
	is, err := os.Stat(run.Folder())
	return err == nil && os.SameFile(told, is) && run.StateNow() == runs.Running
}

// waveFacts are what a gate is told.
func waveFacts(ended event.WaveEnded) []string {
	facts := []string{
		gateFolder + "=" + ended.Folder,
		fmt.Sprintf(gateVariables+"WAVE=%d", ended.N),
		fmt.Sprintf(gateVariables+"WAVES=%d", ended.Of),
		fmt.Sprintf(gateVariables+"WAVE_ROWS=%d", ended.Rows),
		fmt.Sprintf(gateVariables+"ROWS_SO_FAR=%d", ended.Upto),
		fmt.Sprintf(gateVariables+"COUNT_VERIFIED=%d", ended.Verified),
		fmt.Sprintf(gateVariables+"COUNT_DRIFTED=%d", ended.Drifted),
		fmt.Sprintf(gateVariables+"COUNT_UNREADABLE=%d", ended.Unreadable),
		fmt.Sprintf(gateVariables+"COUNT_NOT_SHOWN=%d", ended.NotShown),
		fmt.Sprintf(gateVariables+"COUNT_HELD_BACK=%d", ended.HeldBack),
	}
	for _, status := range result.Statuses() {
		facts = append(facts, fmt.Sprintf(gateVariables+"COUNT_%s=%d", strings.ToUpper(string(status)), ended.Counts[status]))
	}
	if w := ended.RollbackWindow; w != nil {
		facts = append(facts, gateVariables+"ENDS_AT="+w.EndsAt.UTC().Format(time.RFC3339), fmt.Sprintf(gateVariables+"ROLLBACK_SECONDS=%d", w.RollbackMs/1000))
		if !w.NoReturnAt.IsZero() {
			facts = append(facts, gateVariables+"NO_RETURN_AT="+w.NoReturnAt.UTC().Format(time.RFC3339))
		}
	}
	return facts
}

// tailSize is how much of what a command wrote is kept.
const tailSize = 2048

// tail keeps the end of what is written to it. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	p = p[max(0, n-tailSize):]
	t.kept = append(t.kept[max(0, len(t.kept)+len(p)-tailSize):], p...)
	return n, nil
}

// quoted is what was kept, on one line, after a colon; or nothing.
func (t *tail) quoted() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(t.kept), "")), " ")
	if text == "" {
		return ""
	}
	return ": " + text
}
