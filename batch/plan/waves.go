package plan

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Waves says how a cutover is sliced: how many rows, or which share of those that are
// sent, each wave and those before it have. None is no slicing: all rows are sent in
// one go.
type Waves []Limit

// column is how waves are written that the input's own column orders.
const column = "column"

// ByColumn are waves that the input orders: each row says in which one it is.
func ByColumn() Waves { return Waves{{Rows: -1}} }

// ByColumn reports whether the input orders them.
func (w Waves) ByColumn() bool { return slices.Equal(w, ByColumn()) }

// ParseWaves reads sizes such as "10,5%,25%,100%", which are cumulative and
// increase; the whole is added when it is left out. "column" leaves it to the input's column.
func ParseWaves(text string) (Waves, error) {
	if strings.TrimSpace(text) == column {
		return ByColumn(), nil
	}
	var w Waves
	for part := range strings.SplitSeq(text, ",") {
		size, err := ParseLimit(part)
		switch {
		case err != nil:
			return nil, errors.New("not a list of sizes such as 10,5%,25%,100%")
		case size == Limit{}:
			return nil, errors.New("a wave has at least one row")
		}
		if before := w.largest(size.Share > 0); !before.under(size) {
			return nil, fmt.Errorf("the sizes are those of a wave with all before it, and must increase: %s comes after %s",
				size, before)
		}
		w = append(w, size)
	}
	if w[len(w)-1] != whole() {
		w = append(w, whole())
	}
	return w, nil
}

// whole is all rows there are.
func whole() Limit { return Limit{Share: 1} }

// largest is the last size that is comparable: a share, or a number.
func (w Waves) largest(share bool) Limit {
	for _, size := range slices.Backward(w) {
		if size.Share > 0 == share || size == whole() {
			return size
		}
	}
	return Limit{}
}

// under reports whether a size is smaller than another of its kind. Nothing is
// larger than the whole.
func (l Limit) under(other Limit) bool {
	if l == whole() {
		return false
	}
	return l.Share < other.Share || other.Share == 0 && l.Rows < other.Rows
}

// MarshalText writes the sizes as [ParseWaves] reads them.
func (w Waves) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (w *Waves) UnmarshalText(text []byte) (err error) {
	*w, err = ParseWaves(string(text))
	return err
}

// String is the inverse of [ParseWaves].
func (w Waves) String() string {
	if w.ByColumn() {
		return column
	}
	texts := make([]string, len(w))
	for i, size := range w {
		texts[i] = size.String()
	}
	return strings.Join(texts, ",")
}

// Slice says in which wave each row is sent: of rows in the file's order, of
// which it is given the shapes, it returns the waves' numbers. The first wave
// grows until it has one row of every shape, so that each kind of failure shows
// early, but to no more than [FirstWaveGrowth] times its size: missing are the first
// rows of the shapes that it does not have then. The rest keeps the file's order. No
// wave has more rows than most, if that is not 0. chains are, for each row, the chain
// that it is of, 0: none; nil: there are none. A chain stays whole within one wave,
// however many rows it has.
func (w Waves) Slice(shapes, chains []int, most int) (numbers []int, waves []Wave, missing []int) {
	ends := w.ends(len(shapes))
	if len(ends) == 0 {
		return nil, nil, nil
	}
	if most <= 0 {
		most = len(shapes)
	}
	units := unitsOf(len(shapes), chains)
	early, first, missing := firstWave(shapes, units, min(ends[0], most), most)
	ends = slices.DeleteFunc(ends, func(end int) bool { return end <= first })
	numbers, last := make([]int, len(shapes)), []int{first}
	upto, begun := first, first // by rows: of the waves so far, and where the one that is being filled begins
	for i, unit := range units {
		if early[i] {
			place(numbers, unit, 1)
			continue
		}
		over := upto+len(unit) > ends[0]
		if (over || upto+len(unit)-begun > most) && upto > begun {
			last, begun = append(last, upto), upto
			if over {
				ends = ends[1:]
			}
		}
		upto += len(unit)
		place(numbers, unit, len(last)+1)
		for len(ends) > 0 && upto >= ends[0] {
			ends = ends[1:]
			if upto > begun {
				last, begun = append(last, upto), upto
			}
		}
	}
	return numbers, wavesOf(last), missing
}

