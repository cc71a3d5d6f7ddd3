package watch

import (
	"path/filepath"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch"
)

// runName adds the run's name to every line of the log, once it is known: a run
// gets its name from the time at which its folder is made.
type runName struct{ name atomic.Pointer[string] }

func newRunName(name string) *runName {
	r := &runName{}
	if name != "" {
		r.name.Store(&name)
	}
	return r
}

// Run is the logger's hook.
func (r *runName) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	if name := r.name.Load(); name != nil {
		e.Str(FieldRun, *name)
	}
}

// listen takes the name from the folder's, unless it was given.
func (r *runName) listen(event batch.Event) {
	if e, ok := event.(batch.Began); ok {
		r.name.CompareAndSwap(nil, new(filepath.Base(e.Folder)))
	}
}
