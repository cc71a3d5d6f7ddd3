package input

import "io"

// quote is a quote that went wrong.
type quote struct {
	line   int  // where it opens, 0: none did
	end    int  // where it is closed by a quote that is not the cell's last character
	closed bool // it is closed in that way
}

// findQuote reads the record that starts on a line once more, to tell where
// the quote that spoils it opens. encoding/csv knows only where it ended.
func findQuote(r io.RuneScanner, start int, delimiter rune) quote {
	for line := 1; line < start; {
		c, _, err := r.ReadRune()
		if err != nil {
			return quote{}
		}
		if c == '\n' {
			line++
		}
	}
	f := quoteFinder{r: r, delimiter: delimiter, line: start}
	for f.cell() {
	}
	return f.found
}

type quoteFinder struct {
	r         io.RuneScanner
	delimiter rune
	line      int
	found     quote
}

// read returns the next character, a line feed at the end of the file.
func (f *quoteFinder) read() (c rune, more bool) {
	c, _, err := f.r.ReadRune()
	if err != nil {
		return '\n', false
	}
	if c == '\n' {
		f.line++
	}
	return c, true
}

// cell reads one cell, and reports whether another one follows in the record.
func (f *quoteFinder) cell() bool {
	line := f.line
	c, more := f.read()
	if c == '"' {
		return f.quoted(line)
	}
	for more && c != f.delimiter && c != '\n' {
		if c == '"' { // closes nothing, but spoils the record
			f.found = quote{line: f.line, end: f.line, closed: true}
			return false
		}
		c, more = f.read()
	}
	return more && c == f.delimiter
}

// quoted reads the rest of a cell after its first quote.
func (f *quoteFinder) quoted(opened int) bool {
	f.found = quote{line: opened}
	for {
		c, more := f.read()
		if !more {
			return false
		}
		if c != '"' {
			continue
		}
		end := f.line
		switch c, more = f.read(); c {
		case '"':
			continue
		case f.delimiter, '\n':
			f.found = quote{}
			return more && c == f.delimiter
		}
		f.found = quote{line: opened, end: end, closed: true}
		return false
	}
}
