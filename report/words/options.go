package words

import (
	"cmp"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
)

// optionFlags are the flags of options that take a value, or are to be left out.
var optionFlags = map[option.Name]string{
	option.Encoding:      "--" + option.Encoding + " NAME",
	option.IncludeFailed: "no --" + option.IncludeFailed,
	option.Map:           "--" + option.Map + " NAME=Number",
	option.RunsDir:       "--" + option.RunsDir + " DIR",
	option.Unprotect:     "--" + option.Unprotect + " RUN",
	option.Waves:         "--" + option.Waves + " column",
}

// WithOptions is what the library says to a person, with the flags of the options that it speaks of.
func WithOptions(text string, of []option.Name) string { return withFlags(text, of, "") }

// Hint is what to do about a problem of a file; "": nothing is known.
func Hint(p input.Problem) string { return withFlags(p.Hint, p.Options, ShellWord(p.Column)) }

func withFlags(text string, of []option.Name, column string) string {
	before := ": "
	for _, name := range of {
		flag := cmp.Or(optionFlags[name], "--"+string(name))
		if name == option.IgnoreColumn {
			flag += " " + column
		}
		text, before = text+before+flag, ", "
	}
	return text
}
