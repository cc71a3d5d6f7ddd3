package input

import (
	"context"
	"errors"
	"io"
)

// File is a file that has been checked.
type File struct {
	path     string
	options  Options
	label    string // what the file calls the number
	counts   Counts
	repeated map[uint64]repeated
	found    *duplicates
}

// Counts returns the verdict on the file.
func (f *File) Counts() Counts { return f.counts }

// Check reads a file from its beginning to its end and reports every mistake:
// those of single rows in the order of the file, then those of numbers that
// stand in several rows.
//
// The error is a [*FileError] with all its mistakes if the file as a whole
// cannot be used: its header is wrong, it is not text, a quote is left open.
// Rows before that place have been reported then. Other errors are of reading
// the file, or the context's.
func Check(ctx context.Context, path string, o Options, report func(Problem)) (*File, error) {
	f := &File{path: path, options: o, found: newDuplicates()}
	tell := func(p Problem) {
		if p.Warning {
			f.counts.Warnings++
		}
		report(p)
	}
	if err := f.read(ctx, tell); err != nil {
		return nil, located(path, err)
	}
	f.compare(tell)
	if f.counts.Rows == 0 {
		tell(Problem{Message: "the file has no rows", Hint: "compare it with its source", Warning: true})
	}
	return f, nil
}

func (f *File) read(ctx context.Context, tell func(Problem)) error {
	p, err := begin(f.path, f.options)
	if err != nil {
		return err
	}
	defer p.Close()
	for {
		row, problems, err := p.next(ctx)
		if errors.Is(err, io.EOF) {
			f.label = p.rec.labels[theNumber]
			return nil
		}
		if err != nil {
			return err
		}
		for _, problem := range problems {
			tell(problem)
		}
		f.counts.add(row.Status)
		f.found.add(&row)
	}
}

// compare judges the rows whose number stands in several.
func (f *File) compare(tell func(Problem)) {
	f.repeated = f.found.settle()
	for number, at := range f.found.copies {
		problem, ok := f.repeated[number].problem(number, at, f.label)
		if !ok {
			continue
		}
		tell(problem)
		if at.asks == 0 { // has been counted as invalid
			continue
		}
		f.counts.Valid--
		if problem.Warning {
			f.counts.Duplicate++
		} else {
			f.counts.Invalid++
		}
	}
	f.found.again = nil
}

func (c *Counts) add(s RowStatus) {
	c.Rows++
	switch s {
	case Valid:
		c.Valid++
	case Invalid:
		c.Invalid++
	case Duplicate:
		c.Duplicate++
	}
}
