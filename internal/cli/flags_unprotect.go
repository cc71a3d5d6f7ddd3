package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/runs"
)

// unprotectFlags are the cutovers whose protection a run ends.
type unprotectFlags struct {
	runs []string
}

func (f *unprotectFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.runs, option.Unprotect, nil, "let this run, and later ones, move back what the cutover `RUN` moved; repeatable")
	mustBeAsked(flags, option.Unprotect)
}

// resolve returns the names of the runs.
func (f *unprotectFlags) resolve(ctx context.Context, in runs.Folder) ([]string, error) {
	var names []string
	var wrong []error
	for _, run := range f.runs {
		name, err := in.FindCutover(ctx, run)
		if err != nil {
			wrong = append(wrong, err)
		}
		names = append(names, name)
	}
	if len(wrong) > 0 {
		return nil, &configError{err: errors.Join(wrong...), hint: "RUN of --unprotect is the name of a run with waves in --runs-dir: the conflict names it"}
	}
	return names, nil
}
