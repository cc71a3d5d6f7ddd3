package input

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bulknum/bulknum/batch/input/internal/delimiter"
)

// Files that are something else than they should be, or more.

// endOfDOS ends files of some old programs.
const endOfDOS = "\x1a"

// titleLines is how many lines from the top a header is looked for.
const titleLines = 30

var (
	webPage = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b`)
	})
	webTitle = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`) })
)

// page returns the mistake of a web page, as a download that needs a login leaves one; nil: it is none.
func (t *text) page() error {
	head, _ := t.Peek(readSize) // an error comes again when it is read
	if !webPage().Match(bytes.TrimSpace(head)) {
		return nil
	}
	message := "this is a web page"
	if title := webTitle().FindSubmatch(head); title != nil {
		message += fmt.Sprintf(" (%q)", show(strings.Join(strings.Fields(string(title[1])), " ")))
	}
	return mistake(0, message+", not a file of rows", "see in a browser what it says, and whether a login is needed; then export again")
}

// top is a copy of the lines that a header is looked for in: a good file has it in the first, and is read on.
func top(head []byte) []byte {
	end := 0
	for range titleLines {
		n := bytes.IndexByte(head[end:], '\n')
		if n < 0 {
			end = len(head)
			break
		}
		end += n + 1
	}
	return bytes.Clone(head[:end])
}

// laterHeader returns the mistake of a file whose header stands below titles or comments, in the lines at its top; nil:
// there is none further down.
func (n *names) laterHeader(top []byte, asked rune) error {
	for i, line := range bytes.Split(top, []byte("\n")) {
		if i == 0 || i == titleLines {
			continue
		}
		used := asked
		if used == 0 {
			used = findDelimiter(line, n)
		}
		cells := delimiter.Split(line, used)
		if !n.know(cells) {
			continue
		}
		if _, err := n.understand(cells, i+1); err == nil {
			return mistake(i+1, "the header seems to be here, below something else", fmt.Sprintf("remove what stands above line %d", i+1))
		}
	}
	return nil
}

// row returns the text of the current row.
func (s *csvSource) row() []byte { return s.limited.Current()[:s.reader.InputOffset()-s.limited.Row] }

// blankLine reports whether the current row is a line of nothing but blanks.
func (s *csvSource) blankLine() bool { return len(bytes.TrimSpace(s.row())) == 0 }

// headerAgain blames a row that is the header once more. It is an error of the file where that has other columns, or
// another order of them: what follows would be read as something else than it is.
func (s *csvSource) headerAgain(rec *record) error {
	again, err := s.names.understand(delimiter.Split(s.row(), s.reader.Comma), rec.line)
	switch {
	case err != nil:
		return nil //nolint:nilerr // it is no header
	case !slices.Equal(again.targets, s.header.targets):
		return mistake(rec.line, "another header, with other columns: files have been joined here", "give the files one by one")
	}
	rec.shapeless = true
	rec.blame(ignored, "", "the header again: files have been joined here", "remove the line")
	return nil
}
