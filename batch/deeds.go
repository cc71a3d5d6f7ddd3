package batch

import (
	"context"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// deed is what a run did to a number, or may have done.
type deed struct {
	store.Write
	run *Run
}

// isCutover reports whether later runs of other jobs may not take back what the
// run changed. A rollback is none, whether it has waves or not.
func (i Identity) isCutover() bool { return i.Waves != "" && i.RollbackOf == "" }

// deeds gives what runs did to numbers, or may have done, in the order in which it
// was done.
func (f RunsFolder) deeds(ctx context.Context, filter store.WriteFilter, each func(deed)) error {
	return f.attempts(ctx, filter, func(d deed) {
		if d.MayStand() {
			each(d)
		}
	})
}

// attempts gives, beside the deeds, what was sent and refused. Each run is
// identified once.
func (f RunsFolder) attempts(ctx context.Context, filter store.WriteFilter, each func(deed)) error {
	runs := map[store.RunID]*Run{}
	for w, err := range f.Store.Writes(ctx, filter) {
		if err != nil {
			return err
		}
		run := runs[w.Run.ID]
		if run == nil {
			if run, err = f.identify(w.Run); err != nil {
				return err
			}
			runs[w.Run.ID] = run
		}
		each(deed{Write: w, run: run})
	}
	return nil
}

// wrote is the field of a deed, if it was sent.
func (d deed) wrote(field string) (settings.Change, bool) {
	for _, c := range d.Changes {
		if c.Field == field {
			return c, true
		}
	}
	return settings.Change{}, false
}
