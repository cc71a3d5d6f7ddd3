package send

import (
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
	status := h.status(g.Line)
	return !h.back(g.Number) && (status == result.Updated || status == result.Unchanged)
}

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

// awaited reports whether a parked row waits for a row.
func (h *handover) awaited(giver int) bool {
	return slices.ContainsFunc(h.chains.Takers(giver), func(line int) bool {
		_, parked := h.parked[line]
		return parked
	})
}

// leave ends the rows that are still parked: they are not attempted, and say why. It is called when nothing is under way.
func (h *handover) leave() (rows []plan.Row, left []result.Result) {
	for _, line := range slices.Sorted(maps.Keys(h.parked)) {
		row, giver := h.parked[line], h.keeping(line)
		rows = append(rows, row)
		left = append(left, result.Result{
			Row: row.Row, Line: line, Number: row.Number, Status: result.NotAttempted, Changes: row.ChangesText(),
			Error: fmt.Sprintf("it takes the SIM %s of %s, which has not given it up: %s", giver.ICCID, giver.Place(), h.whyKept(*giver)),
		})
	}
	clear(h.parked)
	return rows, left
}

// whyKept says what became of a giver.
func (h *handover) whyKept(g plan.Giver) string {
	switch status := h.status(g.Line); {
	case h.back(g.Number):
		return "that row was rolled back"
	case status == result.Pending:
		return "that row is pending, and resume goes on when its order is complete"
	case status == result.NotAttempted && h.waveOf[g.Line] > 0:
		return fmt.Sprintf("that row is %s, in wave %d", status, h.waveOf[g.Line])
	default:
		return fmt.Sprintf("that row is %s", status)
	}
}
