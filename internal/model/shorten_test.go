package model

import (
	"slices"
	"testing"
)

// shorten takes out of a history what it breaks the law without: moves, happenings,
// fates and rows. Rapid makes the draws small; what they mean it does not know.
func shorten(t *testing.T, c *copier, base string, tolerated map[Law]bool, h History, law Law) History {
	t.Helper()
	still := func(h History) bool {
		broke := replay(t, c, base, newCount(), tolerated, &h)
		return slices.ContainsFunc(broke, func(v violation) bool { return v.Law == law })
	}
	for again := true; again; {
		again = false
		for _, less := range shorter(h) {
			if still(less) {
				h, again = less, true
				break
			}
		}
	}
	return h
}

// shorter are histories that have one thing less.
func shorter(h History) []History {
	var all []History
	with := func(i int, m Move) {
		moves := slices.Clone(h.Moves)
		moves[i] = m
		all = append(all, History{h.Numbers, moves, h.Shown})
	}
	for i, m := range h.Moves {
		all = append(all, History{h.Numbers, slices.Delete(slices.Clone(h.Moves), i, i+1), h.Shown})
		for j := range m.Meanwhile {
			less := m
			less.Meanwhile = slices.Delete(slices.Clone(m.Meanwhile), j, j+1)
			with(i, less)
		}
		if len(m.Fates) > 0 {
			less := m
			less.Fates = m.Fates[:len(m.Fates)-1]
			with(i, less)
		}
		for j := range m.Fates {
			if m.Fates[j] != Answered {
				less := m
				less.Fates = slices.Clone(m.Fates)
				less.Fates[j] = Answered
				with(i, less)
			}
		}
		if m.File != nil && len(m.File.Rows) > 1 {
			for j := range m.File.Rows {
				less := m
				less.File = &File{m.File.Path, slices.Delete(slices.Clone(m.File.Rows), j, j+1)}
				with(i, less)
			}
		}
		if m.Run > 0 {
			less := m
			less.Run--
			with(i, less)
		}
		if plain := (Told{Workers: 1, All: m.Told.All, Waves: m.Told.Waves, Held: m.Told.Held, Fields: m.Told.Fields, Bare: m.Told.Bare, NoFailures: m.Told.NoFailures, Unread: m.Told.Unread, Recheck: m.Told.Recheck}); m.Told.Workers > 0 && m.Told != plain {
			less := m
			less.Told = plain
			with(i, less)
		}
	}
	return all
}
