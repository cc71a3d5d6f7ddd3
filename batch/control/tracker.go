package control

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// keptFailures is how many of the last failures a status has.
const keptFailures = 10

// tracker reduces the events of a run to its [Status]. It is safe for concurrent
// use, and has no clock of its own.
type tracker struct {
	mu      sync.Mutex
	s       Status // what events tell as it is
	since   time.Time
	asked   string                // of somebody, at last
	began   map[result.Status]int // Counts, when the execution began to send
	again   map[int]result.Status // by line
	reading bool
	reads   tally // the requests of the present reading
	rows    tally // those that this execution sends
	waits   map[client.WaitReason]client.Wait
	holds   map[string]event.Held // by name
	waited  waited
}

// observe takes in an event.
func (t *tracker) observe(now time.Time, told event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := told.(type) {
	case event.Began:
		t.s.Begun, t.s.Run, t.s.Folder, t.s.Verifies, t.s.StartedAt = true, e.Run, e.Folder, e.Verifies, e.At
	case event.ReadingTold:
		t.observeReading(now, e.Reading)
	case event.PlanMade:
		t.plan(e.Plan, e.Counts)
	case event.PlanResumed:
		t.plan(e.Plan, e.Counts)
	case event.NumbersVerified:
		t.s.Verified = e.Counts
	case event.Asking:
		t.begin(now, PhaseAsking)
		t.asked = e.Why
	case event.Started:
		t.start(now, e)
	case event.Attempted:
		t.attempted(e.Attempt)
	case event.Waiting:
		t.wait(e.Wait)
	case event.Commanded:
		t.s.Asked = &e
		if rate, err := client.ParseRate(e.Detail); e.What == event.CommandRate && err == nil {
			t.s.Allowed = rate
			t.rows.measureAnew(now)
			t.reads.measureAnew(now)
		}
	case event.Held:
		t.held(now, e)
	case event.WaveStarted:
		t.s.Wave = &e.Wave
		t.send(now, PhaseSending)
	case event.ReadingBack:
		t.readBack(now, e)
	case event.WaveEnded:
		t.s.Wave = &e.Wave
		t.send(now, PhaseBetween)
	case event.Finished:
		t.send(now, PhaseSending)
		t.finish(now, e)
	case event.Stopping:
		t.begin(now, PhaseStopping)
		t.s.Stop, t.s.Draining, t.s.Drained = e.Stop, true, e.InFlight
	case event.Ended:
		t.end(now, e)
	}
	t.runClocks(now)
}

// runClocks stops the clocks by which speed is measured while people, an outage or the end
// of a wave keep the run from going on.
func (t *tracker) runClocks(now time.Time) {
	_, down := t.waits[client.WaitOutage]
	free := !down && len(t.holds) == 0
	waveDone := t.s.Wave != nil && t.done() >= t.s.Wave.Upto
	t.rows.clock.run(now, free && t.s.Step == PhaseSending && !waveDone)
	t.reads.clock.run(now, free && t.reading)
}

// done is how many of the rows that are sent in all came to an end.
func (t *tracker) done() int { return t.s.Updates - t.rows.total + t.rows.done }

// every is the time from one request to the next at the rate that holds, if so much is
// allowed.
func (t *tracker) every(now time.Time, allowed time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.present().every(now, allowed)
}

// present is what is counted now.
func (t *tracker) present() *tally {
	if t.reading {
		return &t.reads
	}
	return &t.rows
}

// begin begins a phase, unless the run is in it, stops or has ended.
func (t *tracker) begin(now time.Time, phase Phase) {
	last := t.s.Step == PhaseStopping && phase != PhaseEnded || t.s.Step == PhaseEnded
	if t.s.Step != phase && !last {
		t.s.Step, t.since = phase, now
	}
}

// send begins a phase of a run that sends: a reading between its rows is over.
func (t *tracker) send(now time.Time, phase Phase) {
	t.begin(now, phase)
	if t.s.Sends {
		t.reading = false
	}
}

// plan takes in what each row would do, and how the rows stand.
func (t *tracker) plan(p *plan.Plan, counts map[result.Status]int) {
	t.s.Updates = p.Updates()
	t.count(counts)
}

// count takes over how the rows of the whole input stand.
func (t *tracker) count(counts map[result.Status]int) {
	t.s.Counts, t.began = maps.Clone(counts), maps.Clone(counts)
	if t.s.Counts == nil {
		t.s.Counts = map[result.Status]int{}
	}
}

// start begins to send.
func (t *tracker) start(now time.Time, e event.Started) {
	t.begin(now, PhaseSending)
	t.count(e.Counts)
	t.s.Sends, t.reading = true, false
	t.again = maps.Clone(e.Again)
	t.rows = tally{started: now, total: e.Rows, at: pace{since: now}}
	t.s.Updates = max(t.s.Updates, e.Rows)
}

// attempted counts a request.
func (t *tracker) attempted(a client.Attempt) {
	if t.s.ByEndpoint == nil {
		t.s.ByEndpoint, t.s.ByStatus = map[client.Endpoint]int{}, map[int]int{}
	}
	t.s.Requests++
	t.s.ByEndpoint[a.Endpoint]++
	t.s.ByStatus[a.HTTPStatus]++
	// A request that left ends what all wait for since before, except an outage,
	// which it may probe.
	maps.DeleteFunc(t.waits, func(reason client.WaitReason, w client.Wait) bool {
		return reason != client.WaitOutage && a.Start.After(w.Since)
	})
}

