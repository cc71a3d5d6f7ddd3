package cli

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/mask"
)

const maskFlag = "mask"

// defineMask defines the flag of reports that are sent around.
func defineMask(flags *pflag.FlagSet, to *bool) {
	flags.BoolVar(to, maskFlag, false, "hide the middle of numbers, names, subscribers and SIMs, also in errors, for mails and tickets")
}

// masker is what hides them in what is told of a run; nil: nobody asked for it.
func masker(ctx context.Context, run *runs.Run, asked bool) (*mask.Masker, error) {
	if !asked {
		return nil, nil
	}
	return mask.Of(ctx, run)
}
