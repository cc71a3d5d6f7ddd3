package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/words"
)

// sliceFlags say into which waves a run is sliced, and by when it is to be done:
// what a plan can tell of them beforehand.
type sliceFlags struct {
	waves    plan.Waves
	maxWave  int
	verify   plan.Sample
	pause    time.Duration
	takes    plan.Propagation
	deadline time.Time
	hours    hours.Hours
}

// hoursFlag is the flag of the hours in which rows may be begun.
const hoursFlag = "hours"

// defineHours defines them for a run that is not there to take another one back.
func (f *sliceFlags) defineHours(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.hours, hoursFlag, hours.Hours(nil).String(), "HH:MM-HH:MM", "begin no row outside these hours, local time, as in 22:00-04:00 or 12:00-13:00,22:00-04:00: wait for them, and stop when they end, for --continue or resume to go on", hours.Parse)
	inGroup(flags, timeGroup, hoursFlag)
}

// define defines them for a run that is begun.
func (f *sliceFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.waves, "waves", "", "SIZES", "send in waves, and read each back: sizes, each together with the waves before it, as in 10,5%,25%,100%", plan.ParseWaves)
	flags.IntVar(&f.maxWave, "max-wave", 0, "with --waves, at most `N` rows in a wave: larger ones are split (default: any number)")
	inGroup(flags, waveGroup)
	f.defineGoing(cmd)
}

// defineGoing defines those of every execution.
func (f *sliceFlags) defineGoing(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.verify, "verify", batch.Defaults().Verify.String(), "all|none|N", "how many numbers of a wave are read back", plan.ParseSample)
	durationVar(flags, &f.pause, "pause-between", 0, "how long to wait between waves (default: not at all)")
	f.takes = batch.Defaults().Propagation
	parsedVar(flags, &f.takes, "propagation", "", "DURATION", "how long to wait after a wave until what it changed is in service, before it is read back and judged (default: "+plan.Duration(f.takes.For)+" where the wave changes VoiceRouteId, but not with --sandbox or in a rollback, else 0)", func(text string) (plan.Propagation, error) {
		takes, err := parseDuration(text)
		return plan.Propagation{For: takes}, err
	})
	parsedVar(flags, &f.deadline, option.Deadline, "", "TIME", "start no row after this: a local time such as 04:00, a duration, or none", func(text string) (time.Time, error) {
		return parseDeadline(text, time.Now())
	})
	inGroup(flags, waveGroup, "verify", "pause-between", "propagation")
	inGroup(flags, timeGroup, option.Deadline)
	mustBeAsked(flags, "deadline")
}

// apply adds them to a configuration.
func (f *sliceFlags) apply(config *batch.Config) error {
	if f.maxWave < 0 {
		return &usageError{fmt.Errorf("--max-wave %d: must be at least 1, or 0 for any number", f.maxWave)}
	}
	if begins, _ := f.hours.Next(time.Now()); !f.deadline.IsZero() && !f.deadline.After(begins) {
		return &configError{
			err: fmt.Errorf("no row could be sent: the deadline of %s comes before the hours %s begin, at %s",
				f.deadline.Local().Format(words.Clock), f.hours, begins.Format(words.Clock)),
			hint: fmt.Sprintf("give a later --%s, or --%s %s, or other --%s", option.Deadline, option.Deadline, noDeadline, hoursFlag),
		}
	}
	config.Hours = f.hours
	config.Waves, config.MaxWave = f.waves, f.maxWave
	config.Verify, config.PauseBetween, config.Propagation, config.Deadline = f.verify, f.pause, f.takes, f.deadline
	return nil
}

// waveFlags say when the next wave may begin.
type waveFlags struct {
	failures plan.Limit
	confirm  bool
	gate     string
	timeout  time.Duration
	reserve  bool
	partial  bool
}

func (f *waveFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.failures, option.WaveFailures, batch.Defaults().WaveFailures.String(), "N|P%", "stop after a wave of which more rows failed, are unknown, pending, in conflict, drifted, unreadable or not sent for want of a SIM (default: one such row is enough)", plan.ParseLimit)
	flags.BoolVar(&f.confirm, option.ConfirmWaves, false, "ask on the terminal after each wave whether to continue")
	flags.StringVar(&f.gate, option.Gate, "", "run this `COMMAND` after each wave: unless its exit code is 0, the next wave is held")
	durationVar(flags, &f.timeout, "gate-timeout", 5*time.Minute, "how long the command of --gate may take")
	flags.BoolVar(&f.reserve, option.ReserveRollback, false, "stop at the point of no return, after which a rollback would not end before --deadline")
	flags.BoolVar(&f.partial, "allow-partial-first-wave", false, "off a terminal, begin although the first wave lacks some shape, which is a kind of change")
	inGroup(flags, waveGroup)
	mustBeAsked(flags, "wave-failures", "gate", "allow-partial-first-wave")
}

// apply adds them to a configuration.
func (f *waveFlags) apply(a *app, config *batch.Config) error {
	switch {
	case f.reserve && config.Deadline.IsZero():
		return &usageError{errors.New("--reserve-rollback needs a --deadline before which a rollback is to end")}
	case f.confirm && !a.InTerminal:
		return guard.Refuse("--confirm-waves: there is no terminal to ask on")
	}
	config.WaveFailures, config.ReserveRollback = f.failures, f.reserve
	if f.confirm {
		config.ConfirmWave = a.confirmWave
	}
	if f.gate != "" {
		g := gate{command: f.gate, timeout: f.timeout, lookup: a.LookupEnv}
		config.Gate = g.ask
	}
	return nil
}
