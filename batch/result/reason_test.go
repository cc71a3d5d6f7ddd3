package result_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
)

// declared are the values of all constants of type Reason.
func declared(t *testing.T) []result.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []result.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Reason" {
			word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, result.Reason(word))
		}
		return true
	})
	return reasons
}

// Every reason has one row in the table, with all of its columns, and docs/exit-codes.md
// documents its exit code.
func TestTableOfReasons(t *testing.T) {
	readme, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, codes, found := strings.Cut(string(readme), "# Exit codes")
	if !found {
		t.Fatal("docs/exit-codes.md has no exit codes")
	}
	constants, table := declared(t), result.Reasons()
	slices.Sort(constants)
	slices.Sort(table)
	if !slices.Equal(constants, table) {
		t.Errorf("the table has %q, the constants are %q", table, constants)
	}
	for _, reason := range table {
		stop := result.Stop{Reason: reason}
		if reason == result.StoppedBySignal {
			stop.Signal = 15
		}
		row := "\n| " + strconv.Itoa(stop.ExitCode())
		if reason == result.StoppedBySignal {
			row = fmt.Sprintf(", %d |", stop.ExitCode())
		}
		switch {
		case reason.Class() != result.Stopped && reason.Class() != result.Refused:
			t.Errorf("%s has no class", reason)
		case reason.Headline() == "":
			t.Errorf("%s begins no sentence", reason)
		case stop.Text() == "":
			t.Errorf("%s has no words", reason)
		case reason.Next() == "":
			t.Errorf("%s has no next step", reason)
		case !strings.Contains(codes, row):
			t.Errorf("%s: docs/exit-codes.md has no exit code %d", reason, stop.ExitCode())
		case result.Graver(result.Stop{}, stop) != stop:
			t.Errorf("%s has no rank", reason)
		}
	}
}

// What a newer bulknum has recorded is a run that stopped early, at least.
func TestReasonOfANewerVersion(t *testing.T) {
	stop := result.Stop{Reason: "weather"}
	if stop.ExitCode() != result.ExitStopped || stop.Reason.Class() != result.Stopped || stop.Reason.Next() != result.Resume {
		t.Errorf("exit code %d, class %d, next %s", stop.ExitCode(), stop.Reason.Class(), stop.Reason.Next())
	}
}

func TestGraver(t *testing.T) {
	signal, credentials := result.Stop{Reason: result.StoppedBySignal, Signal: 2}, result.Stop{Reason: result.StoppedByCredentials}
	failures, outage := result.Stop{Reason: result.StoppedByFailures}, result.Stop{Reason: result.StoppedByOutage}
	for _, c := range []struct{ a, b, want result.Stop }{
		{failures, signal, signal},
		{signal, credentials, signal},
		{outage, credentials, credentials},
		{credentials, outage, credentials},
		{failures, outage, failures},
		{result.Stop{}, outage, outage},
		{outage, result.Stop{}, outage},
	} {
		if got := result.Graver(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
