package progress

import (
	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client"
)

// NewRate is the pace that somebody asked for, if it was that.
func NewRate(c batch.Controlled) (rate client.Rate, ok bool) {
	if c.What != batch.CommandRate {
		return rate, false
	}
	rate, err := client.ParseRate(c.Detail)
	return rate, err == nil
}
