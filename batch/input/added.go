package input

import (
	"bytes"
	"errors"
	"io"
	"iter"

	"github.com/bulknum/bulknum/batch/input/plaintext"
)

// Added tells of rows that stand behind a file's own bytes, in the copy of it that a run has; none: its zero value.
// They are CSV as [WriteConditional] writes it, however the file is written, and their lines and rows are counted on
// from the file's: where the file is plain UTF-8, these are the lines of the copy.
type Added struct {
	// Bytes is how many bytes are the file's own, and Lines how many lines end in its text.
	Bytes int64 `json:"bytes"`
	Lines int   `json:"lines"`
}

// Append writes rows as they are to stand behind the bytes of a file, of which there are so many, and returns how the
// options tell of them. It stops at the first error of rows.
func Append(w io.Writer, path string, o Options, size int64, rows iter.Seq2[Row, error]) (Added, error) {
	lines, ended, err := countLines(path, o)
	if err != nil {
		return Added{}, Located(path, err)
	}
	if !ended {
		if _, err := io.WriteString(w, "\n"); err != nil {
			return Added{}, err
		}
	}
	return Added{Bytes: size, Lines: lines}, WriteConditional(w, rows)
}

// countLines counts the line ends of a file's text, and reports whether it ends with one.
func countLines(path string, o Options) (lines int, ended bool, err error) {
	text, err := open(path, part{Options: o})
	if err != nil {
		return 0, false, err
	}
	defer text.Close()
	buf := make([]byte, readSize)
	for {
		n, err := text.Read(buf)
		if n > 0 {
			lines += bytes.Count(buf[:n], []byte{'\n'})
			ended = bytes.HasSuffix(buf[:n], []byte{'\n'})
		}
		switch {
		case errors.Is(err, io.EOF):
			return lines, ended, nil
		case err != nil:
			return 0, false, err
		}
	}
}

// part is a part of a file, and how it is read.
type part struct {
	Options
	section plaintext.Section
	lines   int  // that end before it
	added   bool // it is none of the file's own
}

// parts are the file's own rows, and those that were added.
func (o Options) parts() []part {
	if o.Added == (Added{}) {
		return []part{{Options: o}}
	}
	return []part{
		{Options: o, section: plaintext.Section{To: o.Added.Bytes}},
		{
			Options: Options{Format: CSV, Delimiter: ',', AllowClear: true, Routes: o.Routes, MaxBytes: o.MaxBytes},
			section: plaintext.Section{From: o.Added.Bytes}, lines: o.Added.Lines, added: true,
		},
	}
}
