package input

import "github.com/bulknum/bulknum/batch/input/internal/delimiter"

// findDelimiter takes the delimiter by which most of the header's names are
// known, and of several the one that gives most columns.
func findDelimiter(head []byte, n *names) rune {
	usual := delimiter.Usual()
	best, bestKnown, bestCells := usual[0], 0, 1
	for _, d := range usual {
		cells := delimiter.Split(head, d)
		known := 0
		for _, name := range cells {
			if _, _, ok := n.find(name); ok {
				known++
			}
		}
		if known > bestKnown || known == bestKnown && len(cells) > bestCells {
			best, bestKnown, bestCells = d, known, len(cells)
		}
	}
	return best
}
