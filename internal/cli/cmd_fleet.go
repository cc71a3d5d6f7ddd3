package cli

import (
	"github.com/spf13/cobra"
)

func fleetCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fleet",
		Short: "Work for many accounts",
		Long: `Work for many accounts, each with a file in the folder of --accounts. With a
store in PostgreSQL, bulknum fleet apply --queue leaves the work to workers on
any number of hosts (bulknum help worker).`,
		Args: commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	apply := fleetApplyCommand(a)
	showGroups(a.Streams, apply)
	cmd.AddCommand(apply, fleetStatusCommand(a), fleetCancelCommand(a))
	return cmd
}
