package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/words"
)

const (
	// firstKinds is how many kinds of problems are printed before the rest is counted.
	firstKinds = 20
	// mostKinds is how many are told apart; a file in which each row has another problem has more.
	mostKinds = 1_000
	// firstSpans is how many spans of lines a kind names.
	firstSpans = 8
)

// problemList collects what is wrong with an input, as much of it as is printed. What is wrong
// in the same way, in the same column, is one kind; of names of routes, and of accounts, only the same name, because each is
// another mistake.
type problemList struct {
	name string
	// apart is the column whose values are told apart, and which no other command knows; "": there is none.
	apart string
	kinds []*problemKind
	known map[kindKey]*problemKind
	more  int // problems of kinds that are not told apart any more
}

// kindKey is what problems of one kind have in common.
type kindKey struct {
	column, message, run, name string
	warning                    bool
}

// problemKind is what is wrong in the same way: the first time, how often, and where.
type problemKind struct {
	first input.Problem
	count int
	spans []span
}

// span are lines that follow each other.
type span struct{ from, to int }

// listen takes in a run's events.
func (l *problemList) listen(e event.Event) {
	switch e := e.(type) {
	case event.Began:
		l.name = cmp.Or(l.name, e.Run.Source) // a plan that is applied, or a run that is resumed, knows its own
	case event.ProblemFound:
		l.add(e.Problem)
	}
}

// add takes in a problem.
func (l *problemList) add(p input.Problem) {
	name, _ := settings.RouteName(p.Value)
	if l.apart != "" && p.Column == l.apart {
		name = p.Value
	}
	key := kindKey{p.Column, p.Message, p.Run, name, p.Warning}
	kind := l.known[key]
	switch {
	case kind == nil && len(l.kinds) >= mostKinds:
		l.more++
		return
	case kind == nil:
		if l.known == nil {
			l.known = map[kindKey]*problemKind{}
		}
		kind = &problemKind{first: p}
		l.known[key] = kind
		l.kinds = append(l.kinds, kind)
	}
	kind.add(p.Line)
}

// add counts a problem, on a line after those of the others.
func (k *problemKind) add(line int) {
	k.count++
	if last := len(k.spans) - 1; last >= 0 && k.spans[last].to+1 >= line {
		k.spans[last].to = line
	} else if len(k.spans) <= firstSpans {
		k.spans = append(k.spans, span{line, line})
	}
}

// String is where the problems of a kind are: "1,400 times, on lines 2-1401"; of included rows "2 times, as lines 4-5".
func (k *problemKind) String() string {
	var lines []string
	for _, s := range k.spans[:min(len(k.spans), firstSpans)] {
		text := strconv.Itoa(s.from)
		if s.to > s.from {
			text += "-" + strconv.Itoa(s.to)
		}
		lines = append(lines, text)
	}
	if len(k.spans) > firstSpans {
		lines = append(lines, "…")
	}
	are := "on"
	if k.first.Run != "" {
		are = "as"
	}
	return fmt.Sprintf("%s times, %s lines %s", words.Count(k.count), are, strings.Join(lines, ", "))
}

// teller prints a line, as [Streams.line] does.
type teller func(level log.Level, prefix, format string, args ...any)

// show tells the first kinds of problems, errors before warnings, each located, with its cure and
// how often there is one, and counts the others: all of them once.
func (l *problemList) show(tell teller) {
	slices.SortStableFunc(l.kinds, func(a, b *problemKind) int { return grade(a.first) - grade(b.first) })
	more := l.more
	for n, kind := range l.kinds {
		if n >= firstKinds {
			more += kind.count
			continue
		}
		often := ""
		if kind.count > 1 {
			often = " (" + kind.String() + ")"
		}
		showProblem(tell, l.name, kind.first, often)
	}
	switch {
	case more > 0 && l.apart != "":
		tell(log.LevelInfo, "", "and %s more", words.Count(more))
	case more > 0:
		tell(log.LevelInfo, "", "and %s more; all of them: bulknum validate --%s %s", words.Count(more), option.Full, l.argument())
	}
	*l = problemList{name: l.name}
}

// grade orders problems: errors first.
func grade(p input.Problem) int {
	if p.Warning {
		return 1
	}
	return 0
}

// showProblem writes a problem, how often there is one like it, and its cure.
func showProblem(tell teller, name string, p input.Problem, often string) {
	tell(log.LevelWarn, "", "%s%s", locate(name, p), often)
	if hint := words.Hint(p); hint != "" {
		tell(log.LevelInfo, "    ", "hint: %s", hint)
	}
}

// showFor tells what made a file unreadable, unless it is the one problem that
// the error and its hint tell.
func (l *problemList) showFor(tell teller, e *input.FileError) {
	if len(e.Problems) == 1 && len(l.kinds) == 1 && l.kinds[0].count == 1 {
		*l = problemList{name: l.name}
	}
	l.show(tell)
}

// argument is the input as a command line names it.
func (l *problemList) argument() string {
	if l.name == standardInput {
		return "-"
	}
	return words.ShellWord(l.name)
}

// locate is a problem with its file and line: `rows.csv:17: Number "x": …`; of an included row, which the file does not have,
// `run first, included as line 17: Number "x": …`.
func locate(name string, p input.Problem) string {
	place := words.Printable(name)
	switch {
	case p.Run != "":
		place = fmt.Sprintf("run %s, included as line %d", words.Printable(p.Run), p.Line)
	case p.Line > 0:
		place = fmt.Sprintf("%s:%d", place, p.Line)
	}
	if p.Warning {
		place += ": warning"
	}
	p.Line = 0
	return fmt.Sprintf("%s: %s", place, p)
}
