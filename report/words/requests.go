package words

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// Requests is what was sent, the most frequent first.
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
	return fmt.Sprintf("%s (%s)", Count(r.Total), strings.Join(parts, ", "))
}

// Waits is how often the API refused for the pace, and what was waited for.
func Waits(s *runs.Summary) string {
	r := s.Requests
	var parts []string
	if n := r.Throttled(); n > 0 || r.WaitedMs[client.WaitThrottled] > 0 {
		parts = append(parts, fmt.Sprintf("%s answers of 429 cost %s", Count(n), Milliseconds(r.WaitedMs[client.WaitThrottled])))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.WaitedMs)) {
		if ms := r.WaitedMs[reason]; ms > 0 && reason != client.WaitThrottled {
			parts = append(parts, fmt.Sprintf("%s %s", waitName(reason), Milliseconds(ms)))
		}
	}
	return strings.Join(parts, ", ")
}

// waitName is what a wait is for, in words: "429", "outage", "retries".
func waitName(reason client.WaitReason) string {
	switch reason {
	case client.WaitBackoff:
		return "retries of single rows"
	default:
		return string(reason)
	}
}
