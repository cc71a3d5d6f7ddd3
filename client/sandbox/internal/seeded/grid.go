package seeded

import (
	"math/big"
	"strconv"
	"strings"
)

// The generated inventory takes its numbers from a grid of North American ones: 64 area codes of the form N0X, 800
// exchanges and 10,000 lines each. A step that shares no factor with the grid's size walks over all of it in an order
// that looks random and can be walked back, so that no list of numbers has to be kept.
const (
	areas   = 64
	perArea = 800 * 10_000
	step    = 316_227_769
	// MostNumbers is how many numbers a grid has.
	MostNumbers = areas * perArea
)

// Grid is a walk over all numbers that an inventory may have.
type Grid struct {
	first uint64
	back  uint64 // the inverse of step on the grid
}

// NewGrid returns the walk of a seed.
func NewGrid(seed int64) Grid {
	back := new(big.Int).ModInverse(big.NewInt(step), big.NewInt(MostNumbers))
	return Grid{first: Random(seed, "inventory", 0).Uint64N(MostNumbers), back: back.Uint64()}
}

// At is the i-th number, from 0.
func (g Grid) At(i int) string {
	cell := (g.first + uint64(i)*step) % MostNumbers
	area, line := cell/perArea, cell%perArea
	national := (2+area/8)*1_000_000_000 + (1+area%8)*10_000_000 + 2_000_000 + line
	return "+1" + strconv.FormatUint(national, 10)
}

// Index is the inverse of At; false: the grid does not have the number.
func (g Grid) Index(number string) (i int, ok bool) {
	national := Digits(number) - 10_000_000_000
	if len(number) != 12 || number[1] != '1' {
		return 0, false
	}
	head, middle, last, line := national/1_000_000_000, national/100_000_000%10, national/10_000_000%10, national%10_000_000
	if head < 2 || head > 9 || middle != 0 || last < 1 || last > 8 || line < 2_000_000 {
		return 0, false
	}
	cell := ((head-2)*8+last-1)*perArea + line - 2_000_000
	return int((cell + MostNumbers - g.first) % MostNumbers * g.back % MostNumbers), true
}

// Digits is a number without its +, as the random source of everything about it.
func Digits(number string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimPrefix(number, "+"), 10, 64)
	return n
}
