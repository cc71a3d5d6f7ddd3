package model

import (
	"slices"
	"strings"
)

// The laws of what is taken out of the store, and comes back.
const (
	// Cleared: what can be taken out of the store is taken out whole, and what is kept
	// stays as it is.
	Cleared Law = "what is removed is gone, and nothing else is"
	// BackAgain: a run that was archived and restored is what it was, in its place.
	BackAgain Law = "a run that was restored is as it was"
)

// archived is what the archive of a run has.
type archived struct {
	open bool
	told string
}

// clear prunes, deletes or restores.
func (w *world) clear(m Move) {
	name := ""
	r := w.meant(m)
	if r != nil {
		name = r.name
	}
	if r == nil && m.Action != Prune {
		return
	}
	w.meets(m.Action, nil)
	defer w.mend()
	told := map[*run]string{}
	for _, r := range w.runs {
		text, err := w.durable.told(w.t.Context(), r.name)
		if err != nil && w.undamaged == nil {
			w.broken(Whole, "%s: %v", m.Action, err)
			return
		}
		told[r] = text
	}
	w.changes++
	err := w.durable.clear(w.t.Context(), m, name)
	if err != nil && w.undamaged != nil && asUnwell(err) {
		return
	}
	there, listed := w.durable.names(w.t.Context())
	if listed != nil && w.undamaged != nil && asUnwell(listed) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case listed != nil:
		w.broken(Whole, "%s: %v", m.Action, listed)
	case m.Action == Restore:
		w.isBack(r, there, told, err)
	case err != nil:
		w.broken(Whole, "%s: %v", m.Action, err)
	default:
		w.isCleared(m, there, told)
	}
}

// meant is the run that a move takes out or brings back; nil: there is none, or it
// is not about one.
func (w *world) meant(m Move) *run {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m.Action {
	case Delete:
		return w.newest(m.Run, func(*run) bool { return true })
	case Restore:
		var packed []*run
		for _, r := range w.runs {
			if r.archived != nil {
				packed = append(packed, r)
			}
		}
		if len(packed) > 0 {
			return packed[len(packed)-1-m.Run%len(packed)]
		}
	}
	return nil
}

// isCleared takes in which runs are gone.
func (w *world) isCleared(m Move, there []string, told map[*run]string) {
	for _, r := range w.runs {
		if r.gone || slices.Contains(there, r.name) {
			continue
		}
		if r.kind == back && slices.Contains(there, r.of.name) && len(r.requests) > 0 {
			w.broken(Kept, "%s has removed %s, and not %s, which it rolled back", m.Action, r.name, r.of.name)
		}
		if m.Told.Archive && told[r] != "" {
			r.archived = &archived{open: r.open, told: told[r]}
			w.count.happened("archived by " + string(m.Action))
		}
		r.gone, r.open = true, false
		w.count.happened("removed by " + string(m.Action))
	}
}

// isBack takes in a run that was brought back, or was not because what took it back
// is not there.
func (w *world) isBack(r *run, there []string, told map[*run]string, err error) {
	missing := slices.ContainsFunc(w.runs, func(b *run) bool { return b.of == r && b.gone })
	if missing && asRolledBack(err) {
		w.count.happened("not restored without its rollback")
		return
	}
	if asRefused(err) && r.began.Before(w.gap) { // a salvaged store may have lost the order in which runs were
		w.count.happened("not restored after a gap")
		return
	}
	if err != nil {
		w.broken(BackAgain, "%s: %v", r.name, err)
		return
	}
	w.count.happened("restored")
	for _, b := range w.runs {
		known := slices.ContainsFunc(b.requests, func(q *request) bool { return !q.forgotten })
		if b.of == r && b.gone && known {
			w.broken(Kept, "%s is back, and %s, which took it back, is not", r.name, b.name)
		}
	}
	if !slices.Contains(there, r.name) || !slices.IsSortedFunc(there, strings.Compare) {
		w.broken(BackAgain, "%s is back, and the runs are %s", r.name, strings.Join(there, ", "))
	}
	for _, other := range w.runs {
		was := told[other]
		if other == r {
			was = r.archived.told
		}
		is, err := w.durable.told(w.t.Context(), other.name)
		if err != nil || is != was {
			w.broken(BackAgain, "%s is back, and %s was\n%sand is\n%s(%v)", r.name, other.name, was, is, err)
		}
	}
	r.gone, r.open, r.archived = false, r.archived.open, nil
}
