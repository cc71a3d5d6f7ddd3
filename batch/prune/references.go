package prune

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// references are why runs are needed by later ones.
type references struct {
	// runs are all that can be read, the newest first; goes are those that may go.
	runs []*runs.Run
	goes map[store.RunID]bool
	// damage is, by account, why nobody knows what its runs are needed for.
	damage map[store.AccountID]error
	why    reasons
}

// damaged notes what is damaged of an account, and returns every other error.
func (n *references) damaged(account store.AccountID, err error) error {
	if len(runs.Damages(err)) == 0 {
		return err
	}
	n.damage[account] = err
	return nil
}

// find finds the reasons.
func (n *references) find(ctx context.Context, f runs.Folder) error {
	compared := map[jobOf]bool{}
	accounts := map[store.AccountID]bool{}
	for _, run := range n.runs {
		accounts[run.Stored.Account.ID] = true
		of := jobOf{run.Stored.Job, run.Stored.Account.ID}
		if of.name != "" && runs.CanBePrevious(run) && !compared[of] {
			compared[of] = true
			n.why.add(run.Stored.ID, "it is the job's newest that was applied, which guards compare the next one with")
		}
	}
	writeOnly := writeOnlyFields()
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		if err := n.damaged(account, addWriteOnly(ctx, f, account, writeOnly)); err != nil {
			return err
		}
	}
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		if err := n.damaged(account, addSoleSources(ctx, f, account, writeOnly, n.why)); err != nil {
			return err
		}
	}
	for _, run := range n.runs {
		if err := n.damage[run.Stored.Account.ID]; err != nil {
			n.why.add(run.Stored.ID, "nobody knows whether it is needed: "+result.OneLine(err))
		}
	}
	n.addRollbacks()
	return nil
}

// reasons say why runs are kept, by id.
type reasons map[store.RunID][]string

func (r reasons) add(run store.RunID, why string) { r[run] = append(r[run], why) }

// addRollbacks keeps a rollback as long as its origin is kept, and an origin as
// long as a rollback of it is not over: without the one, the other would be gone
// on with as if nothing had been rolled back.
func (n *references) addRollbacks() {
	byID := map[store.RunID]*runs.Run{}
	for _, run := range n.runs {
		byID[run.Stored.ID] = run
	}
	for changed := true; changed; {
		changed = false
		for _, run := range n.runs {
			origin := byID[run.Stored.RollbackOf]
			if origin == nil {
				continue
			}
			if n.keeps(origin) && len(n.why[run.Stored.ID]) == 0 {
				n.why.add(run.Stored.ID, "it rolled back rows of run "+origin.Stored.Name+", which is kept")
				changed = true
			}
			if state := run.StateNow(); !state.Over() && len(n.why[origin.Stored.ID]) == 0 {
				n.why.add(origin.Stored.ID, "run "+run.Stored.Name+", which rolls it back, is "+string(state))
				changed = true
			}
		}
	}
}

// keeps reports whether a run is kept: it is not old, there is a reason, or it is
// not over.
func (n *references) keeps(run *runs.Run) bool {
	return !n.goes[run.Stored.ID] || len(n.why[run.Stored.ID]) > 0 || !run.StateNow().Over()
}

// writeOnlyFields are the write-only fields of the table.
func writeOnlyFields() map[string]bool {
	writeOnly := map[string]bool{}
	for _, field := range settings.Fields() {
		writeOnly[field.Name] = !field.Shown
	}
	return writeOnly
}

// addWriteOnly adds the fields that some plan of the account found write-only, and sent.
func addWriteOnly(ctx context.Context, f runs.Folder, account store.AccountID, writeOnly map[string]bool) error {
	return f.Attempts(ctx, store.WriteFilter{Account: account}, func(d runs.Write) {
		if d.By.Identity.All {
			return // it read nothing, so that it found nothing writeOnly
		}
		for _, change := range d.Changes {
			writeOnly[change.Field] = writeOnly[change.Field] || change.WriteOnly
		}
	})
}

// addSoleSources adds the runs of an account that are the only source of something: the
// last value of a write-only field, or whether a cutover still protects a number.
func addSoleSources(ctx context.Context, f runs.Folder, account store.AccountID, writeOnly map[string]bool, why reasons) error {
	sources := map[store.RunID]*soleSource{}
	protects := protect.Evidence{}
	var of protect.Track
	var attempts []runs.Write
	number := ""
	end := func() {
		protects.Count(&of, number)
		noteLastSenders(attempts, writeOnly, sources)
		of, attempts = protect.Track{}, attempts[:0]
	}
	err := f.Attempts(ctx, store.WriteFilter{Account: account}, func(d runs.Write) { // number by number
		if d.Number != number {
			end()
			number = d.Number
		}
		attempts = append(attempts, d)
		if d.MayStand() {
			of.Take(d)
		}
	})
	if err != nil {
		return err
	}
	end()
	for id, t := range sources {
		why.add(id, fmt.Sprintf("it has the last value of write-only fields: %s of %s", strings.Join(slices.Sorted(maps.Keys(t.fields)), ", "), runs.CountNumbers(t.numbers)))
	}
	protects.Explain(why.add)
	return nil
}

// soleSource is a run that has the last value of some write-only fields, of so many numbers.
type soleSource struct {
	numbers int
	fields  map[string]struct{}
}

// noteLastSenders notes which runs were the last to send write-only fields of a number.
func noteLastSenders(attempts []runs.Write, writeOnly map[string]bool, sources map[store.RunID]*soleSource) {
	sent, counted := map[string]bool{}, map[store.RunID]bool{}
	for _, d := range slices.Backward(attempts) {
		for _, c := range d.Changes {
			if !writeOnly[c.Field] || sent[c.Field] {
				continue
			}
			sent[c.Field] = true
			t := sources[d.By.Stored.ID]
			if t == nil {
				t = &soleSource{fields: map[string]struct{}{}}
				sources[d.By.Stored.ID] = t
			}
			t.fields[c.Field] = struct{}{}
			if !counted[d.By.Stored.ID] {
				counted[d.By.Stored.ID] = true
				t.numbers++
			}
		}
	}
}
