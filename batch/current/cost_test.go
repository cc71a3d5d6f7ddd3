package current_test

import (
	"testing"

	"github.com/bulknum/bulknum/batch/current"
)

func TestCost(t *testing.T) {
	for name, test := range map[string]struct {
		pages []int
		inAll int
		want  int
	}{
		"none":                          {nil, 20, 0},
		"a few, without a look":         {[]int{1, 1}, 20, 2},
		"of an unknown inventory":       {[]int{0, 0, 0}, 0, 3},
		"all on the first page":         {[]int{1, 1, 1}, 20, 1},
		"all on early pages":            {[]int{3, 1, 2, 2, 2}, 4, 3},
		"on too many pages":             {[]int{1, 5, 9, 13}, 20, 4}, // a page, and the three that are left
		"to the last page":              {[]int{1, 1, 2, 2, 2}, 2, 2},
		"two that no page has":          {[]int{1, 1, 2, 2, 0, 0}, 2, 4},
		"none that any page has":        {[]int{0, 0, 0, 0}, 3, 7},
		"a page costs as much as a row": {[]int{1, 1, 2}, 2, 2},
	} {
		if got := current.Cost(test.pages, test.inAll); got != test.want {
			t.Errorf("%s: %d requests, want %d", name, got, test.want)
		}
	}
}
