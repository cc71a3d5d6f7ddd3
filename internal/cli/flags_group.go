package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is what flags have in common, as --help shows them of a command that has many.
type flagGroup string

// The groups.
const (
	whatGroup   flagGroup = "What is done"
	inputGroup  flagGroup = "Input"
	planGroup   flagGroup = "Plan"
	guardGroup  flagGroup = "Guards"
	rateGroup   flagGroup = "Rate and patience"
	timeGroup   flagGroup = "Time"
	waveGroup   flagGroup = "Waves"
	runGroup    flagGroup = "Run and store"
	outputGroup flagGroup = "Output"
	serveGroup  flagGroup = "What is served"
	answerGroup flagGroup = "How it answers"
	faultGroup  flagGroup = "Quota and faults"
)

// flagGroups are all of them, in the order in which they are shown.
func flagGroups() []flagGroup {
	return []flagGroup{
		serveGroup, answerGroup, faultGroup,
		whatGroup, inputGroup, planGroup, guardGroup, rateGroup, timeGroup, waveGroup, runGroup, outputGroup,
	}
}

// groupAnnotation has a flag's group.
const groupAnnotation = "group"

// inGroup puts flags into a group; without names all that have none yet.
func inGroup(flags *pflag.FlagSet, g flagGroup, names ...string) {
	for _, name := range names {
		annotate(flags.Lookup(name), groupAnnotation, string(g))
	}
	if len(names) > 0 {
		return
	}
	sorted := flags.SortFlags
	flags.SortFlags = false // in any order: they would be sorted anew for each group
	flags.VisitAll(func(f *pflag.Flag) {
		if groupOf(f) == "" {
			annotate(f, groupAnnotation, string(g))
		}
	})
	flags.SortFlags = sorted
}

// groupOf is a flag's group; "" is none.
func groupOf(f *pflag.Flag) flagGroup {
	if of := f.Annotations[groupAnnotation]; len(of) > 0 {
		return flagGroup(of[0])
	}
	return ""
}

// annotate adds an annotation to a flag.
func annotate(f *pflag.Flag, name string, values ...string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[name] = values
}

// flagsInTemplate is where cobra's template of the usage lists a command's flags.
const flagsInTemplate = "\n\nFlags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}"

// wrapFlags lets --help break the lines of flags, of the command and of those below it, at the terminal's width.
func wrapFlags(s Streams, cmd *cobra.Command) {
	cmd.SetUsageTemplate(strings.ReplaceAll(cmd.UsageTemplate(), "FlagUsages ", fmt.Sprintf("FlagUsagesWrapped %d ", s.helpWidth())))
}

// helpWidth is after how many columns a line of --help is broken: that of the terminal, and what reads well.
func (s Streams) helpWidth() int {
	const readsWell = 100
	if width := s.outWidth(); width > 0 {
		return min(width, readsWell)
	}
	return readsWell
}

// hasGroups reports whether some of the flags are in groups.
func hasGroups(flags *pflag.FlagSet) (grouped bool) {
	flags.VisitAll(func(f *pflag.Flag) { grouped = grouped || groupOf(f) != "" })
	return grouped
}

// showGroups lets --help show a command's flags by their groups, if they have any, in the order in which they are
// defined, the most used first.
func showGroups(s Streams, cmd *cobra.Command) {
	if !hasGroups(cmd.Flags()) {
		return
	}
	cmd.Flags().SortFlags = false
	cmd.InitDefaultHelpFlag()
	inGroup(cmd.Flags(), outputGroup, "help")
	cmd.SetUsageFunc(func(cmd *cobra.Command) error { // few ask, and it is some work
		cmd.SetUsageFunc(nil)
		groups := groupedUsages(s, cmd.Flags())
		cmd.SetUsageTemplate(strings.Replace(new(cobra.Command).UsageTemplate(), flagsInTemplate, groups, 1))
		return cmd.Usage()
	})
}

// groupedUsages are the usages of flags, those of each group under its name.
func groupedUsages(s Streams, flags *pflag.FlagSet) string {
	var b strings.Builder
	for _, g := range flagGroups() {
		of := pflag.NewFlagSet("", pflag.ContinueOnError)
		of.SortFlags = false
		flags.VisitAll(func(f *pflag.Flag) {
			if groupOf(f) == g {
				of.AddFlag(f)
			}
		})
		if of.HasFlags() {
			b.WriteString("\n\n" + string(g) + ":\n" + strings.TrimRight(of.FlagUsagesWrapped(s.helpWidth()), "\n"))
		}
	}
	return b.String()
}
