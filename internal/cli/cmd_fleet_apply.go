package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
)

func fleetApplyCommand(a *app) *cobra.Command {
	var f applyFlags
	var dir string
	var queued bool
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Enter the runs of many accounts, for workers to carry out",
		Long: `Enter a run for each account that has a file in the folder of --files, and leave
it to be carried out by bulknum worker on any host. Nothing is entered if
anything is wrong with any file.`,
		Example: `  bulknum fleet apply --queue --files files --yes`,
		Args:    takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !queued || dir == "" {
				return &usageError{errors.New("fleet apply needs --queue and --files DIR")}
			}
			files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
			if err != nil {
				return err
			}
			var entries []entry
			for _, path := range files {
				entries = append(entries, entry{account: strings.TrimSuffix(filepath.Base(path), ".csv"), file: path})
			}
			if len(entries) == 0 {
				return &configError{err: fmt.Errorf("--files %s: there is no file NAME.csv", dir)}
			}
			return enterFleet(a, cmd, entries, f.yes)
		},
	}
	f.define(cmd)
	flags := cmd.Flags()
	flags.StringVar(&dir, "files", "", "the folder `DIR` with a file for each account, NAME.csv")
	flags.BoolVar(&queued, "queue", false, "enter the runs, for workers on any host to carry out")
	mustBeAsked(flags, "files", "queue")
	defineAccounts(a, flags)
	inGroup(flags, whatGroup, "files", "queue", option.Accounts)
	return cmd
}
