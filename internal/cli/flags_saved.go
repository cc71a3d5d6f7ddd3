package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// deadlineFlag is the flag of the deadline, which is saved as a moment, holdFileFlag and
// protectFlag those of files, which are saved with their whole paths.
const (
	deadlineFlag = option.Deadline
	holdFileFlag = "hold-file"
	protectFlag  = "protect"
)

// savedOption is one of a run's saved options, as its flag reads and writes it.
type savedOption interface {
	set(text string) error
	text() string // "": it was not given
}

// typed is a saved option of a type.
type typed[T any] struct {
	option **T
	parse  func(string) (T, error)
}

func (o typed[T]) set(text string) error {
	value, err := o.parse(text)
	*o.option = &value
	return err
}

func (o typed[T]) text() string {
	if *o.option == nil {
		return ""
	}
	switch value := any(**o.option).(type) {
	case time.Time:
		return value.Format(time.RFC3339)
	case time.Duration:
		return plan.Duration(value)
	default:
		return fmt.Sprint(value)
	}
}

// plainText is a text as it is.
func plainText(text string) (string, error) { return text, nil }

// inherited are the saved options that a resumed run uses again, by flag.
func inherited(o *runs.SavedOptions) map[string]savedOption {
	duration := func(option **time.Duration) savedOption { return typed[time.Duration]{option, parseDuration} }
	return map[string]savedOption{
		"rate":            typed[client.Rate]{&o.Rate, client.ParseRate},
		"min-rate":        typed[client.Rate]{&o.MinRate, parseLeastRate},
		"workers":         typed[int]{&o.Workers, strconv.Atoi},
		option.Timeout:    duration(&o.Timeout),
		"max-attempts":    typed[int]{&o.MaxAttempts, strconv.Atoi},
		"max-retry-after": duration(&o.MaxRetryAfter),
		"outage-wait":     duration(&o.OutageWait),
		maxFailuresFlag:   typed[plan.Limit]{&o.MaxFailures, plan.ParseLimit},
		"verify":          typed[plan.Sample]{&o.Verify, plan.ParseSample},
		"pause-between":   duration(&o.PauseBetween),
		"propagation":     duration(&o.Propagation),
		"wave-failures":   typed[plan.Limit]{&o.WaveFailures, plan.ParseLimit},
		"gate-timeout":    duration(&o.GateTimeout),
		"recheck":         duration(&o.Recheck),
		"wait-for":        duration(&o.WaitFor),
		option.SecondPass: duration(&o.SecondPass),
		"read-lag":        duration(&o.ReadLag),
		"require-fit":     typed[bool]{&o.RequireFit, strconv.ParseBool},
		protectFlag:       typed[string]{&o.Protect, filepath.Abs},
		holdFileFlag:      typed[string]{&o.HoldFile, filepath.Abs}, // a resume may start elsewhere
		hoursFlag:         typed[hours.Hours]{&o.Hours, hours.Parse},
		deadlineFlag:      typed[time.Time]{&o.Deadline, func(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) }},
	}
}

// safeguards are those that must be given anew when a run is resumed, by flag.
func safeguards(o *runs.SavedOptions) map[string]savedOption {
	return map[string]savedOption{
		"gate":             typed[string]{&o.Gate, plainText},
		"confirm-waves":    typed[bool]{&o.ConfirmWaves, strconv.ParseBool},
		"reserve-rollback": typed[bool]{&o.ReserveRollback, strconv.ParseBool},
	}
}

// saved are those that were given, or taken over.
func saved(flags *pflag.FlagSet, deadline time.Time) (o runs.SavedOptions, err error) {
	options := inherited(&o)
	maps.Copy(options, safeguards(&o))
	delete(options, deadlineFlag)
	for name, option := range options {
		flag := flags.Lookup(name)
		if flag == nil || !flag.Changed || flag.Value.String() == "" && (name == holdFileFlag || name == protectFlag) {
			continue
		}
		if err := option.set(flag.Value.String()); err != nil {
			return o, fmt.Errorf("--%s: %w", name, err)
		}
	}
	if !deadline.IsZero() {
		o.Deadline = &deadline
	}
	if f := flags.Lookup(accountFlag); f != nil {
		o.Account = f.Value.String()
	}
	if f := flags.Lookup(accountsFlag); f != nil && o.Account != "" && f.Value.String() != f.DefValue {
		o.Accounts, err = filepath.Abs(f.Value.String()) // a resume may start elsewhere
	}
	return o, err
}

// inherit sets the saved options of a run, or of a plan, that no flag gives, whatever the
// environment has, and prints them after what they are used for. A deadline that is over is refused.
func inherit(s Streams, flags *pflag.FlagSet, run *runs.Run, what string) error {
	before := run.Saved()
	options := inherited(&before)
	var told []string
	for _, name := range slices.Sorted(maps.Keys(options)) {
		flag, text := flags.Lookup(name), options[name].text()
		if flag == nil || givenAsFlag(flag) || text == "" {
			continue
		}
		if name == deadlineFlag && !before.Deadline.After(time.Now()) {
			return guard.Refuse(fmt.Sprintf("run %s has --deadline %s, which is over: give a later one, or --deadline %s", run.Identity.Name, text, noDeadline))
		}
		if err := flags.Set(name, text); err != nil {
			return &configError{err: fmt.Errorf("run %s: --%s %s: %w", run.Identity.Name, name, text, cmp.Or(errors.Unwrap(err), err)), hint: "give --" + name}
		}
		told = append(told, asGiven(flag, text))
	}
	if len(told) > 0 {
		s.note("run %s: %s: %s", run.Identity.Name, what, strings.Join(told, " "))
	}
	return nil
}

// asGiven is a flag as it is given on a command line.
func asGiven(flag *pflag.Flag, text string) string {
	switch flag.NoOptDefVal { // which flags have that need no value
	case "":
		return "--" + flag.Name + " " + words.ShellWord(text)
	case text:
		return "--" + flag.Name
	default:
		return "--" + flag.Name + "=" + words.ShellWord(text)
	}
}
