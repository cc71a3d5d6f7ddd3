package learn

import (
	"slices"
	"time"
)

// maxTrials bounds what is remembered: it is more than a window has at the rates that matter, and is judged quickly.
const maxTrials = 2048

// trial is a request and its outcome.
type trial struct {
	at      float64 // when it left, in seconds since the learner began
	refused bool
}

// history is what happened lately, in the order in which requests left.
type history struct {
	trials   []trial
	refusals int
	forgot   bool // there was something before
}

// add takes in a trial; answers come in another order than requests left.
func (h *history) add(t trial) {
	i := len(h.trials)
	for i > 0 && h.trials[i-1].at > t.at {
		i--
	}
	h.trials = slices.Insert(h.trials, i, t)
	if t.refused {
		h.refusals++
	}
	if len(h.trials) > 2*maxTrials {
		h.forget(len(h.trials) - maxTrials)
	}
}

// forget drops the oldest trials.
func (h *history) forget(n int) {
	for _, t := range h.trials[:n] {
		if t.refused {
			h.refusals--
		}
	}
	h.trials, h.forgot = slices.Delete(h.trials, 0, n), true
}

// accepted counts the requests that were accepted after a time.
func (h *history) accepted(after float64) (n int) {
	for _, t := range slices.Backward(h.trials) {
		if t.at <= after {
			break
		}
		if !t.refused {
			n++
		}
	}
	return n
}

// sends are the times at which requests left that were not refused, those under way among them.
type sends []float64

func (s *sends) add(at float64) {
	if len(*s) >= 2*maxTrials {
		*s = slices.Delete(*s, 0, maxTrials)
	}
	*s = append(*s, at)
}

func (s *sends) remove(at float64) {
	if i, ok := slices.BinarySearch(*s, at); ok {
		*s = slices.Delete(*s, i, i+1)
	}
}

// since counts those after a time.
func (s *sends) since(at float64) int {
	i, _ := slices.BinarySearch(*s, at)
	return len(*s) - i
}

// serverClock is how far the server's clock is ahead of ours, in seconds: what is known of it. Its Date has whole seconds
// (RFC 9110 section 6.6.1), so that each answer bounds it, and many together tell it to about a round trip.
type serverClock struct {
	known       bool
	least, most float64
}

func (c *serverClock) read(date, sent, received time.Time) {
	least := date.Sub(received).Seconds()
	most := date.Sub(sent).Seconds() + 1
	if !c.known || least > c.most || most < c.least { // a clock was set
		*c = serverClock{known: true, least: least, most: most}
		return
	}
	c.least, c.most = max(c.least, least), min(c.most, most)
}

func (c *serverClock) middle() float64 { return (c.least + c.most) / 2 }

// late is by how much the middle may be too early.
func (c *serverClock) late() float64 { return c.middle() - c.least }
