package pagesize_test

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

// Full pages that have numbers again lack others.
func TestPagesThatOverlap(t *testing.T) {
	for name, test := range map[string]struct {
		second  []string
		unnamed int
		total   int
		against string
	}{
		"one after the other":       {numbers(11, 20), 0, 20, ""},
		"some again":                {numbers(4, 13), 0, 17, "2 pages have only 13 of 17 numbers"},
		"some again, and all there": {numbers(4, 13), 0, 13, ""},
		"some without a number":     {numbers(11, 15), 5, 20, ""},
		"some of each":              {numbers(6, 13), 2, 17, "2 pages have only 15 of 17 numbers"},
	} {
		t.Run(name, func(t *testing.T) {
			pages := pagesize.From(1, 10)
			if against := pages.Take(pagesize.Page{Numbers: numbers(1, 10), Total: test.total}); against != "" || pages.Whole() {
				t.Fatal(against)
			}
			against := pages.Take(pagesize.Page{Numbers: test.second, Unnamed: test.unnamed, Total: test.total})
			if against != test.against {
				t.Errorf("%q, want %q", against, test.against)
			}
		})
	}
}
