package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// day is as long as people mean when they count days back; maxDays is a century.
const (
	day     = 24 * time.Hour
	maxDays = 36525
)

// parseDuration reads a length of time as in 30m or 1h30m, or in whole days as
// in 90d; not below zero.
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no length of time: write 30m, 12h or 90d", text)
	if count, ok := strings.CutSuffix(text, "d"); ok {
		days, err := strconv.Atoi(count)
		if err != nil || days < 0 || days > maxDays {
			return 0, wrong
		}
		return time.Duration(days) * day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, wrong
	}
	return d, nil
}

// inDays writes whole days as [parseDuration] reads them.
func inDays(d time.Duration) string { return fmt.Sprintf("%dd", d/day) }

// parseKeep reads for how long runs are kept; 0 is none of them removed. That is
// never less than a day: what a job did must be there the morning after.
func parseKeep(text string) (time.Duration, error) {
	if text == "none" {
		return 0, nil
	}
	d, err := parseDuration(text)
	if err == nil && d < day {
		err = fmt.Errorf("%q is less than a day: write 90d, or none", text)
	}
	return d, err
}
