package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
)

// Standing is what a run is at, or what keeps it from going on there, and why.
func Standing(phase control.Phase, why string) string {
	text, why := Phase(phase), Printable(why)
	switch {
	case why == "":
		return text
	case strings.HasPrefix(why, text+" "): // as "paused by alice"
		return why
	default:
		return text + ": " + why
	}
}

// WaysOn are the commands that end what keeps a run from going on, by its name or folder.
func WaysOn(run string, ways []control.Way) []Step {
	var steps []Step
	for _, way := range ways {
		if step := wayOn(run, way); step.Command != "" {
			steps = append(steps, step)
		}
	}
	return steps
}

// Instead is the one that a run would do in place of what it was asked for, in words; "": none.
func Instead(run string, way control.Way) string {
	step := wayOn(run, way)
	if step.Command == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(step.What)
	return string(unicode.ToLower(first)) + step.What[size:] + ": " + step.Command
}

func wayOn(run string, way control.Way) Step {
	command := "bulknum ctl " + ShellWord(run) + " "
	switch way.Do {
	case event.CommandNext:
		return Step{fmt.Sprintf("Let wave %d begin", way.Wave), fmt.Sprintf("%snext %d", command, way.Wave)}
	case event.CommandContinue:
		return Step{"End the pause by " + Printable(way.Whose), command + "continue " + ShellWord(way.Whose)}
	default:
		return Step{}
	}
}
