package words

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// Requests is what was sent, the most frequent first, and how many requests it is in place of, where that is more.
func Requests(s *runs.Summary) string {
	r := s.Requests
	if r.Total == 0 {
		return "none"
	}
	endpoints := slices.SortedFunc(maps.Keys(r.ByEndpoint), func(x, y client.Endpoint) int {
		return cmp.Or(cmp.Compare(r.ByEndpoint[y], r.ByEndpoint[x]), cmp.Compare(x, y))
	})
	parts := make([]string, len(endpoints))
	for i, endpoint := range endpoints {
		parts[i] = fmt.Sprintf("%s %s", endpoint, Count(r.ByEndpoint[endpoint]))
	}
	text := fmt.Sprintf("%s (%s)", Count(r.Total), strings.Join(parts, ", "))
	if more := InPlaceOf(s); more != "" {
		text += " " + more
	}
	return text
}

// InPlaceOf is how many requests those of a run are in place of; "": it is not done, or they are no fewer.
func InPlaceOf(s *runs.Summary) string {
	each := oneByOne(s)
	if s.Requests.Total >= each {
		return ""
	}
	return fmt.Sprintf("in place of %s, which would read and send each row", Count(each))
}

// EveryRow is how long it would take to send every row, in milliseconds, where that is longer than what a plan takes, or
// took; "": it is not, or the run reads nothing, and sends every row.
func EveryRow(made *plan.Plan, takesMs, everyMs int64) string {
	if made.Reading.Way == plan.ReadNone || everyMs <= takesMs {
		return ""
	}
	return "sending every row would take " + Milliseconds(everyMs)
}

// oneByOne is how many requests it takes to read each row's number and to send the row; 0: that was not to be done, or
// is not done yet.
func oneByOne(s *runs.Summary) int {
	if s.State != runs.Finished || s.Run.DryRun || s.Run.All {
		return 0
	}
	return 2 * (s.Rows - s.Counts[result.Invalid])
}

// Waits is how often the API throttled the run, and what else was waited for.
func Waits(s *runs.Summary) string {
	r := s.Requests
	var parts []string
	if n := r.Throttled(); n > 0 || r.WaitedMs[client.WaitThrottled] > 0 {
		parts = append(parts, fmt.Sprintf("throttled %s (429), waited %s", CountOf(n, "time"), Milliseconds(r.WaitedMs[client.WaitThrottled])))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.WaitedMs)) {
		if ms := r.WaitedMs[reason]; ms > 0 && reason != client.WaitThrottled {
			parts = append(parts, fmt.Sprintf("%s %s", waitName(reason), Milliseconds(ms)))
		}
	}
	return strings.Join(parts, "; ")
}

// Limit is what was learnt of the API's limit; "": nothing was.
func Limit(s *runs.Summary) string {
	if s.Limit == nil {
		return ""
	}
	return s.Limit.String()
}

// waitName is what a wait is for, in words: "429", "outage", "retries".
func waitName(reason client.WaitReason) string {
	switch reason {
	case client.WaitBackoff:
		return "retries of single rows"
	case event.WaitStore:
		return "the store was away"
	default:
		return string(reason)
	}
}
