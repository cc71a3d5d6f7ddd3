package input

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"unicode/utf8"
)

// delimiters are those that files come with; the first wins where the header
// says nothing, as that of a file with one column.
var delimiters = []rune{',', ';', '\t', '|'}

// delimiterLine is a first line that does nothing but name the delimiter, as
// spreadsheets write and read it: sep=;
var delimiterLine = regexp.MustCompile(`^"?(?i:sep)=([^"\r\n])"?\r?(\n|$)`)

// namedDelimiter returns the delimiter that the first line names, 0 if it is
// the header.
func namedDelimiter(head []byte) rune {
	found := delimiterLine.FindSubmatch(head)
	if found == nil {
		return 0
	}
	delimiter, _ := utf8.DecodeRune(found[1])
	return delimiter
}

// findDelimiter takes the delimiter by which most of the header's names are
// known, and of several the one that gives most columns.
func findDelimiter(head []byte, n *names) rune {
	best, bestKnown, bestCells := delimiters[0], 0, 1
	for _, d := range delimiters {
		cells := split(head, d)
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

// split takes the first line apart, as well as can be: what is wrong with it
// is told when it is read.
func split(head []byte, delimiter rune) []string {
	r := csv.NewReader(bytes.NewReader(head))
	r.Comma = delimiter
	r.LazyQuotes = true
	cells, _ := r.Read()
	return cells
}
