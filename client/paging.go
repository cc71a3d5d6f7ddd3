package client

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/client/internal/pagesize"
)

// Paging is how many numbers a page of the inventory is asked to have (TotalNumbersRequested), as package paging
// found that the server honours it. An answer that contradicts that ends it, for all readers that share it. It is safe for
// concurrent use, also as nil, which asks for no size.
type Paging struct {
	size atomic.Int64
	end  func(PagingEnd)
}

// PagingEnd is why no size is asked for any more.
type PagingEnd struct {
	// Size is what was asked for until then.
	Size   int
	Reason string
	// Refuted is true when the server answered otherwise than was found, false when it did not answer, or when the inventory
	// changed while it was read.
	Refuted bool
	Changed bool // the inventory
}

// NewPaging asks for pages of a size; 0: for none. end is told when that ends, at most once. Optional.
func NewPaging(size int, end func(PagingEnd)) *Paging {
	p := &Paging{end: end}
	p.size.Store(int64(size))
	return p
}

// Size is how many numbers a page is asked to have now; 0: nothing is said of it.
func (p *Paging) Size() int {
	if p == nil {
		return 0
	}
	return int(p.size.Load())
}

func (p *Paging) stop(e PagingEnd) {
	if p.size.Swap(0) != 0 && p.end != nil {
		p.end(e)
	}
}

// WithPaging returns a copy that asks for pages of a size.
func (r *Reader) WithPaging(p *Paging) *Reader {
	with := *r
	with.paging = p
	return &with
}

// PageSize is how many numbers a page of the inventory is asked to have; 0: nothing is said of it.
func (r *Reader) PageSize() int { return r.paging.Size() }

// sizedPatience is how long pages of a size are waited for while the API does not answer: without it they may come.
const sizedPatience = time.Minute

// sizedPages gives pages of a size, from one on, and returns why they are to be read from the first one on without it; nil:
// they are not. Nothing is given of a page that tells against the size.
//
// Also where numbers only moved from one page to another, all are read anew without the size. That they moved is a guess by
// what adds up: a server that once takes the size for something else looks the same, and may do so again, whereas its own
// pages mean one thing. Whether they have all numbers, TotalResults tells. It costs requests once: the size counts again in
// the next run.
func (r *Reader) sizedPages(ctx context.Context, size, firstPage int, yield func(InventoryPage, error) bool) *PagingEnd {
	pages := pagesize.From(firstPage, size)
	patient := r.WithPatience(sizedPatience)
	if r.patience > 0 {
		patient = r.WithPatience(min(r.patience, sizedPatience))
	}
	for number := firstPage; ; number++ {
		page, err := patient.InventoryPage(ctx, number, size)
		if err != nil {
			end := refusal(err, size)
			if end == nil {
				yield(InventoryPage{}, err)
			}
			return end
		}
		if against := pages.Take(page.sized()); against.Reason != "" {
			return &PagingEnd{Size: size, Reason: against.Reason, Refuted: !against.Moved, Changed: against.Moved}
		}
		if !yield(page, nil) || pages.Whole() {
			return nil
		}
	}
}

// sized is what the page tells of its size.
func (p InventoryPage) sized() pagesize.Page {
	page := pagesize.Page{Numbers: make([]string, len(p.Numbers)), Unnamed: p.Unnamed, Total: p.TotalResults}
	for i, n := range p.Numbers {
		page.Numbers[i] = n.Number
	}
	return page
}

// refusal is a failure that may be for the size that was asked for; nil: it would be the same without it.
func refusal(err error, size int) *PagingEnd {
	e, _ := errors.AsType[*Error](err)
	end := &PagingEnd{Size: size, Reason: e.Error()}
	switch e.Kind {
	case KindInvalid, KindNotFound, KindForbidden, KindUntrusted:
		end.Refuted = true
		return end
	case KindUnavailable, KindLocked:
		return end
	default:
		return nil
	}
}
