package plan

import (
	"fmt"
	"time"
)

// SecondPass is what may come on top of a plan's requests and time: rows that failed are tried once more at its end. No
// forecast counts it, because nobody knows how many fail.
type SecondPass struct {
	// PauseMs is waited before it, in milliseconds, and Most is how many rows it has at most: of more the run would have
	// stopped.
	PauseMs int64 `json:"pauseMs"`
	Most    int   `json:"most"`
}

// ShareAfter is how many rows must have finished before a share of them is judged: the first row's failure is all of the
// rows there are.
const ShareAfter = 20

// SecondPassOf is that of a plan of so many updates of so many rows, after a pause, where so many may fail; nil: it has none.
func SecondPassOf(pause time.Duration, updates, rows int, failures Limit) *SecondPass {
	if pause <= 0 || updates == 0 {
		return nil
	}
	most := failures.Rows
	if failures.Share > 0 {
		most = int(failures.parts() * int64(rows) / wholeParts)
	}
	if failures.Share > 0 && rows < ShareAfter {
		most = updates
	}
	if most = min(most, updates); most == 0 {
		return nil
	}
	return &SecondPass{PauseMs: pause.Milliseconds(), Most: most}
}

// String says what it may add.
func (s *SecondPass) String() string {
	updates := "1 update"
	if s.Most > 1 {
		updates = fmt.Sprintf("up to %d updates", s.Most)
	}
	return fmt.Sprintf("a second pass of failed rows may add %s and %s", Duration(time.Duration(s.PauseMs)*time.Millisecond), updates)
}
