package control

import (
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/client"
)

// waited adds up how long requests were held back, by reason. Waits of
// several rows overlap: what an earlier wait of the same reason covers is
// counted once, as in the summary.
type waited struct {
	spans map[client.WaitReason]span
	holds map[string]client.WaitReason // by name, those that last
}

// span is what was waited for one reason: done, and a last wait that may go on.
type span struct {
	done     time.Duration
	from, to time.Time
	open     bool // its end is not known
}

// at is the whole time until a moment.
func (s span) at(now time.Time) time.Duration {
	to := s.to
	if s.open || to.After(now) {
		to = now
	}
	return s.done + max(0, to.Sub(s.from))
}

// at is how long requests were held back until a moment, by reason.
func (w *waited) at(now time.Time) map[client.WaitReason]time.Duration {
	times := make(map[client.WaitReason]time.Duration, len(w.spans))
	for reason, s := range w.spans {
		times[reason] = s.at(now)
	}
	return times
}

// wait takes in a wait, but for a hold, which has events of its own.
func (w *waited) wait(wait client.Wait) {
	if wait.Over || wait.Until.IsZero() || wait.Reason == client.WaitHold {
		return
	}
	switch s := w.spans[wait.Reason]; {
	case wait.Since.After(s.to):
		w.put(wait.Reason, span{done: s.done + s.to.Sub(s.from), from: wait.Since, to: wait.Until})
	case wait.Until.After(s.to):
		s.to = wait.Until
		w.put(wait.Reason, s)
	}
}

// held takes in the beginning or the end of a hold.
func (w *waited) held(now time.Time, h event.Held) {
	if w.holds == nil {
		w.holds = map[string]client.WaitReason{}
	}
	reason := h.Wait()
	if h.Over {
		delete(w.holds, h.Name)
	} else {
		w.holds[h.Name] = reason
	}
	lasts := slices.Contains(slices.Collect(maps.Values(w.holds)), reason)
	switch s := w.spans[reason]; {
	case !lasts && s.open:
		w.put(reason, span{done: s.at(now)})
	case lasts && !s.open:
		w.put(reason, span{done: s.done, from: now, open: true})
	}
}

// end cuts every wait that goes on.
func (w *waited) end(now time.Time) {
	for reason, s := range w.spans {
		w.spans[reason] = span{done: s.at(now)}
	}
}

func (w *waited) put(reason client.WaitReason, s span) {
	if w.spans == nil {
		w.spans = map[client.WaitReason]span{}
	}
	w.spans[reason] = s
}
