package postgres

import "time"

// Probing are options of a holder that tells so often that it is there.
func (o Options) Probing(every time.Duration) Options {
	o.probeEvery = every
	return o
}