// wait keeps the last wait of each kind.
func (t *tracker) wait(w client.Wait) {
	t.waited.wait(w)
	if w.Over {
		delete(t.waits, w.Reason)
		return
	}
	if t.waits == nil {
		t.waits = map[client.WaitReason]client.Wait{}
	}
	t.waits[w.Reason] = w
}

// held keeps a hold until it is over.
func (t *tracker) held(now time.Time, h event.Held) {
	t.waited.held(now, h)
	delete(t.waits, client.WaitHold) // what the requests tell of it
	delete(t.holds, h.Name)
	if h.Over {
		return
	}
	if t.holds == nil {
		t.holds = map[string]event.Held{}
	}
	t.holds[h.Name] = h
}

// finish counts a row, unless the run stopped before it. A row that was pending
// or in doubt was counted before.
func (t *tracker) finish(now time.Time, e event.Finished) {
	delete(t.again, e.Line)
	if t.s.Counts == nil {
		t.s.Counts = map[result.Status]int{}
	}
	if t.s.Counts[e.Was]--; t.s.Counts[e.Was] <= 0 {
		delete(t.s.Counts, e.Was)
	}
	t.s.Counts[e.Status]++
	if e.Status == result.Failed || e.Status == result.Unknown || e.Status == result.Conflict {
		t.s.Failures = slices.Insert(t.s.Failures[:min(len(t.s.Failures), keptFailures-1)], 0, RowOf(now, e.Result))
	}
	if again := e.Was == result.Pending || e.Was == result.Unknown || e.Was == result.Failed; !again && e.Status != result.NotAttempted {
		t.rows.add(now)
	}
}

// end takes in the end of the run: what is planned still is not sent any more.
func (t *tracker) end(now time.Time, e event.Ended) {
	t.begin(now, PhaseEnded)
	t.s.EndedAt = e.At
	if e.Stop.Early() {
		t.s.Stop = e.Stop
	}
	if e.At.IsZero() {
		e.At = now
	}
	t.waited.end(e.At)
}

// allow takes in the rate of all requests.
func (t *tracker) allow(rate client.Rate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Allowed = rate
}

// hold returns the hold of a name, if there is one.
func (t *tracker) hold(name string) (event.Held, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h, is := t.holds[name]
	return h, is
}

// waveHeld is the hold of a wave, or none.
func (t *tracker) waveHeld() event.Held {
	h, _ := t.hold("")
	return h
}

// holding are the holds of all requests, the oldest first.
func (t *tracker) holding() []event.Held {
	t.mu.Lock()
	defer t.mu.Unlock()
	held := slices.SortedFunc(maps.Values(t.holds), func(a, b event.Held) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name))
	})
	return slices.DeleteFunc(held, func(h event.Held) bool { return h.Name == "" })
}

// status is where the run stands, as far as events tell it.
func (t *tracker) status(now time.Time) *Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := new(t.s)
	s.At, s.Step = now, cmp.Or(t.s.Step, PhaseStarting)
	s.Phase, s.Since = s.Step, t.since
	switch s.Step {
	case PhaseStopping:
		s.Why = s.Stop.Text()
	case PhaseAsking:
		s.Why = t.asked
	}
	s.Counts, s.Again, s.Finished = t.counts()
	s.Failures, s.Verified = slices.Clone(t.s.Failures), maps.Clone(t.s.Verified)
	s.ByEndpoint, s.ByStatus, s.Waited = map[client.Endpoint]int{}, map[int]int{}, t.waited.at(now)
	maps.Copy(s.ByEndpoint, t.s.ByEndpoint)
	maps.Copy(s.ByStatus, t.s.ByStatus)
	if t.s.Sends {
		s.Done = t.done()
	}
	if outage, down := t.waits[client.WaitOutage]; down && s.Step != PhaseStopping && s.Step != PhaseEnded {
		s.Phase, s.Since, s.Until = PhaseWaiting, outage.Since, outage.Until
		s.Why = "the API is down: " + outage.Detail
	}
	s.Wait = t.waiting(now)
	s.Progress = t.progress(now)
	return s
}

// counts is how the rows of the whole input stand, those among them that are to be
// sent again, and those that this execution brought to an end.
func (t *tracker) counts() (counts, again, finished map[result.Status]int) {
	counts, again, finished = maps.Clone(t.s.Counts), map[result.Status]int{}, map[result.Status]int{}
	if counts == nil {
		counts = map[result.Status]int{}
	}
	for status, n := range counts {
		if more := n - t.began[status]; status != result.Planned && more > 0 {
			finished[status] = more
		}
	}
	for _, status := range t.again {
		again[status]++
	}
	if t.s.Step != PhaseEnded || t.s.Run.DryRun {
		return counts, again, finished
	}
	left := counts[result.Planned]
	delete(counts, result.Planned)
	for status, n := range again { // they stay as they were
		counts[status] += n
		left -= n
	}
	if left > 0 {
		counts[result.NotAttempted] += left
	}
	return counts, nil, finished
}

// waiting is the wait that holds most, if it still lasts.
func (t *tracker) waiting(now time.Time) client.Wait {
	if names := slices.Sorted(maps.Keys(t.holds)); len(names) > 0 {
		h := t.holds[names[0]]
		return client.Wait{Reason: h.Wait(), Since: h.Since, Until: h.Until, Detail: h.Why}
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

// progress is how far the rows, or the requests of a reading, are.
func (t *tracker) progress(now time.Time) Progress {
	of := t.present()
	p := Progress{Reading: t.reading, Done: of.done, Total: of.total}
	if of.started.IsZero() {
		return p
	}
	elapsed := now.Sub(of.started)
	p.Average = perMinute(float64(of.done), elapsed)
	p.Rate = of.finished.rate(now, min(elapsed, rateSpan))
	return p
}
