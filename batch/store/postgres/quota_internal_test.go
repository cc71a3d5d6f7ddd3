package postgres

import "time"

// WithClock are options by a clock of a test's own.
func (q QuotaOptions) WithClock(clock func() time.Time) QuotaOptions {
	q.clock = clock
	return q
}
