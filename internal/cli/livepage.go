package cli

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report"
	"github.com/bulknum/bulknum/report/watch"
)

// livePage is the report of the run that goes on, as its folder has it.
type livePage struct{ folder atomic.Value }

// listen is its [batch.Listener].
func (p *livePage) listen(event batch.Event) {
	if e, ok := event.(batch.Began); ok {
		p.folder.Store(e.Folder)
	}
}

// page is the page that is served.
func (p *livePage) page() watch.Page {
	return watch.Page{Policy: report.LivePolicy(), Write: func(ctx context.Context, w io.Writer) error {
		folder, _ := p.folder.Load().(string)
		return report.Live(ctx, w, folder)
	}}
}
