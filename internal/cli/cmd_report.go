package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	socket "github.com/bulknum/bulknum/internal/control"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/markdown"
	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/text"
)

// reportFlags are those of report.
type reportFlags struct {
	store    storeFlags
	format   files.Format
	statuses []result.Status
	asInput  bool
	mask     bool
}

func reportCommand(a *app) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Print again what became of a run's rows",
		Long: `Print the report of RUN again, made from the store; also of a run that crashed
or is still running. RUN is a run's name, its folder, or latest: the newest run.
results.csv, report.html and summary.json in its folder are written again,
except while it is running: it writes them at its end.`,
		Example: `  bulknum report latest
  bulknum report latest --status failed,unknown
  bulknum report latest --format html > report.html
  bulknum report latest --format markdown --mask > ticket.md
  bulknum report latest --status failed --as-input > again.csv`,
		Args: f.args,
		RunE: func(cmd *cobra.Command, args []string) error { return runReport(a, cmd, &f, args[0]) },
	}
	flags := cmd.Flags()
	f.store.define(flags)
	f.store.defineSandbox(flags, sandboxRuns)
	parsedVar(flags, &f.format, "format", "text", oneOf(files.Formats()), "what to print", files.ParseFormat)
	parsedVar(flags, &f.statuses, option.Status, "", "LIST", "only rows with these statuses, as in failed,unknown (default: all)", files.ParseStatuses)
	flags.BoolVar(&f.asInput, option.AsInput, false, "print rows as a CSV file to be applied again: those of --status, else failed, unknown, conflict and not_attempted")
	mustBeAsked(flags, option.AsInput)
	defineMask(flags, &f.mask)
	return cmd
}

// args refuses what contradicts itself. It is called before the environment is
// looked at: a format that is set there for other commands does no harm.
func (f *reportFlags) args(cmd *cobra.Command, args []string) error {
	if f.asInput && cmd.Flags().Changed("format") {
		return errors.New("--as-input prints CSV that can be applied again: --format cannot be used with it")
	}
	if f.asInput && f.mask {
		return errors.New("--as-input prints rows that can be applied again: with --mask they could not be")
	}
	return takesOne("RUN")(cmd, args)
}

func runReport(a *app, cmd *cobra.Command, f *reportFlags, name string) error {
	ctx := cmd.Context()
	run, done, err := a.findRun(ctx, &f.store, cmd.Flags(), name)
	if err != nil {
		return err
	}
	defer done()
	if f.asInput {
		err := files.AsInput(ctx, run, a.Out, f.statuses)
		if errors.Is(err, files.ErrInvalidAsInput) {
			err = &usageError{fmt.Errorf("--as-input --status invalid: %w", err)}
		}
		return err
	}
	summary, unwritten := files.Finish(ctx, run)
	if summary == nil {
		return unwritten
	}
	a.summary = summary
	m, err := masker(ctx, run, f.mask)
	if err != nil {
		return err
	}
	forPeople := f.format == files.FormatText
	switch {
	case f.format == files.FormatMarkdown:
		err = markdown.Report(a.Out, mask.Hide(m, summary), mask.Hide(m, run.Plan), mask.Each(m, files.Chosen(run.Results(ctx), f.statuses)))
	case f.format == files.FormatHTML:
		err = page.Write(ctx, a.Out, run, summary, f.statuses, m)
	case !forPeople || len(f.statuses) > 0 || summary.Rows <= shownRows:
		err = files.Rows(ctx, run, a.Out, f.format, a.outWidth(), f.statuses, m)
	}
	if forPeople {
		err = errors.Join(err, reportSummary(ctx, a, run, mask.Hide(m, summary), m))
	}
	if unwritten != nil {
		a.warn("the reports in the folder are not new: %v", unwritten)
	}
	return err
}

// reportSummary writes the summary of a run. Of one that goes on the run itself says where it stands
// now: what it knows of its speed, and of what holds it, the store does not.
func reportSummary(ctx context.Context, a *app, run *runs.Run, summary *runs.Summary, m *mask.Masker) error {
	if summary.State != runs.Running {
		return text.Summary(a.Out, summary, nextSteps(a, summary))
	}
	now, silent := socket.Ask(ctx, run.Folder(), socket.Request{Do: socket.Status})
	if silent == nil {
		summary.RollbackWindow = nil
	}
	err := text.Summary(a.Out, summary, nextSteps(a, summary))
	if silent != nil { // it begins or ends
		return err
	}
	fmt.Fprintln(a.Out)
	return errors.Join(err, text.Status(a.Out, mask.Hide(m, now)))
}
