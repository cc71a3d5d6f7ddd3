package store

import "time"

// Away is a time in which nothing can be recorded, because the database does not answer, or others write to it. Nothing is
// sent meanwhile.
type Away struct {
	Since time.Time
	// Why is what keeps it, for people.
	Why string
	// Over tells that it has passed.
	Over bool
	// Ended is why nothing will be recorded any more; nil: it will be. Who waits to send something has nothing to wait for.
	Ended error
}

// Waiter is a [Store] that waits while nothing can be recorded, and says so.
type Waiter interface {
	// Watch tells of such times, until stop is called. hear must be quick, and must not use the store.
	Watch(hear func(Away)) (stop func())
}
