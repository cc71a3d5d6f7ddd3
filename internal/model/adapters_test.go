package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	numberhistory "github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pgtest/network"
	"github.com/bulknum/bulknum/report/files"
)

// Everything that knows how batch is called stands here.

// durable is what a kill leaves: the folder of the runs and that of the locks.
type durable struct {
	root string
	// folder is the name of the one of the runs.
	folder string
	// shared is the store, where it is not in that folder, and network the one through which it is reached; nil: directly.
	shared  *shared
	network *network.Network
}

func durableAt(root string) durable { return durable{root: root, folder: "runs"} }

func (d durable) runs() string  { return filepath.Join(d.root, d.folder) }
func (d durable) state() string { return filepath.Join(d.root, "state") }

// away is where the runs folder is when it has vanished.
func (d durable) away() string { return filepath.Join(d.root, "away") }

// database is the file of the store, or that of its write-ahead log.
func (d durable) database(wal bool) string {
	if wal {
		return filepath.Join(d.runs(), sqlite.File+"-wal")
	}
	return filepath.Join(d.runs(), sqlite.File)
}

// keys are those of the account, and the first is the one that is known.
var keys = []string{"DID-1", "DID-2", "DID-3"}

// addresses are spellings of the API's address.
var addresses = []string{"http://localhost", "http://localhost/v1.0/", "http://LocalHost:80", "http://localhost:80/v1.0"}

// runsAs is the runs folder in one of as many spellings.
func (d durable) runsAs(spelling int) string {
	switch spelling {
	case 1:
		return d.runs() + "/"
	case 2:
		return d.root + "/./state/../" + d.folder
	case 3:
		return d.link()
	default:
		return d.runs()
	}
}

// link is a symbolic link to the runs folder.
func (d durable) link() string { return filepath.Join(d.root, "link") }

// runAs is what somebody types to name a run.
func (d durable) runAs(spelling int, name string) string {
	switch spelling {
	case 0:
		return name
	case 1:
		return d.runs() + "/" + name + "/"
	default:
		return d.runsAs(spelling) + "/" + name
	}
}

// jobOf is the job of a file, as the command names it unless it is told another.
func jobOf(file *File) string { return paths[file.Path] }

// namesakes are files of one base name.
func namesakes(a, b *File) bool { return path.Base(paths[a.Path]) == path.Base(paths[b.Path]) }

