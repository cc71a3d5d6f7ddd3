package postgres

import (
	"database/sql"
	"time"
)

// Writing are connections as those that write, and have the locks.
func (a Address) Writing() (*sql.DB, error) {
	c, err := a.config()
	if err != nil {
		return nil, err
	}
	return connect(c, toWrite), nil
}

// Probing are options of a holder that tells so often that it is there.
func (o Options) Probing(every time.Duration) Options {
	o.probeEvery = every
	return o
}
