package progress

import (
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/client"
)

// NewRate is the pace that somebody asked for, if it was that.
func NewRate(c event.Commanded) (rate client.Rate, ok bool) {
	if c.What != event.CommandRate {
		return rate, false
	}
	rate, err := client.ParseRate(c.Detail)
	return rate, err == nil
}
