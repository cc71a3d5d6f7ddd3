package cli

import (
	"context"
	"io"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/watch/live"
)

// livePage is the report of the run that goes on, as its store and its status have it.
type livePage struct {
	in     runs.Folder // set before the run begins
	status control.View
}

// page is the page that is served.
func (p *livePage) page() live.Page {
	return live.Page{Policy: page.LivePolicy(), Place: page.ReaderPlace, Write: func(ctx context.Context, w io.Writer) error {
		now := p.status(time.Now())
		if !now.Begun {
			return page.Live(ctx, w, runs.Folder{}, now)
		}
		return page.Live(ctx, w, p.in, now)
	}}
}
