package request

import (
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Counts tells what was sent, and what was waited for.
type Counts struct {
	Total int `json:"total"`
	// ByEndpoint splits the total by what was asked.
	ByEndpoint map[client.Endpoint]int `json:"byEndpoint"`
	// ByStatus splits it by the answer's status code; 0 is no answer.
	ByStatus map[int]int `json:"byStatus"`
	// WaitedMs is how long requests were held back, by reason, in
	// milliseconds; the rate itself is not counted.
	WaitedMs map[client.WaitReason]int64 `json:"waitedMs"`
}

// Counted are the counts of a process that kept them itself, with how long requests were held back.
func Counted(total int, byEndpoint map[client.Endpoint]int, byStatus map[int]int, waited map[client.WaitReason]time.Duration) Counts {
	c := Counts{Total: total, ByEndpoint: byEndpoint, ByStatus: byStatus, WaitedMs: map[client.WaitReason]int64{}}
	for reason, long := range waited {
		c.WaitedMs[reason] = long.Milliseconds()
	}
	return c
}

// Throttled counts the requests that the API refused because they came too fast.
func (c *Counts) Throttled() int {
	total := 0
	for status, n := range c.ByStatus {
		if client.Throttles(status) {
			total += n
		}
	}
	return total
}

// Count counts attempts and waits, and tells the executions of their answers. A wait that
// the run's end cut short counts until then.
func Count(requests iter.Seq2[Request, error], end time.Time, of store.Executions) (Counts, error) {
	c := Counts{ByEndpoint: map[client.Endpoint]int{}, ByStatus: map[int]int{}, WaitedMs: map[client.WaitReason]int64{}}
	waited := map[client.WaitReason]time.Time{}
	for r, err := range requests {
		if err != nil {
			return c, err
		}
		if r.Wait != "" {
			c.wait(r, waited, end)
			continue
		}
		c.Total++
		c.ByEndpoint[r.Endpoint]++
		c.ByStatus[r.HTTPStatus]++
		of.Answered(r.At, r.At.Add(time.Duration(r.DurationMs)*time.Millisecond))
	}
	return c, nil
}

// wait counts the time of a wait that no earlier one of the same reason covers:
// waits of several rows overlap. until is how far each reason is counted.
func (c *Counts) wait(r Request, until map[client.WaitReason]time.Time, end time.Time) {
	reason, from, to := r.Wait, r.At, r.Until
	if to.After(end) {
		to = end
	}
	if counted := until[reason]; from.Before(counted) {
		from = counted
	}
	if to.After(from) {
		c.WaitedMs[reason] += to.Sub(from).Milliseconds()
		until[reason] = to
	}
}
