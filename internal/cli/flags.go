package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagOnly marks flags that have no environment variable, because they ask for
// something or disarm a guard: a forgotten export must not.
const flagOnly = "flag-only"

// mustBeAsked marks flags as [flagOnly].
func mustBeAsked(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		annotate(flags.Lookup(name), flagOnly)
	}
}

// onCommandLine marks flags of the command line; those that the environment or a run's saved options set are not.
const onCommandLine = "on-command-line"

// markGiven marks the flags of the command line as [onCommandLine], before anything else sets one.
func markGiven(flags *pflag.FlagSet) {
	flags.Visit(func(f *pflag.Flag) { annotate(f, onCommandLine) })
}

// givenAsFlag reports whether a flag, which may be nil, was given on the command line.
func givenAsFlag(f *pflag.Flag) bool {
	if f == nil {
		return false
	}
	_, given := f.Annotations[onCommandLine]
	return given
}

// environmentPrefix is how every variable of this program's own begins.
const environmentPrefix = "BULKNUM_"

// envFlag is a flag with its environment variable.
type envFlag struct {
	*pflag.Flag
	variable string
}

// variableOf is the name of the variable that a flag has, or would have.
func variableOf(f *pflag.Flag) string { return variableName(f.Name) }

// variableName is the variable of the flag of a name.
func variableName(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasVariable reports whether a flag is set by its environment variable.
func hasVariable(f *pflag.Flag) bool {
	_, only := f.Annotations[flagOnly]
	return !only && f.Name != "help"
}

// flagsOf returns the flags of a command that have an environment variable.
func flagsOf(cmd *cobra.Command) []envFlag {
	var found []envFlag
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if hasVariable(f) {
			found = append(found, envFlag{Flag: f, variable: variableOf(f)})
		}
	})
	return found
}

// parsed is a flag whose text a function reads, and which is shown as it was
// given.
type parsed[T any] struct {
	target *T
	text   string
	kind   string
	parse  func(string) (T, error)
	// repeated tells that each text is added to those before, and given are all of them.
	repeated bool
	given    []string
}

// Given are the texts that the flag was given.
func (p *parsed[T]) Given() []string {
	if p.repeated {
		return p.given
	}
	return []string{p.text}
}

// parsedVar defines a flag whose text parse reads. The default is read in the
// same way, so it must be good.
func parsedVar[T any](flags *pflag.FlagSet, target *T, name, standard, kind, usage string, parse func(string) (T, error)) {
	p := &parsed[T]{target: target, kind: kind, parse: parse}
	if standard != "" {
		if err := p.Set(standard); err != nil {
			panic("default of --" + name + ": " + err.Error())
		}
	}
	flags.Var(p, name, usage)
}

// oneOf is the kind of a flag that takes one of some words.
func oneOf[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, "|")
}

// repeatedVar defines a flag that may be given several times: each text is
// added to what was given before.
func repeatedVar[T any](flags *pflag.FlagSet, target *T, name, kind, usage string, add func(T, string) (T, error)) {
	p := &parsed[T]{target: target, kind: kind, repeated: true}
	p.parse = func(text string) (T, error) { return add(*target, text) }
	flags.Var(p, name, usage)
}

// Set is of [pflag.Value].
func (p *parsed[T]) Set(text string) error {
	value, err := p.parse(text)
	if err != nil {
		return err
	}
	*p.target, p.text = value, text
	p.given = append(p.given, text)
	return nil
}

// String is of [pflag.Value].
func (p *parsed[T]) String() string { return p.text }

// Type is of [pflag.Value].
func (p *parsed[T]) Type() string { return p.kind }
