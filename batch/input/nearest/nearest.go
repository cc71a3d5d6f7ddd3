// Package nearest is the search for what a misspelt name may mean.
package nearest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Name returns the known name that a misspelt one is most likely to mean,
// "" when none is near.
func Name(misspelt string, known []string) string {
	if near := Names(misspelt, known, 1); len(near) > 0 {
		return near[0]
	}
	return ""
}

// Names returns the known names that a misspelt one may mean, the nearest first, and at most so many. Case, spaces and
// underscores make no difference.
func Names(misspelt string, known []string, most int) []string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	misspelt = Plain(misspelt)
	bound := len(misspelt)/3 + 1
	for _, name := range known {
		word := Plain(name)
		if len(misspelt)-len(word) >= bound || len(word)-len(misspelt) >= bound { // so many letters are too many; a key may be a megabyte
			continue
		}
		if d := distance(misspelt, word); d < bound {
			found = append(found, near{name, d})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, n := range found[:min(len(found), most)] {
		names = append(names, n.name)
	}
	return names
}

// Plain is a name without what headers differ in: case, spaces and underscores.
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// distance counts the letters to insert, remove or replace to make one word of
// the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