// SliceByHand slices rows in the file's order by the waves that the file puts them into; 0 is the last one. It returns
// the waves' numbers, without gaps: of waves with no row that is sent, nothing is left. chains are as for [Waves.Slice]: a
// chain is sent in the last wave of its rows.
func SliceByHand(said, chains []int) (numbers []int, waves []Wave) {
	numbers = slices.Clone(said)
	if len(said) == 0 {
		return numbers, nil
	}
	last := max(slices.Max(said), 1)
	for i, wave := range numbers {
		if wave == 0 {
			numbers[i] = last
		}
	}
	for _, unit := range unitsOf(len(said), chains) {
		latest := 0
		for _, i := range unit {
			latest = max(latest, numbers[i])
		}
		place(numbers, unit, latest)
	}
	used := slices.Compact(slices.Sorted(slices.Values(numbers)))
	ends := make([]int, len(used))
	for i, wave := range numbers {
		at, _ := slices.BinarySearch(used, wave)
		numbers[i] = at + 1
		ends[at]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	return numbers, wavesOf(ends)
}

// unitsOf are the places of rows that stay together: a chain's, or a row's own. They are in the order of their first.
func unitsOf(rows int, chains []int) [][]int {
	var units [][]int
	at := map[int]int{} // by chain
	for i := range rows {
		chain := 0
		if chains != nil {
			chain = chains[i]
		}
		if unit, begun := at[chain]; begun && chain != 0 {
			units[unit] = append(units[unit], i)
			continue
		}
		at[chain] = len(units)
		units = append(units, []int{i})
	}
	return units
}

// place puts the rows of a unit into a wave.
func place(numbers, unit []int, wave int) {
	for _, i := range unit {
		numbers[i] = wave
	}
}

// ends are after how many rows the waves end, as they were asked for. A size
// that comes to no more rows than the one before it is none.
func (w Waves) ends(rows int) []int {
	var ends []int
	last := 0
	for _, size := range append(slices.Clip(w), whole()) {
		end := size.Rows
		if size.Share > 0 {
			end = int((size.parts()*int64(rows) + wholeParts - 1) / wholeParts) // 7% of 100 are 7
		}
		if end = min(end, rows); end > last {
			ends = append(ends, end)
			last = end
		}
	}
	return ends
}

// FirstWaveGrowth is how many times its size the first wave may have, so that it has a
// row of every shape.
const FirstWaveGrowth = 4

// firstWave chooses the first units, and one of each shape that is not among
// them, as far as there is room, and up to most; missing are the first rows of other shapes.
// It has one unit at least.
func firstWave(shapes []int, units [][]int, size, most int) (early []bool, rows int, missing []int) {
	early = make([]bool, len(units))
	seen := map[int]struct{}{}
	passed := 0
	for i, unit := range units {
		var unknown []int
		for _, row := range unit {
			if _, known := seen[shapes[row]]; !known {
				seen[shapes[row]] = struct{}{}
				unknown = append(unknown, row)
			}
		}
		passed += len(unit)
		switch {
		case rows == 0, passed <= size, len(unknown) > 0 && rows+len(unit) <= min(FirstWaveGrowth*size, most):
			early[i] = true
			rows += len(unit)
		default:
			missing = append(missing, unknown...)
		}
	}
	return early, rows, missing
}

// wavesOf describes waves that end after so many rows.
func wavesOf(ends []int) []Wave {
	waves := make([]Wave, len(ends))
	last := 0
	for i, end := range ends {
		waves[i] = Wave{N: i + 1, Of: len(ends), Rows: end - last, Upto: end}
		last = end
	}
	return waves
}

// Wave is a slice of a cutover, in the order in which slices are sent.
type Wave struct {
	// N counts from 1; Of is how many there are.
	N  int `json:"n"`
	Of int `json:"of"`
	// Rows is how many rows it sends, Upto how many it and those before it do.
	Rows int `json:"rows"`
	Upto int `json:"upto"`
	// Reads is how many requests it takes to read its numbers.
	Reads int `json:"reads"`
	// VoiceRoutes is how many of its rows change a voice route.
	VoiceRoutes int `json:"voiceRoutes,omitempty"`
}

// reads is how many requests the reading of a wave's numbers takes, or of a
// sample of so many of them.
func (w Wave) reads(sample int) int { return min(w.Reads, sample) }

// CostWaves says of each wave how many requests it takes to read its numbers,
// given the pages of the inventory on which those of all rows that are sent were
// found, in which waves the rows are, and what reading numbers on some pages costs.
func CostWaves(waves []Wave, numbers, pages []int, reads func(pages []int) int) {
	byWave := make([][]int, len(waves)+1)
	for i, wave := range numbers {
		byWave[wave] = append(byWave[wave], pages[i])
	}
	for i := range waves {
		waves[i].Reads = reads(byWave[i+1])
	}
}

// Sample is how many numbers of a wave are read back: so many, or [VerifyAll].
type Sample int

// VerifyAll reads every number of a wave back.
const VerifyAll Sample = -1

// ParseSample reads how many numbers of a wave are read back: all, none, or so
// many.
func ParseSample(text string) (Sample, error) {
	switch text {
	case "all":
		return VerifyAll, nil
	case "none":
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not known: use all, none or a number", text)
	}
	return Sample(n), nil
}

// String is the inverse of [ParseSample].
func (s Sample) String() string {
	switch s {
	case VerifyAll:
		return "all"
	case 0:
		return "none"
	default:
		return strconv.Itoa(int(s))
	}
}

// Of is how many of so many rows are read back.
func (s Sample) Of(rows int) int {
	if s == VerifyAll {
		return rows
	}
	return min(rows, int(s))
}
