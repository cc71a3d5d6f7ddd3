package cli

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// askedOnly are the flags that ask for something or disarm a guard: a forgotten
// export must not.
var askedOnly = []string{
	"after-later", "all", "allow-clear", "allow-lost-columns", "allow-partial-first-wave", "allow-partial-last-line",
	"allow-shared-iccid", "approved", "archive", "as-input", "check-routes", "check-subscribers", "continue", "deadline", "dry-run", "files", "first",
	"gate", "ignore-free-space", "include-failed", "keep",
	"keep-last", "max-changes", "max-changes-all", "max-invalid", "max-shrink", "only-numbers", "out", "plan", "queue", "reason", "unprotect", "retry-failed", "run", "sandbox",
	"sandbox-reset",
	"set", "skip-invalid", "start-new", "state", "store-trust-fs", "ticket", "wave-failures", "wave", "where", "yes",
}

// everyCommand calls visit with a fresh copy of each command of a fresh app.
func everyCommand(t *testing.T, lookup func(string) (string, bool), visit func(*app, *cobra.Command)) {
	t.Helper()
	a := &app{Streams: Streams{LookupEnv: lookup}}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Runnable() {
			cmd.InitDefaultHelpFlag()
			visit(a, cmd)
		}
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	walk(newRoot(a, nil))
}

// A flag that must be asked for has no environment variable; every other one
// has.
func TestWhatMustBeAskedHasNoVariable(t *testing.T) {
	var found []string
	var looked []string
	lookup := func(name string) (string, bool) {
		looked = append(looked, name)
		return "", false
	}
	everyCommand(t, lookup, func(a *app, cmd *cobra.Command) {
		looked = nil
		if err := environment(a.Streams, cmd, cmd.Root); err != nil {
			t.Fatal(err)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			variable := "BULKNUM_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
			must := slices.Contains(askedOnly, f.Name)
			if must {
				found = append(found, f.Name)
			}
			if has := slices.Contains(looked, variable); has == (must || f.Name == "help") {
				t.Errorf("%s --%s: its variable is looked up: %t", cmd.CommandPath(), f.Name, has)
			}
		})
	})
	for _, name := range askedOnly {
		if !slices.Contains(found, name) {
			t.Errorf("no command has --%s any more", name)
		}
	}
}

// Whatever the environment holds, a flag that must be asked for is as it was.
func TestWhatMustBeAskedStaysAsItWas(t *testing.T) {
	for _, value := range []string{"true", "100%", "1", "VoiceEnabled=yes"} {
		lookup := func(name string) (string, bool) {
			flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "BULKNUM_"), "_", "-"))
			if slices.Contains(askedOnly, flag) {
				return value, true
			}
			return "", false
		}
		everyCommand(t, lookup, func(a *app, cmd *cobra.Command) {
			if err := environment(a.Streams, cmd, cmd.Root); err != nil {
				t.Errorf("%s: %v", cmd.CommandPath(), err)
			}
			cmd.Flags().VisitAll(func(f *pflag.Flag) {
				if f.Changed || f.Value.String() != f.DefValue {
					t.Errorf("%s --%s: %s, set by its variable", cmd.CommandPath(), f.Name, f.Value)
				}
			})
		})
	}
}

// In --help a text has a name that says what it is, and not that of its Go type.
func TestEveryValueHasAName(t *testing.T) {
	everyCommand(t, nil, func(_ *app, cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			kind, usage := pflag.UnquoteUsage(f)
			switch kind {
			case "string", "strings", "stringArray":
				t.Errorf("%s --%s %s: what is it?", cmd.CommandPath(), f.Name, kind)
			}
			if usage == "" {
				t.Errorf("%s --%s: what is it for?", cmd.CommandPath(), f.Name)
			}
		})
	})
}

// docs/environment.md tells which flags have no environment variable, each once.
func TestTheDocumentTellsWhatMustBeAsked(t *testing.T) {
	readme, err := os.ReadFile("../../docs/environment.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(readme), "Every flag has an environment variable")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, name := range askedOnly {
		if n := strings.Count(list, "`--"+name+"`"); n != 1 {
			t.Errorf("docs/environment.md tells %d times of --%s", n, name)
		}
	}
}

// A guard is set by the flag of its name, and a document tells of it.
func TestAGuardHasTheFlagOfItsName(t *testing.T) {
	var flags []string
	everyCommand(t, nil, func(_ *app, cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	})
	source, err := os.ReadFile("../../batch/guard/limits.go")
	if err != nil {
		t.Fatal(err)
	}
	told := strings.Join(slices.Collect(maps.Values(documents(t))), "\n")
	guards := regexp.MustCompile(`Guard = "(.*)"`).FindAllStringSubmatch(string(source), -1)
	if len(guards) < 14 {
		t.Errorf("of the guards only %q are found", guards)
	}
	for _, g := range guards {
		if !slices.Contains(flags, g[1]) || !strings.Contains(told, "--"+g[1]) {
			t.Errorf("no flag --%s sets the guard of that name, or no document tells of it", g[1])
		}
	}
}

// A command is found by its name, without the others.
func TestCommandsAreMadeByTheirNames(t *testing.T) {
	for _, g := range commandGroups() {
		for _, c := range g.commands {
			root := newRoot(&app{}, []string{c.name, "--help"})
			if made := root.Commands(); !slices.ContainsFunc(made, func(cmd *cobra.Command) bool { return cmd.Name() == c.name }) || len(made) > len(topics())+2 {
				t.Errorf("%s: made are %d commands, topics among them", c.name, len(made))
			}
		}
	}
}
