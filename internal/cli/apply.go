package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report"
	"github.com/bulknum/bulknum/report/watch"
)

// applyFlags are those of apply.
type applyFlags struct {
	connect     connectFlags
	input       inputFlags
	watch       watchFlags
	runsDir     string
	run         string
	job         string
	workers     int
	maxFailures batch.Limit
	skipInvalid bool
	all         bool
	yes         bool
}

func (f *applyFlags) define(cmd *cobra.Command) {
	f.connect.define(cmd)
	f.input.define(cmd)
	f.watch.define(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.runsDir, "runs-dir", "runs", "the folder in which each run gets its own")
	flags.StringVar(&f.run, "run", "", "name of the run's folder (default: the UTC time and the job)")
	flags.StringVar(&f.job, "job", "", "name under which runs repeat (default: FILE's base name)")
	flags.IntVar(&f.workers, "workers", 4, "size of the pool; the speed is set by --rate")
	parsedVar(flags, &f.maxFailures, "max-failures", "10%", "N|P%", "stop when more rows than this failed or are unknown; a share counts from the 20th row on", batch.ParseLimit)
	flags.BoolVar(&f.skipInvalid, "skip-invalid", false, "send the valid rows of a file that has invalid ones")
	flags.BoolVar(&f.all, "all", false, "send every row without reading current settings first")
	flags.BoolVar(&f.yes, "yes", false, "send without asking")
	mustBeAsked(flags, "run", "skip-invalid", "yes")
}

func (a *app) apply() *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Send the settings in a file, row by row, and report what became of each",
		Long: `Check FILE (CSV or JSONL; - for standard input), ask, and send every valid row to
the API at the allowed pace. Everything about the run goes into a folder of its
own, results.csv with one line a row among it.

Credentials come from the environment: TELEGENT_ACCOUNT_KEY and
TELEGENT_ACCOUNT_SECRET, or TELEGENT_TOKEN, each also as …_FILE.`,
		Example: `  bulknum apply --sandbox samples/nightly.csv
  bulknum apply nightly.csv --yes`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runApply(cmd, &f, args[0]) },
	}
	f.define(cmd)
	return cmd
}

// runApply is flags to configuration to run to report.
func (a *app) runApply(cmd *cobra.Command, f *applyFlags, path string) error {
	config, done, err := a.applyConfig(cmd, f, path)
	if err != nil {
		return err
	}
	defer done()

	ctx := cmd.Context()
	control := batch.NewControl()
	defer context.AfterFunc(ctx, func() {
		var stop batch.Stop
		errors.As(context.Cause(ctx), &stop)
		control.Stop(stop)
	})()
	watcher := watch.Start(f.watch.options(a.Streams, f.run))
	defer watcher.Close()
	problems := &problemList{name: config.SourceName}

	config.Control = control
	config.Listeners = []batch.Listener{watcher.Listen, problems.listen}
	config.Confirm = func(ctx context.Context, q batch.Question) error {
		problems.print(a.Err, firstProblems)
		return a.confirm(ctx, q, f.yes)
	}
	run, err := batch.Apply(context.WithoutCancel(ctx), config)
	watcher.Close()
	if run == nil {
		return err
	}
	if refused(err) {
		problems.print(a.Err, firstProblems)
	}
	return a.conclude(ctx, run, err)
}

// refused reports whether the input's problems are the reason of an error.
func refused(err error) bool {
	var invalid *batch.InvalidError
	return errors.As(err, &invalid)
}

// conclude writes the run's reports and returns what its end means.
func (a *app) conclude(ctx context.Context, run *batch.Run, failed error) error {
	ctx = context.WithoutCancel(ctx) // the report is written also after a signal
	summary, err := report.Finish(ctx, run)
	if failed != nil || err != nil {
		return errors.Join(failed, err)
	}
	if summary.Rows <= shownRows {
		if err := report.Rows(ctx, run, a.Out, report.FormatText, nil); err != nil {
			return err
		}
		fmt.Fprintln(a.Out)
	}
	if err := report.Text(a.Out, summary, nextSteps(summary)); err != nil {
		return err
	}
	return outcome(summary)
}

// shownRows is up to how many rows a run's table is shown at its end.
const shownRows = 40

// nextSteps are the commands that a run's end suggests.
func nextSteps(s *batch.Summary) []string {
	var rest []string
	for _, status := range []batch.Status{batch.Failed, batch.Unknown, batch.NotAttempted} {
		if s.Counts[status] > 0 {
			rest = append(rest, string(status))
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return []string{
		fmt.Sprintf("bulknum report %s --status %s --as-input > rest.csv", quote(s.Folder), strings.Join(rest, ",")),
		"bulknum apply rest.csv",
	}
}

// applyConfig turns the flags into a configuration; done gives back what it
// opened.
func (a *app) applyConfig(cmd *cobra.Command, f *applyFlags, path string) (config batch.Config, done func(), err error) {
	if f.workers < 1 {
		return config, nil, &usageError{fmt.Errorf("--workers %d: must be at least 1", f.workers)}
	}
	options, err := f.input.resolve()
	if err != nil {
		return config, nil, err
	}
	source, name, err := a.open(path)
	if err != nil {
		return config, nil, err
	}
	way, err := a.connect(cmd, &f.connect)
	if err != nil {
		return config, nil, errors.Join(err, source.Close())
	}
	done = func() {
		way.close()
		_ = source.Close() // it was only read
	}
	api, err := client.New(way.config)
	if err != nil {
		done()
		return config, nil, &configError{err: err}
	}
	if f.job == "" {
		f.job = jobOf(name)
	}
	host, _ := os.Hostname() // for the record only: unknown is as good as empty
	return batch.Config{
		Source: source, SourceName: name, Input: options,
		RunsDir: f.runsDir, RunName: f.run, Job: f.job,
		Client: api, Account: way.account, API: way.config.BaseURL, Rate: way.config.Rate, Sandbox: way.sandbox,
		Workers: f.workers, MaxFailures: f.maxFailures, SkipInvalid: f.skipInvalid,
		Version: buildVersion(), Host: host, User: userName(),
	}, done, nil
}

// userName is who runs this, for the record.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
