package runs

import (
	"context"
	"fmt"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// AtOnce is how many rows are looked up together.
const AtOnce = 5000

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
