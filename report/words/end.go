package words

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// Happened says what happened, and what was done since then.
func Happened(s *runs.Summary) string {
	text := ended(s)
	if s.RolledBack != nil {
		text += "; since then it was " + Printable(s.RolledBack.String())
	}
	if s.Later != nil {
		text += "; since then " + Moved(s.Later)
	}
	return text
}

// ended says how the run itself ended.
func ended(s *runs.Summary) string {
	switch {
	case s.State == runs.Running:
		return "is still running"
	case s.State == runs.Crashed:
		return "crashed: it was cut off, and nobody works on it any more"
	case s.Stop == nil && s.GateAgainst() != "":
		return finished(s) + "; the gate failed after the last wave: " + shortened(Printable(s.GateAgainst()))
	case s.Stop == nil && len(guard.Refusals(s.Guards, false)) > 0:
		return "finished: the plan is made" + WouldRefuse(s.Guards)
	case s.Stop == nil:
		return finished(s) + WouldRefuse(s.Guards)
	case s.Stop.Reason == result.Declined && mayHaveSent(s):
		return "was not resumed: " + StopReason(s.Stop)
	case s.Lost && s.Stop.Reason != result.StoppedByDisk:
		return s.Stop.Reason.Headline() + ": " + StopReason(s.Stop) + "; the store was lost: not all of this is recorded"
	default:
		return s.Stop.Reason.Headline() + ": " + StopReason(s.Stop)
	}
}

// Took is how long a run was worked on, and by how many executions if there were more than one.
func Took(s *runs.Summary) string {
	took := Milliseconds(s.DurationMs)
	if n := len(s.Executions); n > 1 {
		took += " in " + CountOf(n, "execution")
	}
	return took
}

// mayHaveSent reports whether an execution of the run sent something, or may have.
func mayHaveSent(s *runs.Summary) bool {
	return s.Requests.ByEndpoint[client.EndpointUpdate]+s.Counts[result.Updated]+s.Counts[result.Pending]+s.Counts[result.Unknown] > 0
}

// finished tells a run that came to its end by how many rows are in sync.
func finished(s *runs.Summary) string {
	good := s.Counts[result.Updated] + s.Counts[result.Unchanged] + s.Counts[result.Planned]
	switch rest := s.Rows - good; {
	case s.Rows == 0:
		return "finished: there are no rows"
	case s.Counts[result.Planned] > 0 && rest == 0:
		return "finished: every row can be sent as planned"
	case rest == 0 && NotInSync(s) != "":
		return "finished: every row was sent, but of the numbers read back " + NotInSync(s)
	case rest == 0 && (s.RolledBack != nil || s.Later != nil):
		return "finished: every row was in sync"
	case rest == 0:
		return "finished: every row is in sync"
	default:
		return fmt.Sprintf("finished: %s of %s %s not in sync", Count(rest), CountOf(s.Rows, "row"), Verb(rest))
	}
}

// The parts that are kept of a text that may be long: what a command wrote ends with what matters.
const (
	keptBegin = 60
	keptEnd   = 140
)

// shortened leaves the middle of a long text out.
func shortened(text string) string {
	runes := []rune(text)
	if len(runes) <= keptBegin+keptEnd {
		return text
	}
	return string(runes[:keptBegin]) + " … " + string(runes[len(runes)-keptEnd:])
}

// NotInSync counts the numbers that were not in sync, or could not be read, when their
// waves were read back; "": none.
func NotInSync(s *runs.Summary) string {
	drifted, unreadable := s.ReadBack()
	switch {
	case drifted == 0 && unreadable == 0:
		return ""
	case unreadable == 0:
		return Count(drifted) + " drifted"
	case drifted == 0:
		return Count(unreadable) + " could not be read"
	default:
		return Count(drifted) + " drifted and " + Count(unreadable) + " could not be read"
	}
}

// StopReason is why a run stopped, in words.
func StopReason(stop *result.Stop) string {
	return Printable(stop.Text())
}

// Moved is what later runs moved of a run, after "since then".
func Moved(later *runs.Later) string {
	return Printable(fmt.Sprintf("%s moved %s of its rows", runs.Named(later.By), Count(later.Moved)))
}

// RolledBackRows is how many rows were rolled back.
func RolledBackRows(back *runs.RolledBack) string {
	return fmt.Sprintf("%s of the %s that it had updated", Count(back.Rows), CountOf(back.Of, "row"))
}
