package input

// nearest returns the known name that a misspelt one is most likely to mean,
// "" when none is near.
func nearest(misspelt string, known []string) string {
	best, bound := "", len(misspelt)/3+1
	for _, name := range known {
		if len(misspelt)-len(name) >= bound { // so many letters are too many; a key may be a megabyte
			continue
		}
		if d := distance(misspelt, plain(name)); d < bound {
			best, bound = name, d
		}
	}
	return best
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
