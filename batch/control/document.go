package control

import (
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// documentVersion is the version of a [Document].
const documentVersion = 1

// Document is what ctl tells of a [Status].
type Document struct {
	// Version is the version of this document.
	Version int `json:"version"`
	// Run is its name, Folder its path.
	Run    string    `json:"run,omitempty"`
	Folder string    `json:"folder,omitempty"`
	At     time.Time `json:"at"`
	// Phase is what it is at since when, Why the reason of one that keeps it from
	// going on, and Until when that ends by itself; zero: it does not, or nobody
	// knows.
	Phase Phase     `json:"state"`
	Since time.Time `json:"since,omitzero"`
	Why   string    `json:"why,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Ways are the commands that end what keeps it from going on, as far as commands can.
	Ways []Way `json:"ways,omitempty"`
	// Rows is how many are to be sent in all, Done how many of them came to an
	// end, Counts what became of those and of the rows that need no sending.
	Rows   int                   `json:"rows"`
	Done   int                   `json:"done"`
	Counts map[result.Status]int `json:"counts"`
	// InFlight is how many requests of any kind are not answered yet.
	InFlight int    `json:"inFlight"`
	Rate     string `json:"rate,omitempty"`
	// Wave is the present one; nil: there is none. HeldWave is the one that is held until
	// next approves it; 0: none is.
	Wave     *plan.Wave `json:"wave,omitempty"`
	HeldWave int        `json:"heldWave,omitempty"`
	Deadline time.Time  `json:"deadline,omitzero"`
	// Asked is what was asked of the run last, and by whom; nil: nothing was.
	Asked *event.Commanded `json:"asked,omitempty"`
	// RollbackWindow is when it ends, and until when it could be undone; nil as long
	// as nothing is sent.
	RollbackWindow *plan.RollbackWindow `json:"rollbackWindow,omitempty"`
}

// Document is what ctl tells of it.
func (s *Status) Document() Document {
	return Document{
		Version: documentVersion, Run: s.Run.Name, Folder: s.Folder, At: s.At,
		Phase: s.Phase, Since: s.Since, Why: s.Why, Until: s.Until, Ways: s.Ways,
		Rows: s.Updates, Done: s.Done, Counts: s.Outcomes(), InFlight: s.InFlight,
		Rate: s.Allowed.String(), Wave: s.Wave, HeldWave: s.HeldWave, Asked: s.Asked, Deadline: s.Deadline, RollbackWindow: s.RollbackWindow,
	}
}
