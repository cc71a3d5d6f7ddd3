package watchtest

import (
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/report/watch"
)

// Tell is a listener that is told the events of a run, as the engine tells them:
// the run's status has taken an event in before the listener is told of it.
func Tell(run *control.Control, listen event.Listener) event.Listener {
	return func(e event.Event) {
		run.Observe(time.Now(), e)
		listen(e)
	}
}

// Watcher is a watcher of a run of its own.
type Watcher struct {
	*watch.Watcher
	run *control.Control
}

// Watch begins to watch a run.
func Watch(o watch.Options) Watcher {
	run := control.New()
	o.Status = run.Status
	return Watcher{watch.Start(o), run}
}

// Listen tells an event of the run.
func (w Watcher) Listen(e event.Event) { Tell(w.run, w.Watcher.Listen)(e) }
