package result

import "slices"

// ByLine is a status of each line, "" at first, in a byte: there may be a million of them.
type ByLine struct{ codes []uint8 }

// known are the statuses by their codes.
var known = append([]Status{""}, Statuses()...)

// Of is the status of a line.
func (b *ByLine) Of(line int) Status {
	if line >= len(b.codes) {
		return ""
	}
	return known[b.codes[line]]
}

// Set gives a line a status, and returns the one that it had.
func (b *ByLine) Set(line int, status Status) (before Status) {
	if more := line + 1 - len(b.codes); more > 0 {
		b.codes = append(b.codes, make([]uint8, more)...)
	}
	before = b.Of(line)
	b.codes[line] = uint8(slices.Index(known, status)) //nolint:gosec // there are few
	return before
}
