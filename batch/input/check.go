package input

import (
	"context"
	"errors"
	"io"
)

// File is a file that has been checked.
type File struct {
	path    string
	options Options
	counts  Counts
	found   *duplicates
	sims    sims
	// conditional tells that some row has preconditions.
	conditional bool
	// empties tells that some row clears a field, or has the precondition that one is empty.
	empties bool
	named   int // rows with names of routes that are to be found later
	waves   Waves
}

// Waves is what a file says of the waves of its rows. Rows that were added to it say nothing.
type Waves struct {
	// Said is how many rows are put into one; FirstUnsaid is the line of the first that is not, 0: there is none.
	Said, FirstUnsaid int
}

// Waves returns what the file says of the waves of its rows.
func (f *File) Waves() Waves { return f.waves }

// add counts a row.
func (w *Waves) add(row *Row) {
	switch {
	case row.Wave > 0:
		w.Said++
	case !row.Added && row.Status != Invalid && w.FirstUnsaid == 0:
		w.FirstUnsaid = row.Line
	}
}

// Counts returns the verdict on the file.
func (f *File) Counts() Counts { return f.counts }

// Conditional reports whether some row has preconditions.
func (f *File) Conditional() bool { return f.conditional }

// Empties reports whether some row clears a field, or is to be sent only where one is empty.
func (f *File) Empties() bool { return f.empties }

// Named is how many rows have the name of a route in place of its id, which is to be found later: see [NamedLater].
func (f *File) Named() int { return f.named }

// Check reads a file from its beginning to its end and reports every mistake:
// those of single rows in the order of the file, then those of numbers that
// stand in several rows, for which it reads the file twice more.
//
// A file without rows is a mistake that is reported, but no error: see Counts.
//
// The error is a [*FileError] with all its mistakes if the file as a whole
// cannot be used: its header is wrong, it is not text, a quote is left open.
// Rows before that place have been reported then. Other errors are of reading
// the file, or the context's.
func Check(ctx context.Context, path string, o Options, report func(Problem)) (*File, error) {
	f := &File{path: path, options: o, found: newDuplicates(), sims: newSIMs(o)}
	tell := func(p Problem) {
		if p.Warning {
			f.counts.Warnings++
		}
		report(p)
	}
	err := f.single(ctx, tell)
	if err == nil {
		err = f.compare(ctx, tell)
	}
	if err != nil {
		return nil, Located(path, err)
	}
	if f.counts.Rows == 0 {
		tell(Problem{Message: "the file has no rows", Hint: "see whether the export that made it was complete"})
	}
	return f, nil
}

// each goes through the rows that are wanted, as each is judged for itself, until the visitor wants no more.
func (f *File) each(ctx context.Context, wanted func(*record) bool, visit func(*Row, *record) bool) error {
	rows := 0
	for _, o := range f.options.parts() {
		more, err := f.eachOf(ctx, o, &rows, wanted, visit)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// eachOf goes through the rows of a part, which are counted on, and reports whether more are wanted.
func (f *File) eachOf(
	ctx context.Context, o part, rows *int, wanted func(*record) bool, visit func(*Row, *record) bool,
) (more bool, err error) {
	p, err := begin(f.path, o)
	if err != nil {
		return false, err
	}
	defer p.Close()
	p.rows = *rows
	defer func() { *rows = p.rows }()
	var row Row
	for {
		switch err := p.read(ctx); {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		case !wanted(p.rec):
			continue
		}
		if err := p.row(ctx, &row); err != nil {
			return false, err
		}
		if !visit(&row, p.rec) {
			return false, nil
		}
	}
}

// all wants each row.
func all(*record) bool { return true }

// repeats wants the rows whose number, or ICCID, may stand in several.
func (f *File) repeats(rec *record) bool {
	_, repeated := f.found.numbers[rec.number]
	return repeated || f.sims.repeats(rec)
}

// single judges each row for itself, and the ids of each column by their lengths.
func (f *File) single(ctx context.Context, tell func(Problem)) error {
	found := newLengths()
	var cut error
	err := f.each(ctx, all, func(row *Row, rec *record) bool {
		if !f.options.AllowPartialLastLine && cut == nil { // more rows may be added behind it
			cut = found.cutOff(rec)
		}
		found.add(rec)
		for _, problem := range rec.broken {
			tell(problem)
		}
		f.counts.add(row.Status)
		f.conditional = f.conditional || !row.If.IsZero()
		f.waves.add(row)
		f.empties = f.empties || row.Settings.AnyEmpty() || row.If.AnyEmpty()
		if rec.named {
			f.named++
		}
		f.found.see(rec.number)
		f.sims.see(row, rec)
		return true
	})
	if err := errors.Join(err, cut); err != nil {
		return err
	}
	found.odd(tell)
	f.found.seen, f.sims.seen = nil, nil
	return nil
}

// compare judges the rows whose number or ICCID stands in several. It reads the file twice for that, because to keep what
// rows ask for that turn out to be repeated would cost several times the memory of the set of numbers.
func (f *File) compare(ctx context.Context, tell func(Problem)) error {
	if len(f.found.numbers)+len(f.sims.again) == 0 {
		return nil
	}
	err := f.each(ctx, f.repeats, func(row *Row, rec *record) bool {
		f.found.add(row, rec)
		f.sims.add(row, rec)
		return true
	})
	if err != nil {
		return err
	}
	f.sims.settle()
	left := f.found.rows + f.sims.rows
	if left == 0 {
		return nil
	}
	err = f.each(ctx, f.repeats, func(row *Row, rec *record) bool {
		before := row.Status
		problem, repeated := f.found.judge(row, rec)
		shared, shares := f.sims.judge(row, rec)
		for _, p := range []Problem{problem, shared} {
			if p.Message != "" {
				tell(p)
			}
		}
		f.counts.move(before, row.Status)
		for _, told := range []bool{repeated, shares} {
			if told {
				left--
			}
		}
		return left > 0
	})
	if err == nil && left > 0 {
		return errChanged
	}
	return err
}

func (c *Counts) add(s RowStatus) {
	c.Rows++
	*c.of(s)++
}

// move counts a row that has been counted under another verdict.
func (c *Counts) move(from, to RowStatus) {
	*c.of(from)--
	*c.of(to)++
}

func (c *Counts) of(s RowStatus) *int {
	switch s {
	case Invalid:
		return &c.Invalid
	case Duplicate:
		return &c.Duplicate
	default:
		return &c.Valid
	}
}
