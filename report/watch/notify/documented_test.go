package notify_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// The body of a notification in docs/watching.md is one that is posted.
func TestNotificationIsDocumented(t *testing.T) {
	content, err := os.ReadFile("../../../docs/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(content), "```json\n{\"version\":1,\"event\"")
	text, _, _ = strings.Cut(text, "\n```")
	var example bytes.Buffer
	if err := json.Compact(&example, []byte(`{"version":1,"event"`+text)); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var h hook
		n := h.notifier(t)
		n.End(runs.Outcome{
			At: time.Date(2026, 11, 24, 3, 31, 7, 8, time.FixedZone("CET", 3600)), ExitCode: 5, Summary: &runs.Summary{
				Run:        runs.Identity{Job: "nightly", Name: "20261124T020000Z-nightly", Host: "ops1", Account: "DID-1", API: "https://api.telegent.com"},
				Counts:     map[result.Status]int{result.Updated: 412, result.Unchanged: 9587, result.Failed: 1},
				DurationMs: 1867000, Rows: 10_000, Folder: "runs/20261124T020000Z-nightly",
			},
		})
		posted, err := json.Marshal(h.bodies[0])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(example.String(), string(posted)); d != "" {
			t.Error(d)
		}
	})
}
