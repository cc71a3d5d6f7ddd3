package send

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// handover is the order of rows that hand SIMs on: a row that takes one leaves when the row that gives it up is answered as
// complete, or its number was read without the SIM. Until then the taker is parked, and takes no worker. It is safe for
// concurrent use.
type handover struct {
	chains *plan.Chains
	// status is how a row stands, read what was read again of a number, back tells that a number was rolled back.
	status func(line int) result.Status
	read   func(number string) (store.Reading, bool)
	back   func(number string) bool
	waveOf map[int]int

	mu     sync.Mutex
	parked map[int]plan.Row // by line
	left   map[int]plan.Row // by line, those that were parked when everything else of the run, or of their wave, had ended
}

// parks keeps a row back whose givers have not all given up, and reports whether it does.
func (h *handover) parks(row plan.Row) bool {
	if len(h.chains.Givers(row.Line)) == 0 {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keeping(row.Line) == nil {
		return false
	}
	if h.parked == nil {
		h.parked = map[int]plan.Row{}
	}
	h.parked[row.Line] = row
	delete(h.left, row.Line)
	return true
}

// keeping is the first giver of a row that has not given up its SIM, as far as is known; nil: all have.
func (h *handover) keeping(taker int) *plan.Giver {
	for _, g := range h.chains.Givers(taker) {
		if !h.gaveUp(g) {
			return &g
		}
	}
	return nil
}

// gaveUp reports whether a row has given up its SIM.
func (h *handover) gaveUp(g plan.Giver) bool {
	if is, read := h.read(g.Number); read && is.State != nil && g.GaveUp(*is.State) {
		return true
	}
	status := h.stands(g)
	return !h.back(g.Number) && (status == result.Updated || status == result.Unchanged)
}

// stands is how the row of a giver stands.
func (h *handover) stands(g plan.Giver) result.Status { return cmp.Or(g.Unsent, h.status(g.Line)) }

// release takes from the parked rows those whose givers have all given up: of the rows that wait for one, or of all for 0.
func (h *handover) release(giver int) []plan.Row {
	lines := h.chains.Takers(giver)
	h.mu.Lock()
	defer h.mu.Unlock()
	if giver == 0 {
		lines = slices.Sorted(maps.Keys(h.parked))
	}
	var free []plan.Row
	for _, line := range lines {
		if row, parked := h.parked[line]; parked && h.keeping(line) == nil {
			delete(h.parked, line)
			free = append(free, row)
		}
	}
	return free
}

// waits reports whether a row is parked.
func (h *handover) waits() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.parked) > 0
}

// awaited reports whether a parked row waits for a row.
func (h *handover) awaited(giver int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.chains.Takers(giver), func(line int) bool {
		_, parked := h.parked[line]
		return parked
	})
}

// keeps reports whether a row was left because another, which was waited for, keeps its SIM.
func (h *handover) keeps(giver int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.chains.Takers(giver), func(line int) bool {
		_, left := h.left[line]
		return left
	})
}

// leave ends the rows that are still parked: they are not attempted, and say why. It is called when nothing is under way.
func (h *handover) leave() (rows []plan.Row, left []result.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left == nil {
		h.left = map[int]plan.Row{}
	}
	for _, line := range slices.Sorted(maps.Keys(h.parked)) {
		row, why := h.parked[line], "the SIM that it takes was given up, and the run ended before it was sent"
		if giver := h.keeping(line); giver != nil {
			why = fmt.Sprintf("it takes the SIM %s of %s, which has not given it up: %s", giver.ICCID, giver.Place(), h.whyKept(*giver))
		}
		h.left[line] = row
		rows = append(rows, row)
		left = append(left, result.Result{
			Row: row.Row, Line: line, Number: row.Number, Status: result.NotAttempted, Changes: row.ChangesText(), Error: why,
		})
	}
	clear(h.parked)
	return rows, left
}

// again takes the rows that were left, which are ordered anew when they are sent once more.
func (h *handover) again() map[int]plan.Row {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := h.left
	h.left = nil
	return left
}

// stop parks those of the rows that were not sent, for them to say what keeps them by now.
func (h *handover) stop(rows map[int]plan.Row) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parked = map[int]plan.Row{}
	for line, row := range rows {
		if h.status(line) == result.NotAttempted {
			h.parked[line] = row
		}
	}
}

// root is the first giver of a chain, from one that keeps its SIM on, that waits for no other.
func (h *handover) root(g plan.Giver) plan.Giver {
	seen := map[int]struct{}{}
	for {
		next := h.keeping(g.Line)
		if _, round := seen[g.Line]; round || next == nil || h.stands(g) != result.NotAttempted || h.back(g.Number) {
			return g
		}
		seen[g.Line] = struct{}{}
		g = *next
	}
}

// heldBack reports whether a row was left because the first giver of its chain came to an end that is bad.
func (h *handover) heldBack(taker int, bad func(result.Status) bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	giver := h.keeping(taker)
	if giver == nil {
		return false
	}
	root := h.root(*giver)
	return !h.back(root.Number) && bad(h.stands(root))
}

// whyKept says what became of a giver, and of the first one of its chain.
func (h *handover) whyKept(g plan.Giver) string {
	why := "that row is " + string(h.stands(g))
	switch root := h.root(g); {
	case h.back(g.Number):
		return "that row was rolled back"
	case h.stands(g) == result.Pending:
		return "that row is pending, and resume goes on when its order is complete"
	case root != g && h.back(root.Number):
		return fmt.Sprintf("%s, because %s was rolled back", why, root.Place())
	case root != g:
		return fmt.Sprintf("%s, because %s is %s", why, root.Place(), h.stands(root))
	case h.stands(g) == result.NotAttempted && h.waveOf[g.Line] > 0:
		return fmt.Sprintf("%s, in wave %d", why, h.waveOf[g.Line])
	default:
		return why
	}
}
