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
	return &advisedError{
		error:  fmt.Errorf("%s has no command %q%s", cmd.CommandPath(), args[0], meant(cmd, args[0], "")),
		advice: cmd.CommandPath() + " --help lists the commands",
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
