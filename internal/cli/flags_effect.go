package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
)

// Options that have no flag name of their own in package option.
const (
	wavesFlag       = option.Waves
	sandboxFlag     = "sandbox"
	resetFlag       = "sandbox-reset"
	allFlag         = "all"
	continueFlag    = "continue"
	stateFlag       = "state"
	skipInvalidFlag = "skip-invalid"
	waitFlag        = "wait"
	formatFlag      = "format"
)

// need is an option that has no effect unless one of others is given as well.
type need struct {
	option string
	of     []string
	only   string // the command that this is said of; "": all that have the option
}

// needs are all of them. What a run has already counts as given.
func needs() []need {
	return []need{
		{option: option.Gate, of: []string{wavesFlag}},
		{option: "gate-timeout", of: []string{option.Gate}},
		{option: option.ConfirmWaves, of: []string{wavesFlag}},
		{option: option.WaveFailures, of: []string{wavesFlag}},
		{option: "pause-between", of: []string{wavesFlag}},
		{option: "propagation", of: []string{wavesFlag}},
		{option: "verify", of: []string{wavesFlag}},
		{option: "max-wave", of: []string{wavesFlag}},
		{option: "allow-partial-first-wave", of: []string{wavesFlag}},
		{option: option.RequireFit, of: []string{option.Deadline}},
		{option: option.ReserveRollback, of: []string{option.Deadline}},
		{option: "wait-for", of: []string{waitFlag, wavesFlag}},
		{option: "max-plan-age", of: []string{option.Plan, "approved"}},
		{option: "max-age", of: []string{stateFlag}},
		{option: "max-invalid", of: []string{skipInvalidFlag}},
		{option: "json", of: []string{option.DryRun}},
		{option: formatFlag, of: []string{option.DryRun}},
		{option: maskFlag, of: []string{option.DryRun}},
		{option: "detailed-exitcode", of: []string{option.DryRun}},
		{option: option.Full, of: []string{option.DryRun}, only: "apply"},
		{option: "window", of: []string{"quota"}},
		{option: resetFlag, of: []string{sandboxFlag}},
		{option: listenTokenFlag, of: []string{listenFlag}},
		{option: pushAuthFlag, of: []string{pushFlag}},
	}
}

// clash is options that have no effect beside another one.
type clash struct {
	options []string
	beside  string
	value   string // that it has; "": any but its default
	unless  string // an option beside which they have one
	why     string
}

// clashes are all of them.
func clashes() []clash {
	return []clash{
		{[]string{"ca-file"}, sandboxFlag, "", "", "the sandbox is in this process"},
		{[]string{"max-age"}, sandboxFlag, "", "", "an inventory to rehearse on may be of any age"},
		{[]string{"write-only", "max-age"}, allFlag, "", "", "nothing is read, and every field is sent"},
		{[]string{stateFlag}, allFlag, "", sandboxFlag, "nothing is read, and every field is sent"},
		{[]string{option.Full, "unlisted"}, formatFlag, string(files.FormatMarkdown), "", "it has the first rows of each kind"},
		{[]string{"max-wave", "allow-partial-first-wave"}, wavesFlag, plan.ByColumn().String(), "", "the column says which rows a wave has"},
		{[]string{"delimiter"}, "input-format", "jsonl", "", "such a file has no cells"},
		{[]string{
			"input-format", "delimiter", option.Encoding, option.Map, option.IgnoreColumn, option.AllowClear, option.AllowPartialLastLine,
			option.AllowSharedICCID, "job", option.Fields, "write-only",
			skipInvalidFlag, "max-age", continueFlag, "approved", option.DryRun, option.IncludeFailed, allFlag, stateFlag, resetFlag, "run",
		}, option.Plan, "", "", "a plan is applied as it was made, under its own name"},
	}
}

// goesOn reports whether a command goes on with a run, whose options count as well: it calls effective when it knows it.
func goesOn(cmd *cobra.Command) bool {
	of := cmd.Flags().Lookup(option.Plan)
	return cmd.Name() == "resume" || of != nil && of.Value.String() != ""
}

// effective refuses options of the command line that can have no effect beside the others. A run that is gone on with
// may be nil; what was given for it counts as given now.
func effective(cmd *cobra.Command, run *runs.Run) error {
	flags := cmd.Flags()
	given := func(name string) bool {
		f := flags.Lookup(name)
		return f != nil && f.Value.String() != f.DefValue && !slices.Contains([]string{"0", "0s", "false"}, f.Value.String())
	}
	var wrong []error
	flags.Visit(func(f *pflag.Flag) {
		if !givenAsFlag(f) || !given(f.Name) { // or as it is anyway
			return
		}
		if why := lacking(cmd, f.Name, run, given); why != "" {
			wrong = append(wrong, fmt.Errorf("--%s has no effect: %s", f.Name, why))
		} else if why := idle(flags, f.Name, given); why != "" {
			wrong = append(wrong, fmt.Errorf("--%s has no effect %s", f.Name, why))
		}
	})
	if len(wrong) == 0 {
		return nil
	}
	return &usageError{errors.Join(wrong...)}
}

// lacking is what an option needs that is not there; "": nothing.
func lacking(cmd *cobra.Command, name string, run *runs.Run, given func(string) bool) string {
	i := slices.IndexFunc(needs(), func(n need) bool { return n.option == name && (n.only == "" || n.only == cmd.Name()) })
	if i < 0 {
		return ""
	}
	var known []string
	for _, other := range needs()[i].of {
		if given(other) || run != nil && has(run, other) {
			return ""
		}
		if cmd.Flags().Lookup(other) != nil && (run == nil || !ofRun(other)) {
			known = append(known, "--"+other)
		}
	}
	switch {
	case len(known) > 0:
		return "it needs " + strings.Join(known, " or ")
	case run == nil:
		return "" // the command always does what it needs
	default:
		return fmt.Sprintf("run %s was made without --%s", run.Identity.Name, needs()[i].of[0])
	}
}

// ofRun reports whether an option belongs to a run from its beginning.
func ofRun(name string) bool { return name == wavesFlag || name == skipInvalidFlag }

// has reports whether a run that is gone on with has what an option asks for.
func has(run *runs.Run, name string) bool {
	switch name {
	case wavesFlag:
		return len(run.Identity.Waves) > 0
	case skipInvalidFlag:
		return run.Identity.SkipInvalid
	default:
		return name == waitFlag && run.Applied // a resume asks for orders until they are complete
	}
}

// idle is beside what an option has no effect, and why; "": it has one.
func idle(flags *pflag.FlagSet, name string, given func(string) bool) string {
	for _, c := range clashes() {
		if !slices.Contains(c.options, name) || !given(c.beside) || c.unless != "" && given(c.unless) {
			continue
		}
		if value := flags.Lookup(c.beside).Value.String(); c.value == "" || c.value == value {
			return fmt.Sprintf("beside --%s: %s", strings.TrimSpace(c.beside+" "+c.value), c.why)
		}
	}
	return ""
}
