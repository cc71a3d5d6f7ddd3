package model

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
)

// Everything that knows how batch is called stands here.

// durable is what a kill leaves: the folder of the runs and that of the locks.
type durable struct{ root string }

func (d durable) runs() string  { return filepath.Join(d.root, "runs") }
func (d durable) state() string { return filepath.Join(d.root, "state") }

const (
	account = "DID-1"
	address = "http://localhost"
)

// jobOf is the job of a file, as the command names it unless it is told another.
func jobOf(file *File) string {
	base := path.Base(paths[file.Path])
	return strings.TrimSuffix(base, path.Ext(base))
}

// namesakes are files whose runs are of one job.
func namesakes(a, b *File) bool { return jobOf(a) == jobOf(b) }

// content is the file as CSV.
func (f *File) content() string {
	var b strings.Builder
	b.WriteString("Number," + strings.Join(fields, ",") + ",If." + fields[route] + "\n")
	cell := func(field, n int) string {
		if n == 0 {
			return ""
		}
		return value(field, n)
	}
	for _, r := range f.Rows {
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", number(r.Number), cell(route, r.Route), cell(subscriber, r.Subscriber), cell(route, r.IfRoute))
	}
	return b.String()
}

// open opens the store, as a process of its own does.
func (d durable) open(ctx context.Context) (batch.RunsFolder, error) {
	s, err := sqlite.Open(ctx, sqlite.Options{Dir: d.runs(), State: d.state()})
	if err != nil {
		return batch.RunsFolder{}, err
	}
	return batch.RunsFolder{Store: s, Dir: d.runs()}, nil
}

// config is that of an operation, with a store, a client and a lock of its own,
// which done gives back.
func (o *operation) config(ctx context.Context, d durable, transport http.RoundTripper) (cfg batch.Config, done func(), err error) {
	in, err := d.open(ctx)
	if err != nil {
		return cfg, nil, err
	}
	whose, err := in.Store.Account(ctx, address, account)
	if err == nil && whose.Name == "" { // the account was met before
		whose, err = in.Store.NameAccount(ctx, whose, "AID-1")
	}
	if err != nil {
		return cfg, nil, errors.Join(err, in.Store.Close())
	}
	lock, err := batch.LockAccount(ctx, in.Store, whose, o.String(), 0)
	if err != nil {
		return cfg, nil, errors.Join(err, in.Store.Close())
	}
	done = func() {
		lock.Release()
		_ = in.Store.Close() // of an operation that was killed it may not work
	}
	api, err := client.New(client.Config{
		BaseURL:     address,
		Credentials: client.Credentials{AccountKey: account, AccountSecret: client.NewSecret("s3cret")},
		Transport:   transport,
		UserAgent:   o.String(),
		Jitter:      func() float64 { return 0.5 }, // a history replayed meets the same pauses
	})
	if err != nil {
		done()
		return cfg, nil, err
	}
	cfg = batch.Config{
		Store: in.Store, RunsDir: d.runs(), RunName: o.run.name,
		Reader: api.Reader, Client: api, Account: account, API: address, Rate: client.DefaultRate(), Lock: lock,
		All: o.told.All, Read: batch.ReadAuto, Hidden: batch.HiddenKnown, Recheck: time.Duration(o.told.Recheck),
		Workers: max(o.told.Workers, 1), MaxFailures: batch.Limit{Share: 1}, Control: o.control,
		Verify: batch.VerifyAll, WaveFailures: batch.Limit{Share: 1},
		Guards: batch.Guards{MaxShrink: batch.Limit{Share: 1}, AllowLostColumns: true, Protect: map[string]struct{}{}},
	}
	if o.told.Protect > 0 {
		cfg.Guards.Protect[number(o.told.Protect-1)] = struct{}{}
	}
	if o.told.MaxChanges > 0 {
		cfg.Guards.MaxChanges = []batch.FieldLimit{{Limit: batch.Limit{Rows: o.told.MaxChanges}}}
	}
	if o.told.Waves {
		cfg.Waves = batch.Waves{Sizes: []batch.Limit{{Rows: 1}, {Share: 1}}}
	}
	cfg.Release = o.release
	cfg.Confirm = func(context.Context, batch.Question) error {
		if o.told.No {
			return batch.ErrDeclined
		}
		o.asked()
		return nil
	}
	return cfg, done, nil
}

