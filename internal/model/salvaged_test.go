package model

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// Salvaged: of a damaged store each run comes over as it was, or it is told that it
// is lost, and that anything may have been done.
const Salvaged Law = "what is salvaged is as it was, and what is lost is told"

// salvage damages the store, salvages it, and goes on with what came of that.
func (w *world) salvage(b Byte) {
	path := w.durable.database(b.WAL)
	if _, err := os.Lstat(path); err != nil {
		path = w.durable.database(false)
	}
	if _, err := os.Lstat(path); err != nil {
		return // there is no store yet
	}
	was := map[*run]string{}
	for _, r := range w.runs {
		told, err := w.durable.told(w.t.Context(), r.name)
		if err != nil {
			w.broken(Whole, "salvage: %v", err)
			return
		}
		was[r] = told
	}
	if err := w.copier.harm(path, b); err != nil {
		w.fatal(err)
	}
	w.changes++
	next := w.durable
	next.folder = "runs-" + strconv.Itoa(w.copies)
	w.copies++
	brought, lost, gap, err := w.durable.salvage(w.t.Context(), next.runs())
	if err != nil {
		w.broken(Salvaged, "%s, %+v: %v", filepath.Base(path), b, err)
		return
	}
	w.moveTo(next)
	time.Sleep(time.Second)
	if err := w.durable.opens(w.t.Context()); err != nil {
		w.broken(Salvaged, "the new store: %v", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isSalvaged(b, was, brought, lost, gap)
}

// moveTo goes on with another runs folder, into which the archives are moved.
func (w *world) moveTo(next durable) {
	archives, err := filepath.Glob(filepath.Join(w.durable.runs(), "*"+runs.ArchiveSuffix))
	for _, path := range archives {
		err = errors.Join(err, os.Rename(path, filepath.Join(next.runs(), filepath.Base(path))))
	}
	err = errors.Join(err, os.RemoveAll(w.durable.runs()), os.Remove(w.durable.link()), os.Symlink(next.folder, next.link()))
	if err != nil {
		w.fatal(err)
	}
	w.durable = next
}

// isSalvaged takes in what came over; the caller has mu.
func (w *world) isSalvaged(b Byte, was map[*run]string, brought, lost []string, gap bool) {
	w.count.happened("salvaged, with a gap: " + fmt.Sprint(gap))
	w.count.happened("salvaged after: " + cmp.Or(string(b.Harm), "a flipped bit"))
	if gap {
		w.gap = time.Now()
	}
	if len(lost) > 0 && !gap {
		w.broken(Salvaged, "%s are lost, and there is no gap", strings.Join(lost, ", "))
	}
	for _, r := range w.runs {
		told, err := w.durable.told(w.t.Context(), r.name)
		switch {
		case err != nil:
			w.broken(Salvaged, "%s: %v", r.name, err)
		case told == was[r]:
			if told != "" && !slices.Contains(brought, r.name) {
				w.broken(Salvaged, "%s came over, and is not told", r.name)
			}
			continue
		case !gap:
			w.broken(Salvaged, "there is no gap, and %s was\n%sand is\n%s", r.name, was[r], told)
		case told != "" && slices.Contains(lost, r.name):
			w.broken(Salvaged, "%s came over, and is told to be lost", r.name)
		}
		w.count.happened("salvaged as another")
		w.forgetLost(r)
	}
}

// forgetLost takes in what a salvaged store still knows of a run that was not whole:
// nothing, or what it was before.
func (w *world) forgetLost(r *run) {
	told, err := w.durable.reportOf(w.t.Context(), r.name)
	if err != nil || told == nil {
		r.gone, r.open = true, false
		for _, q := range r.requests {
			q.forgotten = true
		}
		return
	}
	r.open, r.plannedAt = !told.done, told.plannedAt
	before := r.status
	r.status = map[int]result.Status{}
	for _, row := range told.rows {
		for n := range w.past {
			if row.Number == number(n) {
				r.status[n] = row.Status
			}
		}
	}
	for _, q := range r.requests {
		if r.status[q.number] != before[q.number] {
			q.forgotten = true
		}
	}
}
