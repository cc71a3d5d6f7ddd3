package runs

import (
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Remembered is what a process knows of a run that it carries out: how the rows stand, and the requests of this execution.
type Remembered struct {
	Counts   map[result.Status]int
	Requests Requests
}

// Requests counts what was sent, and what was waited for.
type Requests struct {
	Total int `json:"total"`
	// ByEndpoint splits the total by what was asked.
	ByEndpoint map[client.Endpoint]int `json:"byEndpoint"`
	// ByStatus splits it by the answer's status code; 0 is no answer.
	ByStatus map[int]int `json:"byStatus"`
	// WaitedMs is how long requests were held back, by reason, in milliseconds; the rate itself is not counted.
	WaitedMs map[client.WaitReason]int64 `json:"waitedMs"`
}

// Throttled counts the requests that the API refused because they came too fast.
func (c *Requests) Throttled() int {
	total := 0
	for status, n := range c.ByStatus {
		if client.Throttles(status) {
			total += n
		}
	}
	return total
}
