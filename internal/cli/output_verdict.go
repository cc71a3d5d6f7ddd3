package cli

import (
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/words"
)

// Verdict is what validate says of a file in the end.
type Verdict struct {
	// File is what people call the file.
	File string `json:"-"`
	// Readable tells that the file could be read to its end.
	Readable bool `json:"readable"`
	input.Counts
	// Named is in how many rows a route is named, which is looked up later.
	Named    int `json:"named,omitempty"`
	mistakes int // in a file that cannot be read
}

// String is the verdict in a line.
func (v Verdict) String() string {
	if !v.Readable {
		return words.Printable(v.File) + ": cannot be read as a file of rows"
	}
	return fmt.Sprintf("%s: %s: %s valid, %s invalid, %s repeated; %s",
		words.Printable(v.File), words.CountOf(v.Rows, "row"), words.Count(v.Valid), words.Count(v.Invalid), words.Count(v.Duplicate), words.CountOf(v.Warnings, "warning"))
}

// failure is the error that the verdict means.
func (v Verdict) failure() error {
	switch {
	case !v.Readable:
		return &configError{err: fmt.Errorf("%s: %s in the file itself", v.File, words.CountOf(v.mistakes, "mistake"))}
	case v.Rows == 0:
		return &configError{err: fmt.Errorf("%s: there are no rows", v.File)}
	case v.Invalid == 1:
		return &configError{err: fmt.Errorf("%s: 1 of %s is invalid", v.File, words.CountOf(v.Rows, "row"))}
	case v.Invalid > 0:
		return &configError{err: fmt.Errorf("%s: %d of %s are invalid", v.File, v.Invalid, words.CountOf(v.Rows, "row"))}
	default:
		return nil
	}
}

// verdictWriter writes what validate says.
type verdictWriter interface {
	// add takes a problem in.
	add(p input.Problem)
	// end concludes with the verdict.
	end(v Verdict) error
	// cut ends without one.
	cut() error
}

// verdictText is for people: the first kinds of problems, or in full every problem, and the
// verdict in a line.
type verdictText struct {
	out  io.Writer
	full bool
	list problemList
}

func (t *verdictText) add(p input.Problem) {
	if t.full {
		showProblem(t.line, t.list.name, p, "")
		return
	}
	t.list.add(p)
}

func (t *verdictText) end(v Verdict) error {
	t.list.show(t.line)
	fmt.Fprintln(t.out, v)
	if v.Named > 0 {
		fmt.Fprintf(t.out, "%s with the name of a route: which route that is, the API is asked when the plan is made\n", words.CountOf(v.Named, "row"))
	}
	return nil
}

// line prints a line of what was asked for.
func (t *verdictText) line(_ log.Level, prefix, format string, args ...any) {
	fmt.Fprintf(t.out, prefix+format+"\n", args...)
}

func (t *verdictText) cut() error { return nil }
