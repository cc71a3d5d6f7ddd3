package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/plan"
)

// maxDays is a century.
const maxDays = 36525

// parseDuration reads a length of time as in 30m or 1h30m, or in whole days as
// in 90d; not below zero.
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no length of time: write 30m, 12h or 90d", text)
	if count, ok := strings.CutSuffix(text, "d"); ok {
		days, err := strconv.Atoi(count)
		if err != nil || days < 0 || days > maxDays {
			return 0, wrong
		}
		return time.Duration(days) * plan.Day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, wrong
	}
	return d, nil
}

// parseKeep reads for how long runs are kept; 0 is none of them removed. That is
// never less than a day: what a job did must be there the morning after.
func parseKeep(text string) (time.Duration, error) {
	if text == "none" {
		return 0, nil
	}
	d, err := parseDuration(text)
	if err == nil && d < plan.Day {
		err = fmt.Errorf("%q is less than a day: write 90d, or none", text)
	}
	return d, err
}

// durationVar defines a flag whose value is a length of time, as [parseDuration] reads
// it. A default of 0 is not shown.
func durationVar(flags *pflag.FlagSet, target *time.Duration, name string, standard time.Duration, usage string) {
	text := ""
	if standard != 0 {
		text = plan.Duration(standard)
	}
	parsedVar(flags, target, name, text, "DURATION", usage, parseDuration)
}
