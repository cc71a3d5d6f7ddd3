package batch

import (
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// execution is an engine, as its control has something done by it.
type execution struct{ *engine }

// Gate is of [control.Execution].
func (e execution) Gate() *client.Gate { return e.gate() }

// Emit is of [control.Execution].
func (e execution) Emit(told event.Event) { e.emit(told) }

// Record is of [control.Execution].
func (e execution) Record(asked event.Commanded) {
	if err := e.log.Milestone(store.Commanded, asked.At, asked); err != nil {
		e.stop(err)
	}
}

// schedule is what the forecast of the execution is made of.
func (e *engine) schedule() control.Schedule {
	return control.Schedule{Deadline: e.cfg.Deadline, Overhead: *e.cfg.overhead(nil, 0)}
}

// gate is the gate of all requests of the run.
func (e *engine) gate() *client.Gate { return e.cfg.Reader.Gate() }
