package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Each flag of a command whose help has groups is in one of them, and is shown once.
func TestEachFlagIsInOneGroup(t *testing.T) {
	grouped := 0
	everyCommand(t, func(string) (string, bool) { return "", false }, func(_ *app, cmd *cobra.Command) {
		flags := cmd.LocalFlags()
		has := false
		flags.VisitAll(func(f *pflag.Flag) { has = has || groupOf(f) != "" && f.Name != "help" })
		if !has {
			return
		}
		grouped++
		usage := cmd.UsageString()
		flags.VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(flagGroups(), groupOf(f)) {
				t.Errorf("%s --%s is in the group %q", cmd.CommandPath(), f.Name, groupOf(f))
			}
			shown := regexp.MustCompile(`(?m)^  (    |-\w, )--`+regexp.QuoteMeta(f.Name)+`( |$)`).FindAllString(usage, -1)
			if len(shown) != 1 {
				t.Errorf("%s --help shows --%s %d times", cmd.CommandPath(), f.Name, len(shown))
			}
		})
	})
	if grouped != 15 {
		t.Errorf("%d commands have groups", grouped)
	}
}

// Help has no line that is longer than the terminal is wide, nor than reads well, but for examples, which are to be
// pasted.
func TestHelpFitsTheTerminal(t *testing.T) {
	for width, most := range map[int]int{0: 100, 80: 80, 300: 100} {
		a := &app{Streams: Streams{LookupEnv: func(string) (string, bool) { return "", false }}}
		a.OutTerminal, a.OutWidth = width > 0, func() int { return width }
		pages := []*cobra.Command{newRoot(a, nil)}
		for len(pages) > 0 {
			cmd := pages[0]
			pages = append(pages[1:], cmd.Commands()...)
			for line := range strings.Lines(cmd.Long + "\n" + strings.Replace(cmd.UsageString(), cmd.Example, "", 1)) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > most {
					t.Errorf("a terminal of %d columns: %s: %d columns: %s", width, cmd.CommandPath(), n, line)
				}
			}
		}
	}
}
