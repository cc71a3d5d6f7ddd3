package cli

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// wordsOf returns the values of all constants of a type that a file declares.
func wordsOf(t *testing.T, path, kind string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == kind {
			word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			words = append(words, word)
		}
		return true
	})
	if len(words) == 0 {
		t.Fatalf("%s has no constant of type %s", path, kind)
	}
	return words
}

// Every reason to stop has its exit code, as it is and as the end of a run.
func TestExitCodeOfAStop(t *testing.T) {
	want := map[result.Reason]int{
		result.StoppedByCredentials: 7,
		result.StoppedByFailures:    6,
		result.StoppedByOutage:      6,
		result.StoppedByThrottling:  6,
		result.StoppedByDisk:        6,
		result.StoppedByInput:       6,
		result.StoppedByDeadline:    6,
		result.StoppedByHours:       6,
		result.StoppedByOperator:    6,
		result.StoppedByReserve:     6,
		result.StoppedByWave:        6,
		result.StoppedByAPI:         6,
		result.StoppedByCaller:      6,
		result.StoppedByError:       6,
		result.RefusedInput:         3,
		result.Guarded:              4,
		result.Declined:             4,
		result.StoppedBySignal:      130,
	}
	for _, reason := range result.Reasons() {
		stop := result.Stop{Reason: reason}
		code, decided := want[stop.Reason]
		if !decided {
			t.Errorf("%s: which exit code is it?", reason)
		}
		if stop.Reason == result.StoppedBySignal {
			stop.Signal = int(syscall.SIGINT)
		}
		summary := &runs.Summary{Stop: &stop, Counts: map[result.Status]int{result.Failed: 1}}
		for _, err := range []error{stop, fmt.Errorf("resume: %w", stop), outcome(summary)} {
			if got := ExitCode(err); got != code {
				t.Errorf("%s: %d, want %d: %v", reason, got, code, err)
			}
		}
	}
}

// A signal's exit code is that of a shell.
func TestExitCodeOfASignal(t *testing.T) {
	for s, code := range map[os.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		interrupted := Interrupted(s)
		call := &client.Error{Kind: client.KindStopped, Err: errors.Join(interrupted, context.Canceled)}
		for _, err := range []error{interrupted, call} {
			if got := ExitCode(err); got != code {
				t.Errorf("%v: %d, want %d: %v", s, got, code, err)
			}
		}
	}
}

// Every kind of a failed call has its exit code.
func TestExitCodeOfACall(t *testing.T) {
	want := map[client.Kind]int{
		client.KindCredentials: 7,
		client.KindForbidden:   7,
		client.KindRateLimited: 6,
		client.KindQuota:       6,
		client.KindLocked:      1,
		client.KindUnavailable: 6,
		client.KindUntrusted:   6,
		client.KindOutage:      6,
		client.KindInvalid:     1,
		client.KindNotFound:    1,
		client.KindStopped:     1,
	}
	for _, word := range wordsOf(t, "../../client/errors.go", "Kind") {
		call := &client.Error{Endpoint: client.EndpointInventory, Kind: client.Kind(word)}
		code, decided := want[call.Kind]
		if !decided {
			t.Errorf("%s: which exit code is it?", word)
		}
		if got := ExitCode(fmt.Errorf("export: %w", call)); got != code {
			t.Errorf("%s: %d, want %d", word, got, code)
		}
	}
	address := &client.Error{Endpoint: client.EndpointToken, Kind: client.KindInvalid}
	if got := ExitCode(address); got != 3 {
		t.Errorf("an address that is not the API's: %d, want 3", got)
	}
}

// Every other error has its exit code, also when it is wrapped or one of several.
func TestExitCodeOfAnError(t *testing.T) {
	other := errors.New("close: no space left")
	for _, c := range []struct {
		err  error
		code int
	}{
		{other, 1},
		{errChanges, 2},
		{&batch.InvalidError{}, 3},
		{&input.FileError{Problems: []input.Problem{{Message: "it is a picture"}}}, 3},
		{&configError{err: other}, 3},
		{&folder.Error{Err: other}, 3},
		{result.ErrDeclined, 4},
		{errNobody, 1}, // it always comes with what was declined
		{errKept, 4},
		{&guard.RefusedError{}, 4},
		{&rowsError{&runs.Summary{}}, 5},
		{&partError{}, 5},
		{&store.LockedError{}, 8},
		{&usageError{other}, 64},
	} {
		for _, err := range []error{c.err, fmt.Errorf("rows.csv: %w", c.err), errors.Join(other, c.err)} {
			if got := ExitCode(err); got != c.code {
				t.Errorf("%T: %d, want %d: %v", c.err, got, c.code, err)
			}
		}
	}
	if got := ExitCode(nil); got != 0 {
		t.Errorf("no error: %d", got)
	}
}

// A run that came to its end is well only if every row is in sync.
func TestOutcome(t *testing.T) {
	well := map[result.Status]int{result.Updated: 0, result.Unchanged: 0, result.Planned: 0}
	for _, status := range result.Statuses() {
		code, ok := well[status]
		if !ok {
			code = 5
		}
		counts := map[result.Status]int{status: 1, result.Updated: 3}
		if got := ExitCode(outcome(&runs.Summary{Counts: counts})); got != code {
			t.Errorf("%s: %d, want %d", status, got, code)
		}
		none := map[result.Status]int{status: 0}
		if err := outcome(&runs.Summary{Counts: none}); err != nil {
			t.Errorf("no %s row: %v", status, err)
		}
	}
}

// A wave whose numbers drifted, or could not be read back, makes a run that came to its end no good one.
func TestOutcomeOfWaves(t *testing.T) {
	for want, wave := range map[string]event.WaveEnded{
		"":                                    {Passed: true, Verified: 2, NotShown: 1},
		"2 could not be read back":            {Passed: true, Unreadable: 2},
		"the gate failed after the last wave": {Passed: true, Gate: "exit status 1"},
		"1 drifted when it was read back":     {Passed: true, Drifted: 1},
	} {
		err := outcome(&runs.Summary{Counts: map[result.Status]int{result.Updated: 3}, Waves: []event.WaveEnded{{}, wave}})
		if want == "" && err == nil {
			continue
		}
		if ExitCode(err) != 5 || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", wave, err)
		}
	}
}

// --help tells of every exit code.
func TestExitCodesAreDocumented(t *testing.T) {
	for _, code := range []int{
		exitOK, exitError, exitChanges, exitInvalid, exitRefused, exitIncomplete, exitStopped, exitCredentials, exitLocked, exitUsage,
	} {
		if !strings.Contains(exitCodeHelp, fmt.Sprintf("\n  %-4d ", code)) {
			t.Errorf("--help does not tell of %d", code)
		}
	}
}
