package cli

import (
	"strconv"
	"testing"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/client"
)

// The defaults of flags are those of batch and client, in every command.
func TestDefaultsOfFlags(t *testing.T) {
	d := batch.Defaults()
	defaults := map[string]string{
		"rate": client.DefaultRate().String(), "timeout": plan.Duration(client.DefaultTimeout),
		"workers": strconv.Itoa(d.Workers), "read": string(d.Read), "write-only": string(d.WriteOnly), "keep": plan.Duration(d.Keep),
		"max-failures": d.MaxFailures.String(), "max-shrink": d.Guards.MaxShrink.String(), "max-invalid": d.Guards.MaxInvalid.String(),
		"max-age": plan.Duration(d.StateMaxAge), "max-plan-age": plan.Duration(d.ApprovedMaxAge), "verify": d.Verify.String(),
	}
	found := map[string]bool{}
	everyCommand(t, nil, func(_ *app, cmd *cobra.Command) {
		for name, want := range defaults {
			flag := cmd.Flags().Lookup(name)
			if flag == nil || cmd.Name() == "prune" { // there it has no default
				continue
			}
			found[name] = true
			if flag.DefValue != want {
				t.Errorf("%s --%s: the default is %s, not %s", cmd.CommandPath(), name, flag.DefValue, want)
			}
		}
	})
	if len(found) != len(defaults) {
		t.Errorf("of %d flags only %v are found", len(defaults), found)
	}
}
