package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/report/words"
)

// firstProblems is how many problems are printed before the rest is counted.
const firstProblems = 20

// problemList collects what is wrong with an input, as much of it as is printed.
type problemList struct {
	name             string
	problems         []input.Problem
	errors, warnings int
}

// listen takes in a run's events.
func (l *problemList) listen(e event.Event) {
	if p, ok := e.(event.ProblemFound); ok {
		l.add(p.Problem)
	}
}

// add takes in a problem. Errors come before warnings when there are many.
func (l *problemList) add(p input.Problem) {
	if p.Warning {
		l.warnings++
	} else {
		l.errors++
	}
	if len(l.problems) < firstProblems {
		l.problems = append(l.problems, p)
		return
	}
	if p.Warning {
		return
	}
	for i, kept := range slices.Backward(l.problems) {
		if kept.Warning {
			l.problems = append(slices.Delete(l.problems, i, i+1), p)
			return
		}
	}
}

// show tells the first problems, located, each with its cure, and counts the
// others: all of them once.
func (l *problemList) show(w io.Writer) {
	for _, p := range l.problems {
		fmt.Fprintf(w, "%s\n", locate(l.name, p))
		if p.Hint != "" {
			fmt.Fprintf(w, "    hint: %s\n", p.Hint)
		}
	}
	if more := l.errors + l.warnings - len(l.problems); more > 0 {
		fmt.Fprintf(w, "and %d more; all of them: bulknum validate --json %s\n", more, l.argument())
	}
	*l = problemList{name: l.name}
}

// showFor tells what made a file unreadable, unless it is the one problem that
// the error and its hint tell.
func (l *problemList) showFor(w io.Writer, e *input.FileError) {
	if len(e.Problems) == 1 && l.errors+l.warnings == 1 {
		*l = problemList{name: l.name}
	}
	l.show(w)
}

// argument is the input as a command line names it.
func (l *problemList) argument() string {
	if l.name == standardInput {
		return "-"
	}
	return words.ShellWord(l.name)
}

// locate is a problem with its file and line: `rows.csv:17: Number "x": …`.
func locate(name string, p input.Problem) string {
	place := words.Printable(name)
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, p.Line)
	}
	if p.Warning {
		place += ": warning"
	}
	p.Line = 0
	return fmt.Sprintf("%s: %s", place, p)
}
