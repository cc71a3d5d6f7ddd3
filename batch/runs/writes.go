package runs

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Write is what a run did to a number, or may have done.
type Write struct {
	store.Write
	By *Run
}

// Writes gives what runs did to numbers, or may have done, in the order in which it was done.
func (f Folder) Writes(ctx context.Context, filter store.WriteFilter, each func(Write)) error {
	return f.Attempts(ctx, filter, func(d Write) {
		if d.MayStand() {
			each(d)
		}
	})
}

// Attempts gives, beside the writes, what was sent and refused. Each run is identified once.
func (f Folder) Attempts(ctx context.Context, filter store.WriteFilter, each func(Write)) error {
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
		each(Write{Write: w, By: run})
	}
	return nil
}

// Wrote is the field of a write, if it was sent.
func (d Write) Wrote(field string) (settings.Change, bool) {
	for _, c := range d.Changes {
		if c.Field == field {
			return c, true
		}
	}
	return settings.Change{}, false
}

// KnownFields finds what earlier runs tell of fields that the API does not show. wanted has the numbers, each with
// its write-only fields. A field counts as known when the last update that had it, of any run of the account, has the
// API's answer; and nobody may have changed it since, unrecorded: what was lost by that is told.
func (f Folder) KnownFields(
	ctx context.Context, of store.Run, wanted map[string][]string,
) (known map[string]map[string]string, lost string, err error) {
	gap, err := f.LastGap(ctx, of.Account.ID)
	if err != nil {
		return nil, "", err
	}
	forgotten := map[string]struct{}{}
	known = map[string]map[string]string{}
	filter := store.WriteFilter{Account: of.Account.ID, Numbers: slices.Sorted(maps.Keys(wanted)), Except: of.ID}
	err = f.Attempts(ctx, filter, func(d Write) { // in their order: the last one counts
		for _, field := range wanted[d.Number] {
			c, set := d.Wrote(field)
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
	if len(forgotten) > 0 {
		lost = fmt.Sprintf("write-only fields of %s are not known any more: %s",
			CountNumbers(len(forgotten)), gap.Why)
	}
	return known, lost, err
}

// LastGap is the last moment at which somebody may have done anything to any number of an account, unrecorded; zero:
// there is none.
func (f Folder) LastGap(ctx context.Context, account store.AccountID) (last store.Gap, err error) {
	gaps, err := f.Store.Gaps(ctx, account)
	for _, g := range gaps {
		if g.Sequence > last.Sequence {
			last = g
		}
	}
	return last, err
}

// NoteGap tells, in the first run of a job after a gap, what is not known any more.
func (f Folder) NoteGap(ctx context.Context, of store.Run) ([]plan.Note, error) {
	gap, err := f.LastGap(ctx, of.Account.ID)
	if err != nil || gap.Sequence == 0 {
		return nil, err
	}
	runs, err := f.Siblings(ctx, of)
	if err != nil {
		return nil, err
	}
	for _, earlier := range runs {
		if earlier.Sequence > gap.Sequence {
			return nil, nil
		}
	}
	return []plan.Note{{Detail: gap.Why + " since this job last ran: cutovers that the store does not have protect nothing, " +
		"so see first whether this file would undo one"}}, nil
}

// TouchedLater returns whether another run may have sent a number after this one was planned: also runs that had
// begun before, and were resumed. When it is not known what was done, why says so, and any number may have been.
func (r *Run) TouchedLater(ctx context.Context) (touched func(number string) bool, why string, err error) {
	gap, err := r.In.LastGap(ctx, r.Stored.Account.ID)
	if err != nil {
		return nil, "", err
	}
	if gap.Sequence > r.Stored.Sequence {
		return func(string) bool { return true }, gap.Why, nil
	}
	others, err := activeSince(ctx, r)
	if err != nil {
		return nil, "", err
	}
	numbers := map[string]struct{}{}
	for _, other := range others {
		filter := store.WriteFilter{Run: other, After: r.Stored.Sequence}
		if err := r.In.Writes(ctx, filter, func(d Write) { numbers[d.Number] = struct{}{} }); err != nil {
			return nil, "", err
		}
	}
	return Among(numbers), "", nil
}

// activeSince are the account's other runs that did something after the run was entered, or may have: their last step
// came later, or is not an end.
func activeSince(ctx context.Context, r *Run) ([]store.RunID, error) {
	others, err := r.In.Store.Runs(ctx, store.RunFilter{Account: r.Stored.Account.ID, Except: r.Stored.ID})
	if err != nil {
		return nil, err
	}
	rows := make([]store.RowOf, len(others))
	for i, other := range others {
		rows[i] = store.RowOf{Run: other.ID}
	}
	told, err := r.In.Store.RowFacts(ctx, rows)
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
		if !ended || steps[len(steps)-1].Sequence > r.Stored.Sequence {
			active = append(active, row.Run)
		}
	}
	return active, nil
}

// Forgets reports whether the run may have sent rows of which the store has nothing, because an older copy of it was
// put back.
func (r *Run) Forgets(gap store.Gap) bool { return r.Plan != nil && gap.Sequence > r.PlannedAt }

// CountNumbers is how many numbers there are, in words.
func CountNumbers(numbers int) string {
	if numbers == 1 {
		return "1 number"
	}
	return fmt.Sprintf("%d numbers", numbers)
}

// Among reports of a number whether it is one of these.
func Among(numbers map[string]struct{}) func(number string) bool {
	return func(number string) bool {
		_, ok := numbers[number]
		return ok
	}
}
