package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a container has no zones of its own

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environment sets the flags that the command line did not from their
// variables, and refuses variables of the system that would be passed over without a
// word. All that cannot be read are told at once. The tree has all commands, with their flags.
func environment(s Streams, cmd *cobra.Command, tree func() *cobra.Command) error {
	if unknown := unknownVariables(s, cmd, tree); len(unknown) > 0 {
		return &configError{err: errors.Join(unknown...), hint: "unset it; --help lists the flags, whose variables are " +
			environmentPrefix + " and their names in capitals. On Kubernetes, enableServiceLinks: false keeps those of services away"}
	}
	var wrong []error
	for _, f := range flagsOf(cmd) {
		value, ok := s.LookupEnv(f.variable)
		if !ok || value == "" || f.Changed {
			continue
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s=%s: %w", f.variable, value, errors.Unwrap(err)))
		}
	}
	if len(wrong) > 0 {
		return &configError{err: errors.Join(wrong...), hint: "unset the variable, or give it a value that --help allows"}
	}
	return zone(s)
}

// unknownVariables are the errors for variables that are set and are no flag's of the command, nor of another one of the
// tree, nor have another meaning here. Their values are not shown.
func unknownVariables(s Streams, cmd *cobra.Command, tree func() *cobra.Command) []error {
	if s.Environ == nil {
		return nil
	}
	tree = sync.OnceValue(tree)
	var wrong []error
	for _, pair := range s.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if value == "" || !strings.HasPrefix(name, environmentPrefix) || strings.HasPrefix(name, gateVariables) ||
			slices.Contains([]string{notifyVariable, storeVariable, storeVariable + "_FILE"}, name) {
			continue
		}
		if _, read := flagWith(cmd, name); read {
			continue
		}
		switch f, read := flagWith(tree(), name); {
		case f == nil:
			wrong = append(wrong, fmt.Errorf("%s is set: no flag has this variable", name))
		case !read:
			wrong = append(wrong, fmt.Errorf("%s is set: --%s has no variable, it must be given each time", name, f.Name))
		}
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return wrong
}

// flagWith is the flag, of a command or of those below it, that has a variable or would have it; read reports whether
// one of them has.
func flagWith(cmd *cobra.Command, variable string) (found *pflag.Flag, read bool) {
	name := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, environmentPrefix), "_", "-"))
	if f := cmd.Flags().Lookup(name); f != nil && variableOf(f) == variable {
		found, read = f, hasVariable(f)
	}
	for _, child := range cmd.Commands() {
		if f, reads := flagWith(child, variable); f != nil && !read {
			found, read = f, reads
		}
	}
	return found, read
}

// utc is the name of the zone that the library falls back to.
const utc = "UTC"

// zone refuses a time zone that is not known: the clock would be that of UTC, and a
// deadline of 04:00 hours away from the one that is meant.
func zone(s Streams) error {
	name := s.getenv("TZ")
	if asked := strings.TrimPrefix(name, ":"); asked == "" || asked == utc || time.Local.String() != utc {
		return nil
	}
	return &configError{
		err:  fmt.Errorf("the time zone TZ=%s is not known: times of day would be those of UTC", name),
		hint: "name a zone as in TZ=Europe/Berlin, without blanks, or TZ=UTC; rules as in CET-1CEST are not read",
	}
}
