package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/runs"
)

// releaseFlags are the cutovers that a run may take back.
type releaseFlags struct {
	runs []string
}

func (f *releaseFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.runs, "release", nil, "let this run, and later ones, change back what the cutover `RUN` changed; repeatable")
	mustBeAsked(flags, "release")
}

// resolve returns the names of the runs.
func (f *releaseFlags) resolve(ctx context.Context, in runs.Folder, sandbox bool) ([]string, error) {
	if sandbox && len(f.runs) > 0 {
		return nil, &usageError{errors.New("--sandbox changes no real number: --release has no place beside it")}
	}
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
		return nil, &configError{err: errors.Join(wrong...), hint: "RUN of --release is the name of a run with waves in --runs-dir: the conflict names it"}
	}
	return names, nil
}
