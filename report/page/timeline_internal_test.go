package page

import (
	"net/http"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/client"
)

// The chart of the rate marks where the API throttled, and where all was held; a
// back-off is a matter of one row.
func TestTimelineMarksWhereTheAPIThrottled(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	line := divided(start, start.Add(time.Hour))
	first, second := start, start.Add(line.length)
	for _, r := range []request.Request{
		{At: first, HTTPStatus: http.StatusOK},
		{At: first, HTTPStatus: http.StatusServiceUnavailable},
		{At: first, Wait: client.WaitBackoff},
		{At: second, HTTPStatus: http.StatusTooManyRequests},
		{At: second, Wait: client.WaitThrottled, Until: second.Add(time.Second)},
	} {
		line.add(r)
	}
	for i, want := range []struct {
		requests, throttled int
		waiting             bool
	}{{requests: 2}, {requests: 1, throttled: 1, waiting: true}} {
		got := line.spans[i]
		if got.requests != want.requests || got.throttled != want.throttled || got.waiting != want.waiting {
			t.Errorf("span %d: got %+v, want %+v", i, got, want)
		}
	}
}
