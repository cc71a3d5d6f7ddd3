package current

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// others are the numbers of the inventory that nobody asked for, as its pages are read.
type others struct {
	count   plan.UnlistedCount
	seen    seen
	records int // of the pages so far
	unnamed int // of which that name no number
}

// seen are numbers, a million of them in some 40 MB. Its zero value has none.
type seen struct {
	plain map[uint64]struct{} // those of a plus sign and digits, of which the first is not 0
	odd   map[string]struct{} // the others
}

// add takes in a number, and reports whether it was not there yet.
func (s *seen) add(number string) bool {
	if s.plain == nil {
		s.plain, s.odd = map[uint64]struct{}{}, map[string]struct{}{}
	}
	digits, plus := strings.CutPrefix(number, "+")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || !plus || digits[0] == '0' || digits[0] == '+' {
		_, is := s.odd[number]
		s.odd[number] = struct{}{}
		return !is
	}
	_, is := s.plain[n]
	s.plain[n] = struct{}{}
	return !is
}

// count is how many there are.
func (s *seen) count() int { return len(s.plain) + len(s.odd) }

// look counts the numbers of a page that the input does not name, and tells of them all when it was the last one.
func (r *reading) look(page client.InventoryPage) {
	if r.Named == nil || r.before > 0 { // what earlier pages had is not known any more
		return
	}
	for _, n := range page.Numbers {
		_, wanted := r.left[n.Number]
		_, named := r.Named[n.Number]
		_, read := r.into.Get(n.Number)
		if wanted || named || read || !r.others.seen.add(n.Number) {
			continue
		}
		r.others.count.Add(n.Number, settings.StateOf(n))
	}
	r.others.records += len(page.Numbers) + page.Unnamed
	r.others.unnamed += page.Unnamed
	switch {
	case page.TotalResults >= 0 && r.others.records >= page.TotalResults:
		all := r.told.Found + r.others.seen.count() + len(r.Named)
		r.told.Unlisted = r.others.count.Unlisted(all >= page.TotalResults && r.others.unnamed == 0)
	case len(page.Numbers) == 0:
		r.told.Unlisted = r.others.count.Unlisted(page.TotalResults < 0 && r.others.unnamed == 0)
	}
}

// Unlisted are the numbers of a file of current settings that the input does not name.
func (s *Readings) Unlisted(ctx context.Context, file *input.File, whole bool) (*plan.Unlisted, error) {
	wanted, named, err := NumbersOf(ctx, file, func(input.Row) {})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var count plan.UnlistedCount
	for _, number := range slices.Sorted(maps.Keys(s.at)) {
		_, is := wanted[number]
		_, invalid := named[number]
		if !is && !invalid && s.at[number].state != nil {
			count.Add(number, *s.at[number].state)
		}
	}
	return count.Unlisted(whole), nil
}

// NumbersOf are the numbers of an input that are to be read, of whose rows each is told, and those besides that it names
// in rows that are invalid.
func NumbersOf(ctx context.Context, file *input.File, each func(input.Row)) (wanted, named map[string]struct{}, err error) {
	wanted, named = map[string]struct{}{}, map[string]struct{}{}
	for row, err := range file.Rows(ctx) {
		switch {
		case err != nil:
			return nil, nil, err
		case row.Status == input.Valid:
			wanted[row.Number] = struct{}{}
			each(row)
		case row.Status == input.Invalid:
			named[row.Number] = struct{}{}
		}
	}
	return wanted, named, nil
}
