package input

import (
	"context"
	"errors"
	"iter"
)

// errChanged tells that a later reading did not find what the first one did.
var errChanged = errors.New("the file has changed since it was checked")

// Rows reads the file once more and streams its rows, with the verdicts that
// were reported. After an error there are no more rows. It may be called
// several times.
func (f *File) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := f.stream(ctx, yield); err != nil {
			yield(Row{}, Located(f.path, err))
		}
	}
}

// stream yields rows until there are no more or nobody wants them.
func (f *File) stream(ctx context.Context, yield func(Row, error) bool) error {
	counts := Counts{Warnings: f.counts.Warnings}
	stopped := false
	err := f.each(ctx, all, func(row *Row, rec *record) bool {
		f.found.judge(row, rec)
		f.sims.judge(row, rec)
		counts.add(row.Status)
		stopped = !yield(*row, nil)
		return !stopped
	})
	if err == nil && !stopped && counts != f.counts {
		return errChanged
	}
	return err
}
