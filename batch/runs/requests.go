package runs

import (
	"context"
	"iter"

	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/batch/store"
)

// Requests gives every attempt and wait of the run so far, in the order in which they were noted.
func (r *Run) Requests() iter.Seq2[request.Request, error] {
	if r.Lost() {
		return func(func(request.Request, error) bool) {}
	}
	return r.In.Requests(context.Background(), r.Stored.ID)
}

// Requests gives those of a run, in the order in which they were noted.
func (f Folder) Requests(ctx context.Context, run store.RunID) iter.Seq2[request.Request, error] {
	return func(yield func(request.Request, error) bool) {
		for doc, err := range f.Store.Requests(ctx, run) {
			var asked request.Request
			if err == nil {
				asked, err = request.Of(doc.Doc)
			}
			if !yield(asked, err) || err != nil {
				return
			}
		}
	}
}
