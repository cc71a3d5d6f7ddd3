package input

import (
	"context"
	"errors"
	"io"
	"iter"
)

// errChanged tells that the second pass did not find what the first one did.
var errChanged = errors.New("the file has changed since it was checked")

// Rows reads the file once more and streams its rows, with the verdicts that
// were reported. After an error there are no more rows. It may be called
// several times.
func (f *File) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := f.stream(ctx, yield); err != nil {
			yield(Row{}, located(f.path, err))
		}
	}
}

// stream yields rows until there are no more or nobody wants them.
func (f *File) stream(ctx context.Context, yield func(Row, error) bool) error {
	p, err := begin(f.path, f.options)
	if err != nil {
		return err
	}
	defer p.Close()
	var counts Counts
	for {
		row, _, err := p.next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		f.repeat(&row)
		counts.add(row.Status)
		if !yield(row, nil) {
			return nil
		}
	}
	if counts.Warnings = f.counts.Warnings; counts != f.counts {
		return errChanged
	}
	return nil
}

// repeat adds what is known of a number that stands in several rows.
func (f *File) repeat(row *Row) {
	number, ok := digits(row.Number)
	if !ok {
		return
	}
	r, ok := f.repeated[number]
	if !ok {
		return
	}
	problem, ok := r.problem(number, f.found.place(row), f.label)
	if !ok {
		return
	}
	row.note(problem)
	if problem.Warning {
		row.Status, row.SameAs = Duplicate, int(r.first.line)
	}
}
