package log

import (
	"path/filepath"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch/event"
)

// RunName adds the run's name to every line of the log, once it is known: a run
// gets its name from the time at which its folder is made.
type RunName struct{ name atomic.Pointer[string] }

// NewRunName returns a name that is known already, or is none yet.
func NewRunName(name string) *RunName {
	r := &RunName{}
	if name != "" {
		r.name.Store(&name)
	}
	return r
}

// Run is the logger's hook.
func (r *RunName) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	if name := r.name.Load(); name != nil {
		e.Str(FieldRun, *name)
	}
}

// Listen takes the name from the folder's, unless it was given.
func (r *RunName) Listen(e event.Event) {
	if e, ok := e.(event.Began); ok {
		r.name.CompareAndSwap(nil, new(filepath.Base(e.Folder)))
	}
}
