// Package delimiter is the search for what stands between the cells of a CSV file.
package delimiter

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"sync"
	"unicode/utf8"
)

// Usual are those that files come with; the first wins where the header says nothing, as that of a file with one column.
func Usual() []rune { return []rune{',', ';', '\t', '|'} }

// line is a first line that does nothing but name the delimiter, as spreadsheets write and read it: sep=;
var line = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^"?(?i:sep)=([^"\r\n])"?\r?(\n|$)`) })

// Named returns the delimiter that the first line names, 0 if it is the header.
func Named(head []byte) rune {
	found := line().FindSubmatch(head)
	if found == nil {
		return 0
	}
	delimiter, _ := utf8.DecodeRune(found[1])
	return delimiter
}

// Split takes the first line apart, as well as can be: what is wrong with it is told when it is read.
func Split(head []byte, delimiter rune) []string {
	r := csv.NewReader(bytes.NewReader(head))
	r.Comma = delimiter
	r.LazyQuotes = true
	cells, _ := r.Read()
	return cells
}
