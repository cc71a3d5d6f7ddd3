package reporttest

import (
	"testing"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/internal/safefile"
)

// Read is the content of a file of a run's folder.
func Read(t *testing.T, run *runs.Run, name string) string {
	t.Helper()
	text, err := safefile.ReadOwn(run.Dir().File(name), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
