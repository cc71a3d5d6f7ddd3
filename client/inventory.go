package client

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"

	"github.com/bulknum/bulknum/client/internal/object"
)

// Inventory reads all numbers of the account page by page, GET /v1.0/numbers/inventory,
// from firstPage on (counted from 1). It ends after TotalResults records, at a page
// without a number, or at one that starts like an earlier one, because a server may
// ignore the page that is asked for: whether all numbers came is told by TotalResults.
// A record that names no number is passed over and counted. An error ends it. An
// answer is read up to 32 MiB.
//
// Where a [Paging] asks for a size, firstPage is counted in pages of it. When an answer contradicts the size, all pages are
// read from the first one on without it: a page then has no Requested, and numbers come again.
//
// What ctx does, and the errors, are those of [Reader.Number].
func (r *Reader) Inventory(ctx context.Context, firstPage int) iter.Seq2[InventoryPage, error] {
	return func(yield func(InventoryPage, error) bool) {
		firstPage = max(firstPage, 1)
		var end *PagingEnd
		if size := r.PageSize(); size > 0 {
			if end = r.sizedPages(ctx, size, firstPage, yield); end == nil {
				return
			}
			firstPage = 1
		}
		r.ownPages(ctx, firstPage, func(page InventoryPage, err error) bool {
			if end != nil && err == nil { // it was the size that it failed for
				r.paging.stop(*end)
				end = nil
			}
			return yield(page, err)
		})
	}
}

// Numbers gives all numbers of the account, each once, in the order of the inventory: see [Reader.Inventory], whose pages they
// are read from as they are needed. An error is the last that it gives, with the zero Number: the end of ctx, a page that
// failed, or that fewer numbers came than the API says there are.
func (r *Reader) Numbers(ctx context.Context) iter.Seq2[Number, error] {
	return func(yield func(Number, error) bool) {
		seen, records, total := map[string]struct{}{}, 0, -1
		another := func(n Number) bool {
			before := len(seen)
			seen[n.Number] = struct{}{}
			return len(seen) == before || yield(n, nil)
		}
		for page, err := range r.Inventory(ctx, 1) {
			if err != nil {
				yield(Number{}, err)
				return
			}
			for _, n := range page.Numbers {
				if !another(n) {
					return
				}
			}
			if page.PageNumber <= 1 { // also when all is read anew
				records = 0
			}
			records, total = records+page.Unnamed, page.TotalResults
		}
		if len(seen)+records < total {
			yield(Number{}, &Error{
				Endpoint: EndpointInventory, Kind: KindUntrusted,
				Message: fmt.Sprintf("%d numbers came, of %d that there are", len(seen)+records, total),
			})
		}
	}
}

// FirstPage reads the first page of the inventory, in the server's own size. What ctx does, and the errors, are those of
// [Reader.Number].
func (r *Reader) FirstPage(ctx context.Context) (InventoryPage, error) {
	return r.InventoryPage(ctx, 1, 0)
}

// ownPages gives pages of the server's own size.
func (r *Reader) ownPages(ctx context.Context, firstPage int, yield func(InventoryPage, error) bool) {
	starts := make(map[string]bool)
	seen := 0
	for number := firstPage; ; number++ {
		page, err := r.InventoryPage(ctx, number, 0)
		if err != nil {
			yield(InventoryPage{}, err)
			return
		}
		repeated := len(page.Numbers) > 0 && starts[page.Numbers[0].Number]
		if repeated || !yield(page, nil) || len(page.Numbers) == 0 {
			return
		}
		starts[page.Numbers[0].Number] = true
		seen += len(page.Numbers) + page.Unnamed
		if page.TotalResults >= 0 && seen >= page.TotalResults {
			return
		}
	}
}

// InventoryPage reads one page, counted from 1, which is asked to have so many numbers; 0: nothing is said of it. What ctx
// does, and the errors, are those of [Reader.Number].
func (r *Reader) InventoryPage(ctx context.Context, number, size int) (InventoryPage, error) {
	return answerTo(ctx, r, r.core.inventoryRequest(number, size), "", func(rep reply, body object.Object) (InventoryPage, *Error) {
		page, f := readPage(rep, body, number)
		page.Requested = size
		return page, f
	})
}

func (c *core) inventoryRequest(page, size int) request {
	query := url.Values{"Filter": {"All"}, "PageNumber": {strconv.Itoa(page)}}
	if size > 0 {
		query.Set("TotalNumbersRequested", strconv.Itoa(size))
	}
	q := c.get(EndpointInventory, query)
	q.limit = maxInventory
	return q
}

// mostRecords is how many records a page has at most: more than go into 32 MiB with the fields that the API shows.
const mostRecords = 200_000

// pageRecords is for how many records there is room before any is read: as many as a page of the vendor's has, or fewer.
const pageRecords = 10_000

func readPage(rep reply, body object.Object, asked int) (InventoryPage, *Error) {
	page := InventoryPage{
		AccountId:    body.Text("AccountId"),
		TotalResults: body.Count(-1, "TotalResults", "TotalCount"),
		PageNumber:   body.Count(asked, "PageNumber"),
	}
	records, ok := body.Objects("PhoneNumbers", "Numbers")
	if !ok {
		return page, untrusted(rep, "the answer has no list of PhoneNumbers")
	}
	page.Numbers = make([]Number, 0, min(bytes.Count(rep.body, []byte("{")), pageRecords))
	for record := range records {
		if n := readNumber(record, rep.secrets); n.Number != "" {
			page.Numbers = append(page.Numbers, n)
		} else {
			page.Unnamed++
		}
		if len(page.Numbers)+page.Unnamed > mostRecords {
			return InventoryPage{}, untrusted(rep, fmt.Sprintf("the page has more than %d records", mostRecords))
		}
	}
	return page, nil
}
