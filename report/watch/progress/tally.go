// Package progress is the progress of a run, counted from its events for the other listeners to show, log, serve and
// post. It is pure: the clock is passed in.
package progress

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Tally counts the events of a run. It is safe for concurrent use. It has no
// clock of its own.
type Tally struct {
	mu       sync.Mutex
	started  time.Time // the reading, or the sending
	reading  bool
	total    int
	done     int
	counts   map[result.Status]int
	finished meter // rows or, while reading, requests
	waits    map[client.WaitReason]client.Wait
	holds    map[string]event.Held // by name
	stopping bool
	inFlight int
	wave     *plan.Wave
	rows     *counted   // set aside while numbers are read between them
	failures []RowState // the last ones
}

// View is how far a run is at one moment.
type View struct {
	// Reading tells that current settings are being read: what is said of rows
	// is said of requests then.
	Reading bool
	// Done of Total rows have been brought to an end. The total of a reading is
	// 0 as long as it is not known.
	Done, Total int
	// Counts is how many of them ended in each status.
	Counts map[result.Status]int
	// Rate is how many rows came to an end during the last minute, Average how
	// many in a minute since the beginning.
	Rate, Average float64
	// Left is how long the rest takes at the pace of the last minutes, and Ends
	// when it is done; zero: not known.
	Left time.Duration
	Ends time.Time
	// Wait is what the run waits for; its Reason is empty when for nothing.
	Wait client.Wait
	// Failures are the last rows that failed, are unknown or in conflict, the
	// newest first.
	Failures []RowState
	// Wave is the one that is sent; nil: there are none.
	Wave *plan.Wave
	// Stopping tells that no further row is started; InFlight rows were then
	// still being answered.
	Stopping bool
	InFlight int
}

// NewTally returns the tally of a run that has not begun.
func NewTally() *Tally {
	return &Tally{counts: map[result.Status]int{}, waits: map[client.WaitReason]client.Wait{}, holds: map[string]event.Held{}}
}

// Tell counts an event that happened at a moment.
func (t *Tally) Tell(now time.Time, e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case event.ReadingTold:
		t.read(now, e.Reading)
	case event.Started:
		t.begin(now, false)
		t.total, t.rows = e.Rows, nil
	case event.Attempted:
		t.left(e.Start)
	case event.Waiting:
		t.waiting(e.Wait)
	case event.WaveStarted:
		t.wave = &e.Wave
		t.takeUp()
	case event.WaveEnded:
		t.takeUp()
	case event.Finished:
		t.takeUp()
		t.finish(now, e)
	case event.Held:
		t.held(e)
	case event.Stopping:
		t.stopping, t.inFlight = true, e.InFlight
	}
}

// begin begins to count anew.
func (t *Tally) begin(now time.Time, reading bool) {
	t.started, t.reading = now, reading
	t.done, t.total, t.finished = 0, 0, meter{}
}

// finish counts a row, unless the run stopped before it. A row that was pending
// or in doubt was counted before.
func (t *Tally) finish(now time.Time, e event.Finished) {
	again := e.Was == result.Pending || e.Was == result.Unknown
	if again && t.counts[e.Was] > 0 {
		t.counts[e.Was]--
	}
	t.counts[e.Status]++
	if e.Status == result.Failed || e.Status == result.Unknown || e.Status == result.Conflict {
		t.failures = slices.Insert(t.failures[:min(len(t.failures), keptFailures-1)], 0, RowStateOf(now, e.Result))
	}
	if again || e.Status == result.NotAttempted {
		return
	}
	t.done++
	t.finished.add(now)
}

// keptFailures is how many of the last failures are shown.
const keptFailures = 10

// waiting keeps the last wait of each kind.
func (t *Tally) waiting(w client.Wait) {
	if w.Over {
		delete(t.waits, w.Reason)
		return
	}
	t.waits[w.Reason] = w
}

// held keeps a hold until it is over.
func (t *Tally) held(h event.Held) {
	delete(t.waits, client.WaitHold) // what the requests tell of it
	delete(t.holds, h.Name)
	if !h.Over {
		t.holds[h.Name] = h
	}
}

// left ends the holds that a request shows to be over by having left after
// them: while all are held, none leaves, except the one that probes an outage.
func (t *Tally) left(at time.Time) {
	for reason, w := range t.waits {
		if reason != client.WaitOutage && at.After(w.Since) {
			delete(t.waits, reason)
		}
	}
}

// At returns how far the run is.
func (t *Tally) At(now time.Time) View {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := View{
		Reading:  t.reading,
		Done:     t.done,
		Total:    t.total,
		Counts:   maps.Clone(t.counts),
		Wait:     t.wait(now),
		Stopping: t.stopping,
		InFlight: t.inFlight,
		Failures: slices.Clone(t.failures),
		Wave:     t.wave,
	}
	if t.started.IsZero() {
		return v
	}
	elapsed := now.Sub(t.started)
	v.Average = perMinute(float64(t.done), elapsed)
	v.Rate = t.finished.rate(now, min(elapsed, rateSpan))
	if pace := t.pace(now, elapsed); pace > 0 && v.Done < v.Total && !t.stopping {
		v.Left = time.Duration(float64(v.Total-v.Done) / pace * float64(time.Minute))
		v.Left += max(0, v.Wait.Until.Sub(now))
		v.Ends = now.Add(v.Left)
	}
	return v
}

// pace is what the rest will go at: as the last minutes, in which the odd wait
// is contained, or, after a long silence, as the whole run until now.
func (t *Tally) pace(now time.Time, elapsed time.Duration) float64 {
	if pace := t.finished.rate(now, min(elapsed, paceSpan)); pace > 0 {
		return pace
	}
	return perMinute(float64(t.done), elapsed)
}

// wait is the wait that holds most, if it still lasts.
func (t *Tally) wait(now time.Time) client.Wait {
	if names := slices.Sorted(maps.Keys(t.holds)); len(names) > 0 {
		h := t.holds[names[0]]
		return client.Wait{Reason: client.WaitHold, Since: h.Since, Until: h.Until, Detail: h.Why}
	}
	for _, reason := range []client.WaitReason{
		client.WaitHold, client.WaitOutage, client.WaitThrottled, client.WaitUnavailable, client.WaitBackoff,
	} {
		w, waiting := t.waits[reason]
		if waiting && (reason == client.WaitOutage || w.Until.IsZero() || now.Before(w.Until)) {
			return w
		}
	}
	return client.Wait{}
}
