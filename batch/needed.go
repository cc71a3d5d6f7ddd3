package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// needs says why runs are needed by later ones, by id. The runs come newest first.
func (f RunsFolder) needs(ctx context.Context, runs []*Run) (reasons, error) {
	why := reasons{}
	type job struct {
		name    string
		account store.AccountID
	}
	compared := map[job]bool{}
	accounts := map[store.AccountID]bool{}
	for _, run := range runs {
		if run.Identity.Sandbox {
			continue // the next one has another sandbox
		}
		accounts[run.is.Account.ID] = true
		of := job{run.is.Job, run.is.Account.ID}
		if run.canBePrevious() && !compared[of] {
			compared[of] = true
			why.add(run.is.ID, "it is the job's newest that was applied, which guards compare the next one with")
		}
	}
	hidden, err := f.hiddenFields(ctx, slices.Sorted(maps.Keys(accounts)))
	if err != nil {
		return nil, err
	}
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		if err := f.tellers(ctx, account, hidden, why); err != nil {
			return nil, err
		}
	}
	why.addRollbacks(runs)
	return why, nil
}

// reasons say why runs are kept, by id.
type reasons map[store.RunID][]string

func (r reasons) add(run store.RunID, why string) { r[run] = append(r[run], why) }

// addRollbacks keeps a rollback as long as its origin is kept, and an origin as
// long as a rollback of it is not over: without the one, the other would be gone
// on with as if nothing had been taken back. Runs that are kept for another reason
// are in the reasons, or not over.
func (r reasons) addRollbacks(runs []*Run) {
	byID := map[store.RunID]*Run{}
	for _, run := range runs {
		byID[run.is.ID] = run
	}
	for changed := true; changed; {
		changed = false
		for _, run := range runs {
			origin := byID[run.is.RollbackOf]
			if origin == nil {
				continue
			}
			if r.keeps(origin) && len(r[run.is.ID]) == 0 {
				r.add(run.is.ID, "it took back rows of run "+origin.is.Name+", which is kept")
				changed = true
			}
			if state := run.StateNow(); !state.over() && len(r[origin.is.ID]) == 0 {
				r.add(origin.is.ID, "run "+run.is.Name+", which takes it back, is "+string(state))
				changed = true
			}
		}
	}
}

// keeps reports whether a run is kept for a reason, or because it is not over.
func (r reasons) keeps(run *Run) bool { return len(r[run.is.ID]) > 0 || !run.StateNow().over() }

// countOf is how many numbers there are, in words.
func countOf(numbers int) string {
	if numbers == 1 {
		return "1 number"
	}
	return fmt.Sprintf("%d numbers", numbers)
}

// hiddenFields are the fields that the API does not show: those of the table,
// and those that some plan found hidden, and sent.
func (f RunsFolder) hiddenFields(ctx context.Context, accounts []store.AccountID) (map[string]bool, error) {
	hidden := map[string]bool{}
	for _, field := range settings.Fields() {
		hidden[field.Name] = !field.Shown
	}
	for _, account := range accounts {
		err := f.attempts(ctx, store.WriteFilter{Account: account}, func(d deed) {
			if d.run.Identity.All {
				return // it read nothing, so that it found nothing hidden
			}
			for _, change := range d.Changes {
				hidden[change.Field] = hidden[change.Field] || change.Hidden
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return hidden, nil
}

// tellers adds the runs of an account that tell something which no newer run
// tells: what the API does not show, and whether cutovers still protect.
func (f RunsFolder) tellers(ctx context.Context, account store.AccountID, hidden map[string]bool, why reasons) error {
	told := map[store.RunID]*telling{}
	protects := protecting{}
	var of memory
	var attempts []deed
	number := ""
	end := func() {
		protects.count(&of, number)
		tellsLast(attempts, hidden, told)
		of, attempts = memory{}, attempts[:0]
	}
	err := f.attempts(ctx, store.WriteFilter{Account: account}, func(d deed) { // number by number
		if d.Number != number {
			end()
			number = d.Number
		}
		attempts = append(attempts, d)
		if d.MayStand() {
			of.take(d)
		}
	})
	if err != nil {
		return err
	}
	end()
	for id, t := range told {
		why.add(id, fmt.Sprintf("it tells what the API does not show: %s of %s", strings.Join(slices.Sorted(maps.Keys(t.fields)), ", "), countOf(t.numbers)))
	}
	protects.explain(why)
	return nil
}

// telling is of how many numbers a run tells something that no newer one does.
type telling struct {
	numbers int
	fields  map[string]struct{}
}

// tellsLast notes which runs were the last to send hidden fields of a number.
func tellsLast(attempts []deed, hidden map[string]bool, told map[store.RunID]*telling) {
	sent, counted := map[string]bool{}, map[store.RunID]bool{}
	for _, d := range slices.Backward(attempts) {
		for _, c := range d.Changes {
			if !hidden[c.Field] || sent[c.Field] {
				continue
			}
			sent[c.Field] = true
			t := told[d.run.is.ID]
			if t == nil {
				t = &telling{fields: map[string]struct{}{}}
				told[d.run.is.ID] = t
			}
			t.fields[c.Field] = struct{}{}
			if !counted[d.run.is.ID] {
				counted[d.run.is.ID] = true
				t.numbers++
			}
		}
	}
}
