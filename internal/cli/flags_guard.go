package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/internal/safefile"
)

// guardFlags are the limits of what a plan may do.
type guardFlags struct {
	maxChanges       []string
	protect          string
	expectAccount    string
	maxShrink        plan.Limit
	maxInputAge      time.Duration
	maxInvalid       plan.Limit
	allowLostColumns bool
	startNew         bool
	flags            *pflag.FlagSet
}

func (f *guardFlags) define(cmd *cobra.Command) {
	f.defineChosen(cmd, fmt.Sprintf(" (default: %s, of %d rows or more, with --yes off a terminal, as in cron)", guard.UnattendedLimit(), guard.UnattendedRows))
	flags, standard := cmd.Flags(), batch.Defaults().Guards
	parsedVar(flags, &f.maxShrink, "max-shrink", standard.MaxShrink.String(), "N|P%", "refuse when the file has lost more rows than this since the job's previous run", plan.ParseLimit)
	flags.BoolVar(&f.allowLostColumns, "allow-lost-columns", false, "let the file set fewer fields than in the job's previous run")
	flags.BoolVar(&f.startNew, string(guard.StartNew), false, "begin although the job's newest run is a cutover that was neither finished nor rolled back")
	durationVar(flags, &f.maxInputAge, "max-input-age", 0, "refuse a file that was written longer ago (default: any age)")
	parsedVar(flags, &f.maxInvalid, "max-invalid", standard.MaxInvalid.String(), "N|P%", "with --skip-invalid, how many rows may be invalid", plan.ParseLimit)
	mustBeAsked(flags, "max-shrink", "max-invalid", "allow-lost-columns", string(guard.StartNew))
}

// defineChosen defines the guards of a plan by itself; standard says what holds
// when none is given.
func (f *guardFlags) defineChosen(cmd *cobra.Command, standard string) {
	flags := cmd.Flags()
	f.flags = flags
	flags.StringArrayVar(&f.maxChanges, "max-changes", nil, "refuse when more rows change: `N|P%`, or FIELD=N|P% for one field; repeatable"+standard)
	flags.StringVar(&f.protect, protectFlag, "", "`FILE` of numbers that must never change, one a line")
	flags.StringVar(&f.expectAccount, "expect-account", "", "refuse when the account has another `ID` or key")
	mustBeAsked(flags, "max-changes")
}

// resolve returns the guards for a file.
func (f *guardFlags) resolve(path string) (guard.Limits, error) {
	g := guard.Limits{
		ExpectAccount:    f.expectAccount,
		MaxShrink:        f.maxShrink,
		AllowLostColumns: f.allowLostColumns,
		StartNew:         f.startNew,
		MaxInputAge:      f.maxInputAge,
		MaxInvalid:       f.maxInvalid,
	}
	for _, name := range []guard.Guard{guard.MaxShrink, guard.MaxInvalid, guard.MaxInputAge, guard.LostColumns} {
		if f.flags.Changed(string(name)) {
			g.Given = append(g.Given, name)
		}
	}
	var wrong []error
	for _, text := range f.maxChanges {
		limit, err := guard.ParseFieldLimit(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--max-changes: %w", err))
		}
		g.MaxChanges = append(g.MaxChanges, limit)
	}
	if len(wrong) > 0 {
		return g, &usageError{errors.Join(wrong...)}
	}
	if path == "-" && f.maxInputAge > 0 {
		return g, &usageError{errors.New("--max-input-age: standard input does not tell when it was written")}
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		g.InputAt = info.ModTime()
	}
	protected, err := numbersIn(protectFlag, f.protect)
	g.Protect = protected
	return g, err
}

// numbersIn are the numbers in the file of a flag; nil: none is given.
func numbersIn(flag, path string) (map[string]struct{}, error) {
	if path == "" {
		return nil, nil
	}
	file, err := safefile.Open(path)
	if err != nil {
		return nil, &configError{err: fmt.Errorf("--%s: %w", flag, err)}
	}
	defer file.Close()
	numbers, err := settings.ParseNumbers(file)
	if err != nil {
		return nil, &configError{err: fmt.Errorf("--%s %s: %w", flag, path, err), hint: "the file has one number a line, in E.164: +18018018011"}
	}
	return numbers, nil
}
