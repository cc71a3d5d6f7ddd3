package reporttest

import (
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// Status is a cutover in its second wave.
func Status() control.Document {
	local := time.Local
	at := time.Date(2026, 11, 23, 22, 14, 45, 0, local)
	return control.Document{
		Version: 1, Run: "cutover", Folder: "runs/cutover", At: at, Phase: control.PhasePaused, Since: at.Add(-42 * time.Second), Why: "paused by \x1b[2Jalice",
		Rows: 2000, Done: 652, Counts: map[result.Status]int{result.Updated: 650, result.Failed: 2}, InFlight: 1, Rate: "48/m",
		Wave: &plan.Wave{N: 2, Of: 4, Rows: 400, Upto: 1000}, HeldWave: 3, Deadline: at.Add(time.Hour),
		Ways:           []control.Way{{Do: event.CommandContinue, Whose: "\x1b[2Jalice"}, {Do: event.CommandNext, Wave: 3}},
		Asked:          &event.Commanded{At: at.Add(-42 * time.Second), What: event.CommandPause, By: "\x1b[2Jalice"},
		RollbackWindow: &plan.RollbackWindow{EndsAt: at.Add(28 * time.Minute), RollbackMs: 835_000, NoReturnAt: at.Add(20 * time.Minute), NoReturnRows: 1612},
	}
}
