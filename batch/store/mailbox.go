package store

import (
	"context"
	"time"
)

// Message is what somebody asks of who carries a run out.
type Message struct {
	// Role is by whom it was entered, as the database has it: who asks may say anything else.
	Role string
	// Text is what is asked.
	Text string
}

// Mailbox is a [Store] through which who carries a run out can be asked for something, from any host.
type Mailbox interface {
	// Ask asks who carries the run out, and returns the answer, which may take as long as ctx. The error of what nobody
	// has taken within a time, or until ctx ended, matches [ErrUntaken]: nobody will. Otherwise it may have been done.
	Ask(ctx context.Context, run RunID, text string, within time.Duration) (answer string, err error)
	// Receive has what is asked of a run answered, as long as this process has the run locked and until ctx ends; it
	// returns when all answers are written.
	Receive(ctx context.Context, run RunID, answer func(Message) string)
}
