package reporttest

import (
	"os"
	"testing"

	"github.com/bulknum/bulknum/batch/runs"
)

// Read is the content of a file of a run's folder.
func Read(t *testing.T, run *runs.Run, name string) string {
	t.Helper()
	text, err := os.ReadFile(run.Dir().File(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
