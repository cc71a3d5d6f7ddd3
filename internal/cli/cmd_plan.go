package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/markdown"
	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/text"
)

// planFlags say how a plan is shown.
type planFlags struct {
	json     bool
	format   files.Format
	full     bool
	detailed bool
	unlisted bool
	mask     bool
}

func (f *planFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "print the plan as one JSON document")
	parsedVar(flags, &f.format, formatFlag, "text", "text|markdown", "print the plan for a terminal, or as Markdown for a pull request or a ticket", files.ParseFormat)
	args := cmd.Args
	cmd.Args = func(cmd *cobra.Command, given []string) error { return errors.Join(f.args(cmd), args(cmd, given)) }
	flags.BoolVar(&f.full, option.Full, false, "print every row that would change, in the order of the file, not only the first of each kind")
	flags.BoolVar(&f.detailed, "detailed-exitcode", false, "exit code 2 when there are changes")
	defineMask(flags, &f.mask)
	inGroup(flags, outputGroup)
}

// args refuses a format that plans do not have. It is called before the environment is looked at: a format that is set
// there for other commands does no harm, and a plan is printed as text.
func (f *planFlags) args(cmd *cobra.Command) error {
	switch {
	case !cmd.Flags().Changed(formatFlag):
		return nil
	case f.json:
		return errors.New("--json and --format: use one")
	case f.format != files.FormatText && f.format != files.FormatMarkdown:
		return fmt.Errorf("--format %s: a plan is printed as text or markdown", f.format)
	default:
		return nil
	}
}

func planCommand(a *app) *cobra.Command {
	var f runFlags
	var show planFlags
	var failures failureFlags // which [foreseeSecondPass] looks up
	cmd := &cobra.Command{
		Use:   "plan FILE",
		Short: "Show what a file would change, and send nothing",
		Long: `Check FILE (CSV or JSONL; - for standard input), read the numbers' current
settings, and show what would change, field by field. Nothing is sent. The plan
is kept in a run's folder, with plan.csv to send around; once it is agreed,
bulknum apply --plan RUN applies exactly that.`,
		Example: `  bulknum plan nightly.csv
  bulknum plan nightly.csv --detailed-exitcode --json
  bulknum plan nightly.csv --format markdown > plan.md`,
		Args: takesOne("FILE"),
		RunE: a.published(&f.publish, f.jobName, func(cmd *cobra.Command, args []string) error { return runPlan(a, cmd, &f, &show, args[0]) }),
	}
	f.define(cmd)
	failures.define(cmd.Flags(), "the pause before a second pass of failed rows, which the plan tells of and apply --plan makes (default: "+plan.Duration(batch.DefaultSecondPass)+" told; 0: none)")
	cmd.Flags().BoolVar(&show.unlisted, "unlisted", false, "tell also of the numbers that the file does not name, by their routes, when the whole inventory was read anyway")
	show.define(cmd)
	cmd.AddCommand(planDiffCommand(a))
	return cmd
}

// runPlan makes a plan and shows it.
func runPlan(a *app, cmd *cobra.Command, f *runFlags, show *planFlags, path string) error {
	f.reads = true
	config, done, err := f.config(a, cmd, path)
	if err != nil {
		return err
	}
	defer done()
	return runPlanned(a, cmd, f, show, config)
}

// runPlanned makes the plan of a configuration and shows it.
func runPlanned(a *app, cmd *cobra.Command, f *runFlags, show *planFlags, config batch.Config) error {
	defer sparing()()
	err := f.slice.apply(&config)
	if err == nil {
		err = foreseeSecondPass(cmd.Flags(), &config)
	}
	if err == nil {
		config.Saved, err = saved(cmd.Flags(), config.Deadline)
	}
	if err != nil {
		return err
	}
	s := startSession(a, f, config.SourceName)
	defer s.close()
	run, err := s.run(cmd.Context(), config, batch.DryRun)
	if run == nil {
		return err
	}
	s.problems.show(a.line)
	return showPlan(cmd.Context(), a, run, show, err)
}

// foreseeSecondPass gives a plan the second pass that it will have: as the flags say, or else as it has one at night.
func foreseeSecondPass(flags *pflag.FlagSet, config *batch.Config) (err error) {
	config.SecondPass, config.MaxFailures = batch.DefaultSecondPass, batch.Defaults().MaxFailures
	if given := flags.Lookup(option.SecondPass); given != nil && given.Changed {
		config.SecondPass, err = parseDuration(given.Value.String())
	}
	if given := flags.Lookup(maxFailuresFlag); given != nil && err == nil {
		config.MaxFailures, err = plan.ParseLimit(given.Value.String())
	}
	return err
}

// showPlan writes the reports of a plan, shows it, and returns what it means.
func showPlan(ctx context.Context, a *app, run *runs.Run, show *planFlags, failed error) error {
	summary, err := files.Finish(context.WithoutCancel(ctx), run)
	a.observers.learn(summary)
	a.summary = summary
	if failed != nil || err != nil {
		return errors.Join(failed, err)
	}
	m, err := masker(ctx, run, show.mask)
	if err != nil {
		return err
	}
	made, shown, rows := mask.Hide(m, run.Plan), mask.Hide(m, summary), mask.Each(m, run.PlanRows())
	switch {
	case made == nil:
		err = text.Summary(a.Out, shown, nextSteps(a, shown))
	case show.json:
		var skipped []runs.Skipped
		if skipped, err = run.Skipped(); err == nil {
			err = files.PlanJSON(a.Out, shown, made, mask.Hide(m, skipped), rows)
		}
	case show.format == files.FormatMarkdown:
		err = markdown.Plan(a.Out, shown, made, rows)
	default:
		err = text.Plan(a.Out, shown, made, rows, show.full)
		if err == nil && show.unlisted {
			err = text.Unlisted(a.Out, made)
		}
	}
	if err == nil {
		err = outcome(summary)
	}
	if err == nil && show.detailed && summary.Counts[result.Planned] > 0 {
		return errChanges
	}
	return err
}
