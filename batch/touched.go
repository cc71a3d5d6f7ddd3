package batch

import (
	"fmt"
	"os"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

// touchedLater returns whether another run sent a number after this one began:
// also runs that had begun before, and were resumed. A run that cannot be read
// may have sent any number.
func (e *engine) touchedLater(run *Run) func(number string) bool {
	touched := map[string]struct{}{}
	err := nameless(e.cfg.RunsDir, run.StartedAt)
	for _, other := range others(e.cfg.RunsDir, *e.me) {
		if err == nil {
			err = other.eachIntent(run.StartedAt, func(number string) { touched[number] = struct{}{} })
		}
	}
	if err != nil {
		e.emit(Noticed{Detail: fmt.Sprintf("every row not yet sent is read again first, because a run cannot be read: %v", err)})
	}
	return func(number string) bool {
		_, ok := touched[number]
		return ok || err != nil
	}
}

// eachIntent gives the numbers for which a run's requests may have left after a
// time.
func (r *Run) eachIntent(since time.Time, each func(number string)) error {
	if !writtenSince(r.dir, since) {
		return nil
	}
	_, err := rundir.Replay(r.dir.File(rundir.JournalFile), func(entry rundir.Entry) error {
		rec, err := decode(entry)
		if err == nil && rec.Kind == kindIntent && rec.At.After(since) {
			each(rec.Intent.Number)
		}
		return err
	})
	return err
}

// writtenSince reports whether a run's journal was written after a time, as far
// as can be told.
func writtenSince(dir *rundir.Dir, since time.Time) bool {
	info, err := os.Stat(dir.File(rundir.JournalFile))
	return err != nil || !info.ModTime().Before(since)
}
