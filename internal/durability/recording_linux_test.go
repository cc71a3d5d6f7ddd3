package durability

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// step is a command of a recording.
type step struct {
	args []string
	run  string
	// killedAt is the update at whose arrival it is killed; 0: at none.
	killedAt int
	// back tells that the run takes another one back.
	back bool
	// from is the line of the trace at which it begins.
	from int
}

// recording is what some commands did to a disk, and asked of the API.
type recording struct {
	*operator
	rows  int
	steps []step
	disk  *disk
	calls []call
	lines int
	sent  []update
	heads map[string]bool // connections on which an update's head has left, and its body not yet
	marks []marked
	// results has, by run and number, at which sequence the answer was recorded.
	results map[string]map[string]int64
}

// update is a request that has left.
type update struct {
	begun          int
	step           int
	number, msgsID string
}

// marked is how far the store was, at least, at some line of the trace.
type marked struct {
	begun    int
	sequence int64
}

// needStrace skips the test where there is no strace; but not where CI is set.
func needStrace(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err == nil {
		err = exec.CommandContext(t.Context(), path, "-f", "-o", os.DevNull, "true").Run()
	}
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		t.Fatalf("strace is needed to record writes: %v", err)
	default:
		t.Skipf("writes cannot be recorded without strace: %v", err)
	}
}

// record runs commands one after the other.
func record(t *testing.T, rows int, steps ...step) *recording {
	t.Helper()
	r := &recording{operator: newOperator(t), rows: rows, steps: steps}
	r.file(rows)
	r.disk = newDisk(r.dir)
	for i := range steps {
		r.steps[i].from = r.lines
		r.take(i)
	}
	r.wantSame(r.disk.root, r.dir)
	r.readResults()
	return r
}

// wantSame wants what was recorded to be what is there: otherwise some call was
// not understood.
func (r *recording) wantSame(i *inode, path string) {
	r.t.Helper()
	all := outage{at: r.lines, how: keptAll, random: rand.New(rand.NewPCG(1, 1))}
	for name, of := range i.names {
		path := filepath.Join(path, name)
		if of.folder {
			r.wantSame(of, path)
			continue
		}
		if strings.HasSuffix(name, "-shm") {
			continue // it is memory
		}
		killed := slices.ContainsFunc(r.steps, func(s step) bool { return s.killedAt > 0 })
		if name == "run.log" && killed {
			continue // whether the lines that the kill met were written is not known, and nobody's promise
		}
		is, err := os.ReadFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		if !bytes.Equal(is, all.contentOf(name, of)) {
			r.t.Fatalf("%s is not as it was recorded", path)
		}
	}
}

// readResults reads from the store when each answer was recorded.
func (r *recording) readResults() {
	r.t.Helper()
	r.results = map[string]map[string]int64{}
	for _, step := range r.steps {
		of := map[string]int64{}
		for _, w := range r.writes(step.run) {
			of[w.Number] = int64(w.Done)
		}
		r.results[step.run] = of
	}
}

// take runs one command, and reads its trace.
func (r *recording) take(i int) {
	r.t.Helper()
	s := r.steps[i]
	path := filepath.Join(r.t.TempDir(), "trace")
	args := []string{"-f", "-y", "-xx", "-s", "4000000", "-o", path, "-e", "trace=" + traced}
	e := r.runWith(func(pid int) {
		if s.killedAt > 0 {
			r.api.Load().after(s.killedAt, func() { r.signalChild(pid, syscall.SIGKILL) })
		}
	}, "strace", append(append(args, "bulknum"), s.args...)...)
	if (e.code != 0) != (s.killedAt > 0) {
		r.t.Fatalf("not as it was to be: %v", e)
	}
	f, err := os.Open(path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	calls, lines, err := readTrace(f, r.lines)
	if err != nil {
		r.t.Fatal(err)
	}
	r.disk.open = map[int64]*description{}
	for _, c := range calls {
		r.look(i, c)
		if err := r.disk.apply(c); err != nil {
			r.t.Fatal(err)
		}
	}
	r.calls, r.lines = append(r.calls, calls...), lines
}

// signalChild sends a signal to what a process has started.
func (o *operator) signalChild(pid int, signal syscall.Signal) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		o.t.Error(err)
		return
	}
	for child := range strings.FieldsSeq(string(children)) {
		n, err := strconv.Atoi(child)
		if err == nil {
			err = syscall.Kill(n, signal)
		}
		if err != nil {
			o.t.Error(err)
		}
	}
}

// look notes what a call tells of the run: an update that leaves, and a mark.
func (r *recording) look(step int, c call) {
	r.t.Helper()
	if c.name != "write" && c.name != "pwrite64" {
		return
	}
	data, err := c.bytes(1)
	if err != nil {
		r.t.Fatal(err)
	}
	body := data
	begins := bytes.HasPrefix(data, []byte("POST /v1.0/numbers/update "))
	if begins {
		_, body, _ = bytes.Cut(data, []byte("\r\n\r\n"))
	}
	switch connection := c.args[0]; {
	case begins && len(body) == 0: // net/http sends the head by itself: nothing is asked for without the body
		if r.heads == nil {
			r.heads = map[string]bool{}
		}
		r.heads[connection] = true
	case begins, r.heads[connection]:
		delete(r.heads, connection)
		var asked struct{ Number, MessageRouteId string }
		if err := json.Unmarshal(body, &asked); err != nil {
			r.t.Fatalf("an update in another form: %q: %v", data, err)
		}
		r.sent = append(r.sent, update{begun: c.begun, step: step, number: asked.Number, msgsID: asked.MessageRouteId})
	}
	path, err := c.within(0)
	if err != nil {
		r.t.Fatal(err)
	}
	if strings.Contains(filepath.Base(path), ".mark") {
		_, rest, _ := bytes.Cut(data, []byte(":"))
		sequence, _, _ := bytes.Cut(rest, []byte(","))
		var n int64
		if err := json.Unmarshal(bytes.TrimSpace(sequence), &n); err != nil {
			r.t.Fatalf("a mark in another form: %q: %v", data, err)
		}
		r.marks = append(r.marks, marked{c.begun, n})
	}
}

// stepAt is the command that goes on at a line of the trace.
func (r *recording) stepAt(at int) (n int) {
	for i, s := range r.steps {
		if s.from <= at {
			n = i
		}
	}
	return n
}

// acknowledged is the sequence up to which the store had said at a line that it
// has recorded; -1: nothing is known of it.
func (r *recording) acknowledged(at int) int64 {
	n := int64(-1)
	for _, m := range r.marks {
		if m.begun < at {
			n = max(n, m.sequence)
		}
	}
	return n
}

// firstMark is the line at which the store has said for the first time that it has
// recorded something.
func (r *recording) firstMark() int {
	at := r.lines
	for _, m := range r.marks {
		at = min(at, m.begun)
	}
	return at
}

// sentBefore are the updates that had left at a line.
func (r *recording) sentBefore(at int) []update {
	sent := slices.Clone(r.sent)
	return slices.DeleteFunc(sent, func(u update) bool { return u.begun >= at })
}
