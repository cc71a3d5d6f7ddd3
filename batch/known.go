package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// knownFields finds what earlier runs tell of fields that the API does not
// show. wanted has the numbers, each with its hidden fields. A field counts as
// known when the last update that had it, of any run of the account, has the
// API's answer; and nobody may have changed it since, unrecorded.
func (e *engine) knownFields(ctx context.Context, wanted map[string][]string) (map[string]map[string]string, error) {
	gap, err := e.lastGap(ctx)
	if err != nil {
		return nil, err
	}
	forgotten := map[string]struct{}{}
	known := map[string]map[string]string{}
	filter := store.WriteFilter{Account: e.is.Account.ID, Numbers: slices.Sorted(maps.Keys(wanted)), Except: e.is.ID}
	err = e.cfg.runs().attempts(ctx, filter, func(d deed) { // in their order: the last one counts
		for _, field := range wanted[d.Number] {
			c, set := d.wrote(field)
			switch {
			case !set:
			case d.Status != result.Updated || d.Done < gap.Sequence:
				delete(known[d.Number], field)
				if d.Status == result.Updated {
					forgotten[d.Number] = struct{}{}
				}
			case known[d.Number] == nil:
				known[d.Number] = map[string]string{field: c.New}
			default:
				known[d.Number][field] = c.New
			}
		}
	})
	for number, fields := range known {
		if len(fields) == len(wanted[number]) {
			delete(forgotten, number)
		}
	}
	if err == nil && len(forgotten) > 0 {
		e.emit(event.Noticed{Detail: fmt.Sprintf("what the API does not show of %s is not known any more: %s", countOf(len(forgotten)), gap.Why)})
	}
	return known, err
}

// lastGap is the last moment at which somebody may have done anything to any
// number, unrecorded; zero: there is none.
func (e *engine) lastGap(ctx context.Context) (store.Gap, error) {
	return e.cfg.runs().lastGap(ctx, e.is.Account.ID)
}

func (f RunsFolder) lastGap(ctx context.Context, account store.AccountID) (last store.Gap, err error) {
	gaps, err := f.Store.Gaps(ctx, account)
	for _, g := range gaps {
		if g.Sequence > last.Sequence {
			last = g
		}
	}
	return last, err
}

// noteGap tells, in the first run of a job after a gap, what is not known any more.
func (e *engine) noteGap(ctx context.Context) ([]plan.Note, error) {
	gap, err := e.lastGap(ctx)
	if err != nil || gap.Sequence == 0 {
		return nil, err
	}
	runs, err := e.cfg.Store.Runs(ctx, store.RunFilter{Account: e.is.Account.ID, Job: e.me.Job, Except: e.is.ID})
	if err != nil {
		return nil, err
	}
	for _, earlier := range runs {
		if earlier.Sequence > gap.Sequence {
			return nil, nil
		}
	}
	return []plan.Note{{Detail: gap.Why + " since this job last ran: cutovers that the store does not have protect nothing, so see first whether this file would undo one"}}, nil
}

// touchedLater returns whether another run may have sent a number after this one
// was planned: also runs that had begun before, and were resumed. When it is not
// known what was done, any number may have been.
func (e *engine) touchedLater(ctx context.Context, run *Run) (func(number string) bool, error) {
	gap, err := e.lastGap(ctx)
	if err != nil {
		return nil, err
	}
	if gap.Sequence > run.is.Sequence {
		e.emit(event.Noticed{Detail: "every row not yet sent is read again first, because it is not known what was done meanwhile: " + gap.Why})
		return func(string) bool { return true }, nil
	}
	others, err := e.activeSince(ctx, run)
	if err != nil {
		return nil, err
	}
	touched := map[string]struct{}{}
	for _, other := range others {
		filter := store.WriteFilter{Run: other, After: run.is.Sequence}
		if err := e.cfg.runs().deeds(ctx, filter, func(d deed) { touched[d.Number] = struct{}{} }); err != nil {
			return nil, err
		}
	}
	return in(touched), nil
}

// activeSince are the account's other runs that did something after a run was
// entered, or may have: their last step came later, or is not an end.
func (e *engine) activeSince(ctx context.Context, run *Run) ([]store.RunID, error) {
	others, err := e.cfg.Store.Runs(ctx, store.RunFilter{Account: e.is.Account.ID, Except: e.is.ID})
	if err != nil {
		return nil, err
	}
	rows := make([]store.RowOf, len(others))
	for i, other := range others {
		rows[i] = store.RowOf{Run: other.ID}
	}
	told, err := e.cfg.Store.Told(ctx, rows)
	if err != nil {
		return nil, err
	}
	var active []store.RunID
	for _, row := range rows {
		if err := told[row].Err; err != nil {
			return nil, err
		}
		steps := told[row].Steps
		ended := len(steps) > 0 && steps[len(steps)-1].Kind == store.Ended
		if !ended || steps[len(steps)-1].Sequence > run.is.Sequence {
			active = append(active, row.Run)
		}
	}
	return active, nil
}
