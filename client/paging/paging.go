// Package paging is how large the pages of an inventory can be.
package paging

import (
	"context"
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/internal/pagesize"
)

// Found is what a server makes of TotalNumbersRequested.
type Found struct {
	Meaning Meaning
	// Asked is how many numbers a page was asked to have; 0: it was not tried, because there is nothing to gain, or no total
	// to see by whether it is whole.
	Asked int
	// Size is what pages can be asked to have; 0: it is of no use.
	Size int
	// Detail is how the server refused, or did not answer.
	Detail string
}

// Meaning is what the parameter does.
type Meaning = pagesize.Meaning

// The meanings.
const (
	Honoured  = pagesize.IsPageSize
	Caps      = pagesize.IsCap      // it is how many numbers are told at all
	Ignored   = pagesize.IsIgnored  // pages are as large as without it
	Refused   = pagesize.IsRefused  // the request is refused
	Repeated  = pagesize.IsRepeated // the second page is the first one again
	OfFirst   = pagesize.OfPageOne  // later pages do not go on where the first one ended
	Unclear   = pagesize.Unclear
	Untold    = pagesize.Unanswered // it was not answered when it was asked for
	NotSought = pagesize.Untried
)

// Find finds out what the server makes of TotalNumbersRequested, by at most two requests: two pages that are larger
// than first, which came without it. An error is the end of the context.
func Find(ctx context.Context, r *client.Reader, first client.InventoryPage) (Found, error) {
	own := sized(first).Records()
	found := Found{Meaning: NotSought, Asked: pagesize.Try(own, first.TotalResults)}
	if found.Asked == 0 {
		return found, nil
	}
	one, err := r.InventoryPage(ctx, 1, found.Asked)
	if err != nil {
		return found.failed(ctx, err)
	}
	if found.Meaning, found.Size = pagesize.First(own, found.Asked, sized(one)); found.Size == 0 {
		found.Detail = fmt.Sprintf("%d numbers came, of %d in all", sized(one).Records(), one.TotalResults)
		return found, nil
	}
	two, err := r.InventoryPage(ctx, 2, found.Size)
	if err != nil {
		found.Size = 0
		return found.failed(ctx, err)
	}
	if found.Meaning = pagesize.Second(found.Size, sized(one), sized(two)); found.Meaning != Honoured {
		found.Size = 0
		found.Detail = fmt.Sprintf("%d and %d numbers came on two pages, of %d in all", sized(one).Records(), sized(two).Records(), two.TotalResults)
	}
	return found, nil
}

// failed is what a request that failed tells.
func (f Found) failed(ctx context.Context, err error) (Found, error) {
	e, _ := errors.AsType[*client.Error](err)
	f.Meaning, f.Detail = Untold, e.Error()
	if client.Refuses(e.HTTPStatus) {
		f.Meaning = Refused
	}
	if ctx.Err() != nil {
		return f, err
	}
	return f, nil
}

// sized is what a page tells of its size.
func sized(p client.InventoryPage) pagesize.Page {
	page := pagesize.Page{Numbers: make([]string, len(p.Numbers)), Unnamed: p.Unnamed, Total: p.TotalResults}
	for i, n := range p.Numbers {
		page.Numbers[i] = n.Number
	}
	return page
}
