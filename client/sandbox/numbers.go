package sandbox

import (
	"regexp"

	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
)

// numberFormat is E.164 with its +: at least 7 and at most 15 digits, and for +1 exactly 10 more.
var numberFormat = regexp.MustCompile(`^\+(1\d{10}|[2-9]\d{6,14})$`)

// numbers is what the sandbox knows of numbers: how the untouched ones come about, and those that were touched.
type numbers struct {
	size int  // of the generated inventory
	open bool // numbers outside the inventory exist
	grid seeded.Grid

	changed map[string]Record
	added   []string // changed numbers outside the generated inventory, in the order of their first change
}

func newNumbers(cfg *Config) numbers {
	return numbers{size: cfg.Numbers, open: !cfg.OnlyInventory, grid: seeded.NewGrid(cfg.Seed), changed: map[string]Record{}}
}

// at returns the i-th number of the listing, from 0.
func (n *numbers) at(i int) string {
	if i >= n.size {
		return n.added[i-n.size]
	}
	return n.grid.At(i)
}

// len is how many numbers the listing has.
func (n *numbers) len() int { return n.size + len(n.added) }

// generated tells whether a number is of the generated inventory.
func (n *numbers) generated(number string) bool {
	i, ok := n.grid.Index(number)
	return ok && i < n.size
}

// put stores a record; a number that was not in the listing is from now on, at its end.
func (n *numbers) put(rec Record) {
	if _, ok := n.changed[rec.Number]; !ok && !n.generated(rec.Number) {
		n.added = append(n.added, rec.Number)
	}
	n.changed[rec.Number] = rec
}
