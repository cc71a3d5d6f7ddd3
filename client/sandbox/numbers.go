package sandbox

import (
	"math/big"
	"regexp"
	"strconv"
)

// The generated inventory takes its numbers from a grid of North American ones: 64 area codes of the form N0X, 800
// exchanges and 10,000 lines each. A step that shares no factor with the grid's size walks over all of it in an order
// that looks random and can be walked back, so that no list of numbers has to be kept.
const (
	areas       = 64
	perArea     = 800 * 10_000
	mostNumbers = areas * perArea
	step        = 316_227_769
)

// numberFormat is E.164 with its +: at least 7 and at most 15 digits, and for +1 exactly 10 more.
var numberFormat = regexp.MustCompile(`^\+(1\d{10}|[2-9]\d{6,14})$`)

// numbers is what the sandbox knows of numbers: how the untouched ones come about, and those that were touched.
type numbers struct {
	size  int  // of the generated inventory
	open  bool // numbers outside the inventory exist
	first uint64
	back  uint64 // the inverse of step on the grid

	changed map[string]Record
	added   []string // changed numbers outside the generated inventory, in the order of their first change
}

func newNumbers(cfg *Config) numbers {
	back := new(big.Int).ModInverse(big.NewInt(step), big.NewInt(mostNumbers))
	return numbers{
		size:    cfg.Numbers,
		open:    !cfg.OnlyInventory,
		first:   random(cfg.Seed, "inventory", 0).Uint64N(mostNumbers),
		back:    back.Uint64(),
		changed: map[string]Record{},
	}
}

// at returns the i-th number of the listing, from 0.
func (n *numbers) at(i int) string {
	if i >= n.size {
		return n.added[i-n.size]
	}
	cell := (n.first + uint64(i)*step) % mostNumbers
	area, line := cell/perArea, cell%perArea
	national := (2+area/8)*1_000_000_000 + (1+area%8)*10_000_000 + 2_000_000 + line
	return "+1" + strconv.FormatUint(national, 10)
}

// len is how many numbers the listing has.
func (n *numbers) len() int { return n.size + len(n.added) }

// generated tells whether a number is of the generated inventory: the inverse of at.
func (n *numbers) generated(number string) bool {
	national := digits(number) - 10_000_000_000
	if len(number) != 12 || number[1] != '1' {
		return false
	}
	head, middle, last, line := national/1_000_000_000, national/100_000_000%10, national/10_000_000%10, national%10_000_000
	if head < 2 || head > 9 || middle != 0 || last < 1 || last > 8 || line < 2_000_000 {
		return false
	}
	cell := ((head-2)*8+last-1)*perArea + line - 2_000_000
	i := (cell + mostNumbers - n.first) % mostNumbers * n.back % mostNumbers
	return i < uint64(n.size)
}

// put stores a record; a number that was not in the listing is from now on, at its end.
func (n *numbers) put(rec Record) {
	if _, ok := n.changed[rec.Number]; !ok && !n.generated(rec.Number) {
		n.added = append(n.added, rec.Number)
	}
	n.changed[rec.Number] = rec
}
