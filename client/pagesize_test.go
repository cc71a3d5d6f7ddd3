package client_test

import (
	"strconv"
	"testing"

	"github.com/bulknum/bulknum/client/internal/pagesize"
)

// numbers are those from one to another.
func numbers(from, to int) (list []string) {
	for i := from; i <= to; i++ {
		list = append(list, strconv.Itoa(i))
	}
	return list
}

// Full pages that have numbers again lack others. It was the inventory that moved when they are as many as there are to be,
// and few came again; else it was the server that made something else of the size.
func TestPagesThatOverlap(t *testing.T) {
	type pages []pagesize.Page
	page := func(from, to, total int) pagesize.Page {
		return pagesize.Page{Numbers: numbers(from, to), Total: total}
	}
	unnamed := func(p pagesize.Page, n int) pagesize.Page {
		p.Unnamed = n
		return p
	}
	moved := func(reason string) pagesize.Against { return pagesize.Against{Reason: reason, Moved: true} }
	refuted := func(reason string) pagesize.Against { return pagesize.Against{Reason: reason} }
	for name, test := range map[string]struct {
		size    int
		pages   pages
		against pagesize.Against // of the last
	}{
		"one after the other": {
			10, pages{page(1, 10, 20), page(11, 20, 20)},
			pagesize.Against{},
		},
		"some without a number": {
			10, pages{page(1, 10, 20), unnamed(page(11, 15, 20), 5)},
			pagesize.Against{},
		},
		"some again, and all there": {
			10, pages{page(1, 10, 13), page(4, 13, 13)},
			pagesize.Against{},
		},
		"some again": {
			10, pages{page(1, 10, 17), page(4, 13, 17)},
			refuted("2 pages have only 13 of 17 numbers"),
		},
		"some of each": {
			10, pages{page(1, 10, 17), unnamed(page(6, 13, 17), 2)},
			refuted("2 pages have only 15 of 17 numbers"),
		},
		"a number was added": {
			135, pages{page(1, 135, 250), page(135, 250, 251)},
			moved("2 pages have only 250 numbers by now, of 251"),
		},
		"one added, and one taken": {
			135, pages{page(1, 135, 250), page(135, 249, 250)},
			moved("2 pages have only 249 numbers by now, of 250"),
		},
		"a hundred were added": {
			135, pages{page(1, 135, 250), page(36, 170, 350), page(171, 250, 350)}, moved("3 pages have only 250 numbers by now, of 350"),
		},
		"the last page is gone": {
			100, pages{page(1, 100, 201), page(101, 200, 201), page(201, 200, 200)},
			moved("3 pages have only 200 numbers by now, of 200"),
		},
		"the last number again": {
			100, pages{page(1, 100, 201), page(101, 200, 201), page(200, 200, 201)},
			moved("3 pages have only 200 numbers by now, of 201"),
		},
		"it is repeated": {
			135, pages{page(1, 135, 250), page(1, 135, 250)},
			refuted("page 2 has no other numbers than those before it"),
		},
		"page 2 is its own": {
			175, pages{page(1, 175, 250), page(101, 200, 250)},
			refuted("2 pages have only 200 of 250 numbers"),
		},
		"the same, and as many": {
			150, pages{page(1, 150, 250), page(101, 200, 250)},
			refuted("2 pages have only 200 of 250 numbers"),
		},
		"begins where it would": {
			135, pages{page(1, 135, 270), page(101, 235, 270)},
			refuted("2 pages have only 235 of 270 numbers"),
		},
		"its own, to the end": {
			230, pages{page(1, 230, 250), page(21, 40, 250)},
			refuted("page 2 has no other numbers than those before it"),
		},
		"a cap, of a new number": {
			135, pages{page(1, 135, 250), page(1, 0, 251)},
			refuted("page 2 has 0 numbers where 135 were asked for, of 251 in all"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			pages := pagesize.From(1, test.size)
			for i, page := range test.pages {
				want := pagesize.Against{}
				if i == len(test.pages)-1 {
					want = test.against
				}
				if against := pages.Take(page); against != want {
					t.Errorf("page %d: %+v, want %+v", i+1, against, want)
				}
			}
		})
	}
}
