package progress

import "time"

// counted is what a tally has counted of rows, while it counts the requests of a
// reading: that of a wave's numbers, or of rows in doubt.
type counted struct {
	started     time.Time
	total, done int
	finished    meter
}

// setAside keeps what was counted of rows, if they have begun.
func (t *Tally) setAside() {
	if t.started.IsZero() || t.reading {
		return
	}
	t.rows = &counted{started: t.started, total: t.total, done: t.done, finished: t.finished}
}

// takeUp goes on with the rows that were set aside, if any were.
func (t *Tally) takeUp() {
	if t.rows == nil {
		return
	}
	t.started, t.total, t.done, t.finished = t.rows.started, t.rows.total, t.rows.done, t.rows.finished
	t.reading, t.rows = false, nil
}
