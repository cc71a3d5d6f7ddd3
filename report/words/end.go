package words

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// Happened says what happened.
func Happened(s *runs.Summary) string {
	switch {
	case s.State == runs.Unfinished:
		return "has no end: it is still running, or it was cut off"
	case s.Stop == nil:
		return finished(s)
	default:
		return s.Stop.Reason.Headline() + ": " + StopReason(s.Stop)
	}
}

// finished tells a run that came to its end by how many rows are in sync.
func finished(s *runs.Summary) string {
	good := s.Counts[result.Updated] + s.Counts[result.Unchanged] + s.Counts[result.Planned]
	switch rest := s.Rows - good; {
	case s.Rows == 0:
		return "finished: there are no rows"
	case s.Counts[result.Planned] > 0 && rest == 0:
		return "finished: every row can be sent as planned"
	case rest == 0 && s.RolledBack != nil:
		return "finished: every row was in sync"
	case rest == 0:
		return "finished: every row is in sync"
	default:
		return fmt.Sprintf("finished: %s of %s %s not in sync", Count(rest), CountOf(s.Rows, "row"), Verb(rest))
	}
}

// StopReason is why a run stopped, in words.
func StopReason(stop *result.Stop) string {
	return Printable(stop.Text())
}

// RolledBackRows is how many rows were rolled back.
func RolledBackRows(back *runs.RolledBack) string {
	return fmt.Sprintf("%s of the %s that it had updated", Count(back.Rows), CountOf(back.Of, "row"))
}
