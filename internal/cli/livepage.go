package cli

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/watch/live"
)

// livePage is the report of the run that goes on, as its folder has it.
type livePage struct {
	in   runs.Folder
	name atomic.Pointer[string] // nil: it has not begun
}

// listen is its [event.Listener].
func (p *livePage) listen(e event.Event) {
	if e, ok := e.(event.Began); ok {
		p.name.Store(&e.Run.Name)
	}
}

// page is the page that is served.
func (p *livePage) page() live.Page {
	return live.Page{Policy: page.LivePolicy(), Write: func(ctx context.Context, w io.Writer) error {
		if name := p.name.Load(); name != nil {
			return page.Live(ctx, w, p.in, *name)
		}
		return page.Live(ctx, w, runs.Folder{}, "")
	}}
}
