package write

import (
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/store"
)

// awayAfter is for how long a commit may last before those who watch are told that nothing can be recorded: longer than
// a busy disk takes.
const awayAfter = 2 * time.Second

// alarm tells those who watch of commits that take too long. It is safe for concurrent use.
type alarm struct {
	mu      sync.Mutex
	hearers []*func(store.Away)
	commits int        // how many have ended
	away    store.Away // zero: it is not
}

// Watch is of [store.Waiter].
func (w *Writer) Watch(hear func(store.Away)) (stop func()) {
	a := &w.alarm
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hearers = append(a.hearers, &hear)
	if !a.away.Since.IsZero() || a.away.Ended != nil {
		hear(a.away)
	}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		for i, other := range a.hearers {
			if other == &hear {
				a.hearers = append(a.hearers[:i:i], a.hearers[i+1:]...)
				return
			}
		}
	}
}

// watched commits, and tells those who watch if that takes too long, and of what ends the writing for good: what was to be
// committed may be of nobody who ends the run, such as a probe.
func (w *Writer) watched(commit func()) {
	a, began := &w.alarm, time.Now()
	a.mu.Lock()
	commits := a.commits
	a.mu.Unlock()
	late := time.AfterFunc(awayAfter, func() {
		why := w.o.Session.Waits()
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.commits == commits {
			w.tell(store.Away{Since: began, Why: why})
		}
	})
	commit()
	late.Stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.commits++
	switch is := a.away; {
	case w.dead != nil && is.Ended == nil:
		is.Ended = w.dead
		w.tell(is)
	case w.dead == nil && !is.Since.IsZero():
		is.Over = true
		w.tell(is)
		a.away = store.Away{}
	}
}

// tell tells all who watch; the caller holds the alarm's mu.
func (w *Writer) tell(away store.Away) {
	w.alarm.away = away
	for _, hear := range w.alarm.hearers {
		(*hear)(away)
	}
	if len(w.alarm.hearers) == 0 && w.o.Unheard != nil {
		w.o.Unheard(away)
	}
}
