package sandbox

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// KeepIn gives the journal each change from now on, as a line of JSON that [Sandbox.Restore] reads, before the request
// that made it is answered. When it cannot be written, that request and all later ones are answered 500: what is not
// kept has not happened.
func (s *Sandbox) KeepIn(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account.journal.to = w
}

// Save writes a journal of all that is not as it was generated.
func (s *Sandbox) Save(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account
	touched := slices.DeleteFunc(slices.Sorted(maps.Keys(a.numbers.changed)), func(n string) bool { return !a.numbers.generated(n) })
	var entries []entry
	for _, number := range slices.Concat(a.numbers.added, touched) { // those that were added, in their order
		rec := a.numbers.changed[number]
		entries = append(entries, entry{Number: &rec})
	}
	byAge := func(x, y *order) int { return cmp.Or(x.Placed.Compare(y.Placed), strings.Compare(x.Id, y.Id)) }
	for _, o := range slices.SortedFunc(maps.Values(a.orders.byId), byAge) {
		entries = append(entries, entry{Order: o})
	}
	lines := json.NewEncoder(w)
	for _, e := range entries {
		if err := lines.Encode([]entry{e}); err != nil {
			return err
		}
	}
	return nil
}

// Restore takes in a journal, on a sandbox of the same configuration to which nothing has happened. stale reports that
// the journal has more than [Sandbox.Save] would write, or that its last line was cut off as it was written, which then
// counts for nothing. An error is a journal that is damaged elsewhere.
func (s *Sandbox) Restore(r io.Reader) (stale bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, lines, taken := s.account, bufio.NewReader(r), 0
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			a.restored()
			return len(line) > 0 || taken > len(a.numbers.changed)+len(a.orders.byId), nil
		}
		if err != nil {
			return false, err
		}
		var entries []entry
		if err := json.Unmarshal(line, &entries); err != nil {
			return false, fmt.Errorf("line %d of the journal: %w", n, err)
		}
		for _, e := range entries {
			if e.Number != nil {
				a.numbers.put(*e.Number)
			}
			if e.Order != nil {
				a.orders.byId[e.Order.Id] = e.Order
			}
			taken++
		}
	}
}

// restored counts the orders that were taken in, and finds those under way.
func (a *account) restored() {
	a.orders.count = len(a.orders.byId)
	for _, o := range a.orders.byId {
		if o.Change != nil {
			a.orders.pending = append(a.orders.pending, o)
		}
	}
	slices.SortFunc(a.orders.pending, func(x, y *order) int { return x.Due.Compare(y.Due) })
}
