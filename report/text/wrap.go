package text

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/report/words"
)

// wrapped breaks a printable text at its blanks into lines of at most width
// columns, which are two at least; a longer word is broken where it has to be.
func wrapped(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && words.Width(line)+1+words.Width(word) > width {
			lines, line = append(lines, line), ""
		}
		for words.Width(word) > width {
			head := text.Trim(word, width)
			lines, word = append(lines, head), strings.TrimPrefix(word, head)
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
