// Package quote has the quote that spoils a record of a CSV file: encoding/csv knows only where it gave up.
package quote

import (
	"bytes"
	"unicode/utf8"
)

// Quote is a quote that spoils a record.
type Quote struct {
	Cell   int    // the cell that it is in, from 0
	Text   string // the cell as it is written
	Opens  int    // the line where the cell begins
	Closes int    // the line of a quote that is not the cell's last character; 0: there is none
}

// Find takes the record at the beginning of text apart once more, to tell
// the quote that spoils it; encoding/csv knows only where it gave up. The
// record begins on the given line. False: nothing is wrong with its quotes.
func Find(text []byte, line int, delimiter rune) (Quote, bool) {
	separator := utf8.AppendRune(nil, delimiter)
	text = bytes.TrimLeft(text, "\r\n") // empty lines are no records
	for cell := 0; ; cell++ {
		end, spoilt := cellEnd(text, separator)
		switch {
		case spoilt == 0:
			return Quote{Cell: cell, Text: string(text[:end]), Opens: line}, true
		case spoilt > 0:
			return Quote{Cell: cell, Text: string(text[:end]), Opens: line, Closes: line + bytes.Count(text[:spoilt], newline)}, true
		case !bytes.HasPrefix(text[end:], separator):
			return Quote{}, false
		}
		line += bytes.Count(text[:end], newline)
		text = text[end+len(separator):]
	}
}

var newline = []byte("\n")

// cellEnd returns the length of the cell at the beginning of text, and where
// the quote stands that spoils it: 0 is the one that it opens with, which is
// never closed, -1 none.
func cellEnd(text, separator []byte) (end, spoilt int) {
	if !bytes.HasPrefix(text, []byte(`"`)) {
		end = plainEnd(text, separator)
		return end, bytes.IndexByte(text[:end], '"')
	}
	closing := closingQuote(text)
	if closing < 0 {
		return len(text), 0
	}
	end = closing + 1
	if rest := plainEnd(text[end:], separator); rest > 0 {
		return end + rest, closing
	}
	return end, -1
}

// plainEnd returns how much of text stands before the next delimiter or end of
// a line.
func plainEnd(text, separator []byte) int {
	for i, c := range text {
		if c == '\n' || bytes.HasPrefix(text[i:], separator) || c == '\r' && (i+1 == len(text) || text[i+1] == '\n') {
			return i
		}
	}
	return len(text)
}

// closingQuote returns where the quote that text opens with is closed, -1 if it
// is not: a quote that is written twice closes nothing.
func closingQuote(text []byte) int {
	for i := 1; ; i += 2 {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return -1
		}
		if i += n; i+1 == len(text) || text[i+1] != '"' {
			return i
		}
	}
}