// perform is the operation, from the lock to its end.
func (o *operation) perform(ctx context.Context, d durable, transport http.RoundTripper) (run *batch.Run, err error) {
	cfg, done, err := o.config(ctx, d, transport)
	if err != nil {
		return nil, err
	}
	defer done()
	withFile := func(cfg batch.Config) batch.Config {
		cfg.Source, cfg.SourceName = strings.NewReader(o.run.file.content()), path.Base(paths[o.run.file.Path])
		cfg.Job, cfg.Input = jobOf(o.run.file), input.Options{}
		return cfg
	}
	switch o.deed {
	case Apply:
		return batch.Apply(ctx, withFile(cfg))
	case Plan:
		return batch.DryRun(ctx, withFile(cfg))
	case ApplyPlan:
		cfg.Waves = batch.Waves{}
		return batch.ApplyPlan(ctx, cfg, o.run.name, 30*24*time.Hour)
	case Resume:
		return batch.Resume(ctx, cfg, o.run.name, batch.ResumeOptions{RetryFailed: o.told.RetryFailed, AfterRollback: o.told.AfterRollback})
	case Verify:
		_, err := batch.Verify(ctx, cfg, o.run.name)
		return nil, err
	case Rollback:
		b, err := batch.PlanRollback(ctx, cfg, o.run.of.name, batch.RollbackOptions{})
		if err != nil {
			return nil, err
		}
		return batch.Apply(ctx, b.Config(cfg))
	}
	return nil, fmt.Errorf("%s is no operation", o.deed)
}

// refused reports whether an operation did not begin to send: a guard, a lock, a
// person, the input or its surroundings were against it.
func refused(run *batch.Run, err error) bool {
	if err != nil {
		_, early := errors.AsType[batch.Stop](err) // of a verification
		return !early
	}
	return false
}

// headline is what is told of a run when it has ended: exit code 0 is success.
type headline struct {
	success bool
	text    string
}

// headlineOf is what a command ends with; the rows are those of its report.
func headlineOf(run *batch.Run, err error, rows []batch.Result) headline {
	switch {
	case err != nil:
		return headline{text: err.Error()}
	case run != nil && run.Stop.Early():
		return headline{text: run.Stop.Error()}
	}
	for _, r := range rows {
		if r.Status != batch.Updated && r.Status != batch.Unchanged && r.Status != batch.Planned {
			return headline{text: "not every row is updated"}
		}
	}
	return headline{success: true}
}

// report is what the store says of a run.
type report struct {
	rows      []batch.Result
	plannedAt time.Time
	// counts is how a list of runs shows it.
	counts string
	state  batch.State
	done   bool
}

// reportOf reads a run anew; nil: there is none of this name.
func (d durable) reportOf(ctx context.Context, name string) (*report, error) {
	in, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Store.Close()
	run, err := in.Find(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil // killed before anything of it was written, or pruned
	}
	if err != nil {
		return nil, err
	}
	r := &report{done: run.Done(batch.ResumeOptions{})}
	if run.Plan() != nil {
		r.plannedAt = run.Plan().MadeAt
		for row, err := range run.Results(ctx) {
			if err != nil {
				return nil, err
			}
			r.rows = append(r.rows, row)
		}
	}
	list, err := in.Runs(ctx, "")
	for _, info := range list {
		if info.Name == name {
			r.counts, r.state = fmt.Sprint(info.Counts), info.State
		}
	}
	return r, err
}

// countsOf are rows in the form of a list of runs.
func countsOf(rows []batch.Result) string {
	counts := map[batch.Status]int{}
	for _, r := range rows {
		counts[r.Status]++
	}
	return fmt.Sprint(counts)
}

// found are what the last verification found of each number.
func (d durable) found(name string) (map[string]batch.Verified, error) {
	in, err := d.open(context.Background())
	if err != nil {
		return nil, err
	}
	defer in.Store.Close()
	run, err := in.Find(context.Background(), name)
	if err != nil {
		return nil, err
	}
	byLine, err := run.LastVerified()
	found := map[string]batch.Verified{}
	for _, v := range byLine {
		found[v.Number] = v
	}
	return found, err
}

// prune removes old runs, and returns the names of those that it kept.
func (d durable) prune(ctx context.Context, keep time.Duration, last int) (kept map[string]bool, err error) {
	in, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Store.Close()
	p, err := batch.PlanPrune(ctx, batch.PruneConfig{RunsFolder: in, Keep: keep, KeepLast: last})
	if err != nil {
		return nil, err
	}
	for _, old := range p.Old {
		if err := in.Remove(ctx, old); err != nil {
			return nil, err
		}
	}
	kept = map[string]bool{}
	list, err := in.Runs(ctx, "")
	for _, info := range list {
		kept[info.Name] = true
	}
	return kept, err
}

// truth is everything that is told of past runs, but for one: what a refused
// operation may not change.
func (d durable) truth(ctx context.Context, numbers int, but string) (string, error) {
	var b strings.Builder
	in, err := d.open(ctx)
	if err != nil {
		return "", err
	}
	defer in.Store.Close()
	list, err := in.Runs(ctx, "")
	if err != nil {
		return "", err
	}
	for _, info := range list {
		if info.Name != but {
			fmt.Fprintln(&b, info.Name, info.State, info.Counts, info.RolledBack)
		}
	}
	for n := range numbers {
		h, err := in.History(ctx, number(n))
		if err != nil {
			return "", err
		}
		for _, p := range h.Passages {
			if p.Run != but || p.Sent {
				fmt.Fprintln(&b, number(n), p.Run, p.Sent, p.Result.Status, p.RolledBackBy)
			}
		}
	}
	return b.String(), nil
}

// asLocked reports whether an error is that somebody else is at work.
func asLocked(err error) (*batch.LockedError, bool) { return errors.AsType[*batch.LockedError](err) }
