package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandsOnly are the arguments of a command that has others below it, and takes no more than their names.
func commandsOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	known := &cobra.Command{}
	for _, c := range cmd.Commands() { // topics of help too, which are no commands
		known.AddCommand(&cobra.Command{Use: c.Name(), Run: func(*cobra.Command, []string) {}})
	}
	return &advisedError{
		error:  fmt.Errorf("%s has no command %q%s", cmd.CommandPath(), args[0], meant(known, args[0], "")),
		advice: cmd.CommandPath() + " --help lists the commands",
	}
}

// takesOne are the arguments of a command that takes one thing.
func takesOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 1:
			return nil
		case 0:
			return fmt.Errorf("%s takes a %s, and was given none", cmd.CommandPath(), what)
		default:
			return fmt.Errorf("%s takes one %s, and was given %d: %q", cmd.CommandPath(), what, len(args), args)
		}
	}
}

// takesNone are the arguments of a command that takes only flags.
func takesNone(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes only flags, and was given %q", cmd.CommandPath(), args[0])
}

// helpAsked lets help refuse what there is no help of, with what may have been meant: a command or a topic.
func helpAsked(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		panic(err) // it was made just now
	}
	help.RunE = func(_ *cobra.Command, args []string) error {
		of, rest, err := root.Find(args)
		if err != nil {
			return err
		}
		if len(rest) > 0 && of.HasSubCommands() {
			return &usageError{commandsOnly(of, rest)}
		}
		of.InitDefaultHelpFlag()
		return of.Help()
	}
}

// mistypedFlag is the error of a command line's flags, with what may have been meant by one that there is not.
func mistypedFlag(cmd *cobra.Command, err error) error {
	unknown, is := errors.AsType[*pflag.NotExistError](err)
	if !is {
		return err
	}
	known := &cobra.Command{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		known.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	return &advisedError{
		error:  fmt.Errorf("%w, which %s does not have%s", err, cmd.CommandPath(), meant(known, unknown.GetSpecifiedName(), "--")),
		advice: cmd.CommandPath() + " --help lists its flags",
	}
}

// nearEnough is how many letters of a word may be wrong for it to be known.
const nearEnough = 2

// meant asks for the nearest of the commands below one, if one is near.
func meant(cmd *cobra.Command, word, prefix string) string {
	for wrong := 1; wrong <= nearEnough; wrong++ {
		cmd.SuggestionsMinimumDistance = wrong
		if near := cmd.SuggestionsFor(word); len(near) > 0 {
			return ": is " + prefix + near[0] + " meant?"
		}
	}
	return ""
}
