package cli

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/watch/live"
)

// livePage is the report of the run that goes on, as its folder has it.
type livePage struct{ began atomic.Pointer[batch.Began] }

// listen is its [batch.Listener].
func (p *livePage) listen(event batch.Event) {
	if e, ok := event.(batch.Began); ok {
		p.began.Store(&e)
	}
}

// page is the page that is served.
func (p *livePage) page() live.Page {
	return live.Page{Policy: page.LivePolicy(), Write: func(ctx context.Context, w io.Writer) error {
		if began := p.began.Load(); began != nil {
			return page.Live(ctx, w, began.In, began.Run.Name)
		}
		return page.Live(ctx, w, batch.RunsFolder{}, "")
	}}
}
