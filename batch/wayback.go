package batch

import (
	"sort"
	"time"
)

// WayBack is whether what was done can still be undone in time: how long that
// takes, and until when it fits before the deadline.
type WayBack struct {
	// EndsAt is when the rows that are left will have been sent at the present
	// pace.
	EndsAt time.Time `json:"endsAt"`
	// RollbackMs is how long a rollback of what is done would take, and
	// FullRollbackMs one of everything, in milliseconds.
	RollbackMs     int64 `json:"rollbackMs"`
	FullRollbackMs int64 `json:"fullRollbackMs"`
	// Deadline is what the rest is measured by; zero: there is none.
	Deadline time.Time `json:"deadline,omitzero"`
	// NoReturnAt is the point of no return: the moment after which a rollback no
	// longer fits before the deadline, and NoReturnRows how many rows will have
	// been sent by then in all. Both are zero when a rollback fits to the end,
	// or when there is no deadline.
	NoReturnAt   time.Time `json:"noReturnAt,omitzero"`
	NoReturnRows int       `json:"noReturnRows,omitempty"`
}

// course is where a run stands on its way, for [course.wayBack].
type course struct {
	now      time.Time
	deadline time.Time     // zero: none
	every    time.Duration // from one request to the next
	done     int           // rows that were sent and would have to be undone
	left     int           // rows still to be sent
	pages    int           // of the inventory, if known: the most that reading costs
	// ahead is how much time goes by before so many more rows are done, besides
	// that of their updates: such as for reading a wave back. Optional.
	ahead func(rows int) time.Duration
}

// rollbackTokens is how many token requests a rollback makes: for reading and
// for updating.
const rollbackTokens = 2

// rollback is how long undoing so many rows takes: they are read the cheaper
// way, and sent.
func (c course) rollback(rows int) time.Duration {
	if rows == 0 {
		return 0
	}
	return time.Duration(rows+c.reads(rows)+rollbackTokens) * c.every
}

// reads is how many requests the reading of so many numbers takes.
func (c course) reads(rows int) int {
	if c.pages > 0 {
		return min(rows, c.pages)
	}
	return rows
}

// until is when so many more rows will have been sent.
func (c course) until(rows int) time.Time {
	takes := time.Duration(rows) * c.every
	if c.ahead != nil {
		takes += c.ahead(rows)
	}
	return c.now.Add(takes)
}

// fits reports whether a rollback still ends before the deadline after so many
// more rows.
func (c course) fits(rows int) bool {
	return c.deadline.IsZero() || !c.until(rows).Add(c.rollback(c.done+rows)).After(c.deadline)
}

// wayBack tells where the run stands.
func (c course) wayBack() WayBack {
	w := WayBack{
		EndsAt:         c.until(c.left),
		RollbackMs:     c.rollback(c.done).Milliseconds(),
		FullRollbackMs: c.rollback(c.done + c.left).Milliseconds(),
		Deadline:       c.deadline,
	}
	if c.fits(c.left) {
		return w
	}
	more := max(0, sort.Search(c.left, func(rows int) bool { return !c.fits(rows) })-1)
	w.NoReturnAt, w.NoReturnRows = c.until(more), c.done+more
	return w
}

// Rollback is how long it would take, at the plan's pace, to take back the whole
// of it.
func (p *Plan) Rollback() time.Duration {
	requests := p.Budget.Updates + p.Budget.Tokens
	if requests == 0 {
		return 0
	}
	every := time.Duration(p.Budget.TakesMs) * time.Millisecond / time.Duration(requests)
	return course{every: every, pages: p.Reading.PagesInAll}.rollback(p.Budget.Updates)
}