// content is the file as CSV.
func (f *File) content() string {
	var b strings.Builder
	byHand := slices.ContainsFunc(f.Rows, func(r Row) bool { return r.Wave > 0 })
	b.WriteString("Number," + strings.Join(fields[:], ",") + ",If." + fields[route])
	if byHand {
		b.WriteString("," + input.WaveColumn)
	}
	b.WriteString("\n")
	cell := func(field, n int) string {
		switch n {
		case 0:
			return ""
		case cleared:
			return "<clear>"
		}
		return value(field, n)
	}
	for _, r := range f.Rows {
		b.WriteString(number(r.Number))
		for field, n := range cellsOf(&r) {
			b.WriteString("," + cell(field, *n))
		}
		b.WriteString("," + cell(route, r.IfRoute))
		if byHand {
			b.WriteString("," + strconv.Itoa(r.Wave))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// open opens the store, as a process of its own does.
func (d durable) open(ctx context.Context) (runs.Folder, error) { return d.openAs(ctx, 0) }

func (d durable) openAs(ctx context.Context, spelling int) (runs.Folder, error) {
	dir := d.runsAs(spelling)
	if d.shared != nil {
		s, err := d.shared.open(ctx, d)
		return runs.Folder{Store: s, Dir: dir}, err
	}
	s, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, State: d.state()})
	if err != nil {
		return runs.Folder{}, err
	}
	return runs.Folder{Store: s, Dir: dir}, nil
}

// opens tells whether the store can be opened, also for reading only.
func (d durable) opens(ctx context.Context) error {
	for _, readOnly := range []bool{true, false} {
		s, err := sqlite.Open(ctx, sqlite.Options{Dir: d.runs(), State: d.state(), ReadOnly: readOnly})
		if readOnly && errors.Is(err, fs.ErrNotExist) {
			continue // there is no run yet
		}
		if err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

// accept goes on with the store as it is.
func (d durable) accept(ctx context.Context, accounts ...store.Account) error {
	_, err := sqlite.AcceptRestored(ctx, sqlite.Options{Dir: d.runs(), State: d.state()}, accounts...)
	return err
}

// asRefused reports whether an error is that the store is not to be used as it is,
// and asUnwell whether it is one of a store at all.
func asRefused(err error) bool {
	_, refused := errors.AsType[*store.RefusedError](err)
	return refused
}

func asUnwell(err error) bool {
	_, damaged := errors.AsType[*store.DamagedError](err)
	_, broken := errors.AsType[*store.BrokenError](err)
	return damaged || broken || asRefused(err)
}

// unwell is what is wrong with the store, as an operation has met it.
func unwell(run *runs.Run, err error) error {
	switch {
	case asUnwell(err):
		return err
	case run != nil && run.Stop.Reason == result.StoppedByDisk:
		return run.Stop
	default:
		return nil
	}
}

// errMisnamed is a run that is there, and is not found by the name that was typed.
var errMisnamed = errors.New("the run is not found")

// config is that of an operation, with a store, a client and a lock of its own,
// which done gives back.
func (o *operation) config(ctx context.Context, d durable, transport http.RoundTripper) (cfg batch.Config, done func(), err error) {
	in, err := d.openAs(ctx, o.told.Spelling)
	if err != nil {
		return cfg, nil, err
	}
	address, key := addresses[o.told.Spelling], keys[o.told.Key]
	whose, err := in.Store.Account(ctx, address, key)
	if err == nil && whose.Name == "" && o.told.Key == 0 { // the account was met before
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
		Credentials: client.Credentials{AccountKey: key, AccountSecret: client.NewSecret("s3cret")},
		Transport:   transport,
		UserAgent:   o.String(),
		Jitter:      func() float64 { return 0.5 }, // a history replayed meets the same pauses
	})
	if err != nil {
		done()
		return cfg, nil, err
	}
	cfg = batch.Config{
		Access:      batch.Access{Reader: api.Reader, Client: api, Account: key, API: address, Rate: client.DefaultRate()},
		Reading:     batch.Reading{Read: plan.ReadAuto},
		Options:     send.Options{Recheck: time.Duration(o.told.Recheck), ReadLag: readLag, Now: o.wallClock, Workers: max(o.told.Workers, 1), MaxFailures: plan.Limit{Share: 1}, Verify: plan.VerifyAll, WaveFailures: plan.Limit{Share: 1}},
		PlanOptions: runs.PlanOptions{All: o.told.All, WriteOnly: plan.WriteOnlyKnown, Guards: guard.Limits{MaxShrink: plan.Limit{Share: 1}, AllowLostColumns: true, Protect: map[string]struct{}{}}},
		Store:       in.Store, RunsDir: in.Dir, RunName: o.run.name,
		Lock: lock,

		Control: o.control,
		Listeners: []event.Listener{func(e event.Event) {
			if began, is := e.(event.WaveStarted); is {
				o.wave.Store(int64(began.N))
			}
		}},
	}
	cfg.WaitFor = time.Duration(o.told.WaitFor)
	if o.told.Again {
		cfg.SecondPass = batch.DefaultSecondPass
	}
	if o.told.Strict {
		cfg.WaveFailures = plan.Limit{}
	}
	if o.told.Protect > 0 {
		cfg.Guards.Protect[number(o.told.Protect-1)] = struct{}{}
	}
	if o.told.MaxChanges > 0 {
		cfg.Guards.MaxChanges = []guard.FieldLimit{{Limit: plan.Limit{Rows: o.told.MaxChanges}}}
	}
	if o.told.Waves {
		cfg.Waves = plan.Waves{{Rows: 1}, {Share: 1}}
	}
	if o.told.Held {
		cfg.Waves, cfg.PauseBetween = plan.Waves{{Rows: 1}, {Rows: 2}, {Share: 1}}, time.Hour
	}
	if o.told.ByHand {
		cfg.Waves = plan.ByColumn()
	}
	if o.told.NoFailures {
		cfg.MaxFailures = plan.Limit{}
	}
	cfg.Fields = o.told.only()
	cfg.Unprotect = o.unprotect
	cfg.Confirm = func(context.Context, batch.Question) error {
		if o.told.No {
			return result.ErrDeclined
		}
		o.asked()
		return nil
	}
	return cfg, done, nil
}

// perform is the operation, from the lock to its end.
func (o *operation) perform(ctx context.Context, d durable, transport http.RoundTripper) (run *runs.Run, err error) {
	cfg, done, err := o.config(ctx, d, transport)
	if err != nil {
		return nil, err
	}
	defer done()
	withFile := func(cfg batch.Config) batch.Config {
		cfg.Source, cfg.SourceName = strings.NewReader(o.run.file.content()), path.Base(paths[o.run.file.Path])
		cfg.Job, cfg.Input = jobOf(o.run.file), input.Options{AllowClear: true}
		return cfg
	}
	name, err := o.typed(ctx, cfg, d)
	if err != nil {
		return nil, err
	}
	switch o.action {
	case Apply:
		return batch.Apply(ctx, withFile(cfg))
	case Plan:
		return batch.DryRun(ctx, withFile(cfg))
	case ApplyPlan:
		cfg.Waves = plan.Waves{}
		return batch.ApplyPlan(ctx, cfg, name, 30*24*time.Hour)
	case Resume:
		return batch.Resume(ctx, cfg, name, batch.ResumeOptions{RetryFailed: o.told.RetryFailed, AfterLater: o.told.AfterLater})
	case Verify:
		_, err := batch.Verify(ctx, cfg, name)
		return nil, err
	case Rollback:
		b, err := batch.PlanRollback(ctx, cfg, name, batch.RollbackOptions{AllowClear: true, Numbers: named(o.told.Named)})
		if err != nil {
			return nil, err
		}
		return batch.Apply(ctx, b.Config(cfg))
	}
	return nil, fmt.Errorf("%s is no operation", o.action)
}

// typed is the name of the run that was typed in some spelling, if the operation is
// about one.
func (o *operation) typed(ctx context.Context, cfg batch.Config, d durable) (string, error) {
	named := o.run
	switch o.action {
	case Apply, Plan:
		return "", nil
	case Rollback:
		named = o.run.of
	}
	run, err := runs.Folder{Store: cfg.Store, Dir: cfg.RunsDir}.Find(ctx, d.runAs(o.told.Spelling, named.name))
	if errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("%w: %w", errMisnamed, err)
	}
	if err != nil {
		return "", err
	}
	return run.Identity.Name, nil
}

// refused reports whether an operation did not begin to send: a guard, a lock, a
// person, the input or its surroundings were against it.
func refused(run *runs.Run, err error) bool {
	if err != nil {
		_, early := errors.AsType[result.Stop](err) // of a verification
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
func headlineOf(run *runs.Run, err error, rows []result.Result) headline {
	switch {
	case err != nil:
		return headline{text: err.Error()}
	case run != nil && run.Stop.Early():
		return headline{text: run.Stop.Error()}
	}
	if run != nil {
		for _, w := range run.WavesEnded {
			if w.Drifted+w.Unreadable > 0 {
				return headline{text: "not every number is known to be in sync"}
			}
		}
	}
	for _, r := range rows {
		if r.Status != result.Updated && r.Status != result.Unchanged && r.Status != result.Planned {
			return headline{text: "not every row is updated"}
		}
	}
	return headline{success: true}
}

// report is what the store says of a run.
type report struct {
	rows      []result.Result
	plannedAt time.Time
	// counts is how a list of runs shows it.
	counts string
	state  runs.State
	done   bool
	handed map[string]handed
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
	r := &report{done: batch.Done(run, batch.ResumeOptions{})}
	if run.Plan != nil {
		r.plannedAt = run.Plan.MadeAt
		for row, err := range run.Results(ctx) {
			if err != nil {
				return nil, err
			}
			r.rows = append(r.rows, row)
		}
		if r.handed, err = handedBy(ctx, run); err != nil {
			return nil, err
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

// handedBy is what a run's plan does with the SIMs of numbers, in the order of its rows.
func handedBy(ctx context.Context, run *runs.Run) (map[string]handed, error) {
	waves, err := run.In.Store.WaveOf(ctx, run.Stored.ID)
	if err != nil {
		return nil, err
	}
	all := map[string]handed{}
	for p, err := range run.Planned().Where(plan.Row.Sent) {
		if err != nil {
			return nil, err
		}
		for _, c := range p.Changes {
			if c.Field == fields[sim] {
				all[p.Number] = handed{gives: c.Old, takes: c.New, wave: waves[p.Line]}
			}
		}
	}
	return all, nil
}

// countsOf are rows in the form of a list of runs.
func countsOf(rows []result.Result) string {
	counts := map[result.Status]int{}
	for _, r := range rows {
		counts[r.Status]++
	}
	return fmt.Sprint(counts)
}

// found are what the last verification found of each number.
func (d durable) found(name string) (map[string]runs.Verified, error) {
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
	found := map[string]runs.Verified{}
	for _, v := range byLine {
		found[v.Number] = v
	}
	return found, err
}

// clear removes runs, or packs them, or brings one back, as a move says; name is
// that of the one which is meant, if it is one.
func (d durable) clear(ctx context.Context, m Move, name string) error {
	in, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer in.Store.Close()
	if m.Action == Restore {
		_, err := prune.Restore(ctx, in, name)
		return err
	}
	var p *prune.Plan
	if m.Action == Delete {
		p, err = prune.FindOne(ctx, in, name)
	} else {
		p, err = prune.Find(ctx, prune.Config{Folder: in, Keep: time.Duration(m.For), KeepLast: m.Told.Last})
	}
	if err != nil {
		return err
	}
	for _, old := range slices.Backward(p.Old) {
		if m.Told.Archive {
			_, err = prune.Archive(ctx, in, old)
		} else {
			err = prune.Remove(ctx, in, old)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// names are those of the runs that the store has, the oldest first.
func (d durable) names(ctx context.Context) (names []string, err error) {
	in, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Store.Close()
	list, err := in.Store.Runs(ctx, store.RunFilter{})
	for _, is := range list {
		if !strings.HasSuffix(is.Name, secondSuffix) {
			names = append([]string{is.Name}, names...)
		}
	}
	return names, err
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
		if info.Name != but && !strings.HasSuffix(info.Name, secondSuffix) {
			fmt.Fprintln(&b, info.Name, info.State, info.Counts, info.RolledBack)
		}
	}
	for n := range numbers {
		h, err := numberhistory.Of(ctx, in, number(n))
		if err != nil {
			return "", err
		}
		for run, why := range h.Unread {
			return "", &store.DamagedError{Place: in.Store.Place(), Run: run, What: why}
		}
		for _, p := range h.Entries {
			if p.Run != but && !strings.HasSuffix(p.Run, secondSuffix) || p.Sent {
				fmt.Fprintln(&b, number(n), p.Run, p.Sent, p.Result.Status, p.RolledBackBy)
			}
		}
	}
	return b.String(), nil
}

// everything is all that is told of past runs, with their rows.
func (d durable) everything(ctx context.Context, numbers int, all []*run) (string, error) {
	text, err := d.truth(ctx, numbers, "")
	for _, r := range all {
		if err != nil {
			return "", err
		}
		var told string
		told, err = d.told(ctx, r.name)
		text += told
	}
	return text, err
}

// told is all that is told of a run; "": there is none.
func (d durable) told(ctx context.Context, name string) (string, error) {
	told, err := d.reportOf(ctx, name)
	if told == nil || err != nil {
		return "", err
	}
	rows, err := json.Marshal(told.rows)
	return fmt.Sprint(name, told.plannedAt, told.counts, told.state, told.done, string(rows), "\n"), err
}

// salvage brings what is whole of a damaged store into a folder that is new, and
// returns the names of the runs that are brought and of those that are lost, and
// whether anything may have been done besides.
func (d durable) salvage(ctx context.Context, into string) (brought, lost []string, gap bool, err error) {
	done, err := sqlite.Salvage(ctx, sqlite.Options{Dir: d.runs(), State: d.state()}, into)
	for _, l := range done.Lost {
		lost = append(lost, l.Name)
	}
	return done.Brought, lost, len(done.Gaps) > 0, err
}

// asInput are the rows that a run gives back as input, by number and field, whatever became of them; an error is
// [errUnloadable] where the file does not load.
func (d durable) asInput(name string) (map[string]map[string]string, error) {
	ctx := context.Background()
	in, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	defer in.Store.Close()
	run, err := in.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	again := filepath.Join(d.root, "again.csv")
	file, err := os.Create(again)
	if err != nil {
		return nil, err
	}
	defer os.Remove(again)
	statuses := slices.DeleteFunc(result.Statuses(), func(s result.Status) bool { return s == result.Invalid })
	err = files.AsInput(ctx, run, file, statuses)
	if _, left := errors.AsType[*files.UnloadableError](err); left {
		err = nil
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	checked, err := input.Check(ctx, again, input.Options{AllowClear: true}, func(input.Problem) {})
	if err != nil {
		return nil, unloadable("%v", err)
	}
	rows := map[string]map[string]string{}
	for row, err := range checked.Rows(ctx) {
		if err != nil || row.Status == input.Invalid {
			return nil, unloadable("line %d: %s %v", row.Line, row.Error, err)
		}
		rows[row.Number] = map[string]string{}
		for _, name := range row.Settings.Names() {
			rows[row.Number][name], _ = row.Settings.Get(name)
		}
	}
	return rows, nil
}

// asRolledBack reports whether an error is that a run was rolled back by one that is
// not there.
func asRolledBack(err error) bool {
	_, taken := errors.AsType[*store.RolledBackError](err)
	return taken
}

// asLocked reports whether an error is that somebody else is at work.
func asLocked(err error) (*store.LockedError, bool) { return errors.AsType[*store.LockedError](err) }
