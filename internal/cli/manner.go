package cli

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/runs"
)

// deadlineFlag is the flag of the deadline, which is kept as a moment, and
// holdFileFlag that of the hold file, which is kept with its whole path.
const (
	deadlineFlag = "deadline"
	holdFileFlag = "hold-file"
)

// mannerFlags say how a run is sent: whoever goes on with it means the same,
// unless they are given anew.
func mannerFlags() []string {
	return []string{
		runs.MannerOfRate, "workers", "timeout", "max-attempts", "max-retry-after", "outage-wait", "max-failures",
		"verify", "pause-between", "wave-failures", "gate-timeout", "recheck", "wait-for", holdFileFlag,
		deadlineFlag, "require-fit",
	}
}

// manner are those that were given, or taken over.
func manner(flags *pflag.FlagSet, deadline time.Time) (runs.Manner, error) {
	given := runs.Manner{}
	for _, name := range mannerFlags() {
		if flag := flags.Lookup(name); flag != nil && flag.Changed {
			given[name] = flag.Value.String()
		}
	}
	if path := given[holdFileFlag]; path != "" {
		whole, err := filepath.Abs(path) // whoever goes on may do so elsewhere
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", holdFileFlag, err)
		}
		given[holdFileFlag] = whole
	}
	if delete(given, deadlineFlag); !deadline.IsZero() {
		given[deadlineFlag] = deadline.Format(time.RFC3339)
	}
	return given, nil
}

// inherit goes on as a run was sent before, or as a plan was made: it sets the
// flags of that which are not given, and tells them after how, which says it. A
// deadline that is over is refused.
func (a *app) inherit(flags *pflag.FlagSet, run *runs.Run, how string) error {
	manner := run.Manner()
	var told []string
	for _, name := range slices.Sorted(maps.Keys(manner)) {
		flag, text := flags.Lookup(name), manner[name]
		if flag == nil || flag.Changed {
			continue
		}
		if at, err := time.Parse(time.RFC3339, text); name == deadlineFlag && err == nil && !at.After(time.Now()) {
			what := fmt.Sprintf("run %s has --deadline %s, which is over: give a later one, or --deadline %s", run.Identity.Name, text, noDeadline)
			return guard.Refuse(what)
		}
		if err := flags.Set(name, text); err != nil {
			return &configError{err: fmt.Errorf("run %s: --%s %s: %w", run.Identity.Name, name, text, cmp.Or(errors.Unwrap(err), err)), hint: "give --" + name}
		}
		told = append(told, asGiven(flag, text))
	}
	if len(told) > 0 {
		fmt.Fprintf(a.Err, "bulknum: run %s %s: %s\n", run.Identity.Name, how, strings.Join(told, " "))
	}
	return nil
}

// asGiven is a flag as it is given on a command line.
func asGiven(flag *pflag.Flag, text string) string {
	switch flag.NoOptDefVal { // which flags have that need no value
	case "":
		return "--" + flag.Name + " " + quote(text)
	case text:
		return "--" + flag.Name
	default:
		return "--" + flag.Name + "=" + quote(text)
	}
}
