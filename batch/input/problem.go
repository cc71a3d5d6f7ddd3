package input

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/input/plaintext"
	"github.com/bulknum/bulknum/batch/option"
)

// Problem is one mistake in a file, located, with its cure. Texts from the file
// are shortened and hold no control characters, so that they can be printed.
type Problem struct {
	// Row is the record's number, 0 for a mistake of the whole file.
	Row int `json:"row,omitempty"`
	// Line is a line of the decompressed file, 0 where there is none.
	Line int `json:"line,omitempty"`
	// Run is the run whose rows this is about, where they were included behind the file's own; "": it is about the file.
	Run string `json:"run,omitempty"`
	// Column is the column's name as the file writes it; of a column that is
	// read under another name (Options.Map) that name follows in brackets.
	Column string `json:"column,omitempty"`
	// Value is what was written.
	Value string `json:"value,omitempty"`
	// Message says what is wrong, Hint what to do about it.
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Options are those that the hint speaks of.
	Options []option.Name `json:"options,omitempty"`
	// Warning tells that the row can be sent all the same.
	Warning bool `json:"warning,omitempty"`
}

// String renders the problem without its hint: `line 17: Number "8018018011":
// the + is missing`.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.what()
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.what())
}

// what is the problem without its place.
func (p Problem) what() string {
	switch {
	case p.Column == "":
		return p.Message
	case p.Value == "":
		return fmt.Sprintf("%s: %s", p.Column, p.Message)
	}
	return p.Column + ` "` + p.Value + `": ` + p.Message // the value is escaped already
}

// explain is what a report that has no place for the line says.
func (p Problem) explain() string {
	if p.Hint == "" {
		return p.what()
	}
	return fmt.Sprintf("%s (%s)", p.what(), p.Hint)
}

// FileError is why a file cannot be read at all, or not to its end.
type FileError struct {
	// Path is the file.
	Path string
	// Problems are all that was found wrong with it, at least one.
	Problems []Problem
}

// Error tells the first problem and how many more there are.
func (e *FileError) Error() string {
	text := fmt.Sprintf("%s: %s", e.Path, e.Problems[0])
	if more := len(e.Problems) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// unreadable is what is wrong with a file, before its path is known.
type unreadable struct{ problems []Problem }

func (u *unreadable) Error() string { return u.problems[0].String() }

func mistake(line int, message, hint string) error {
	return &unreadable{[]Problem{{Line: line, Message: message, Hint: hint}}}
}

// Located puts the path to an error of reading a file.
func Located(path string, err error) error {
	if u, ok := errors.AsType[*unreadable](err); ok {
		return &FileError{Path: path, Problems: u.problems}
	}
	if t, ok := errors.AsType[*plaintext.Error](err); ok {
		return &FileError{Path: path, Problems: []Problem{{Line: t.Line, Message: t.Message, Hint: t.Hint, Options: t.Options}}}
	}
	if e, ok := errors.AsType[*plaintext.EncodingError](err); ok {
		return &FileError{Path: path, Problems: []Problem{{
			Message: fmt.Sprintf("the encoding %q is not known", show(e.Name)),
			Hint:    "use a name such as utf-8, utf-16le, windows-1252, iso-8859-15 or shift_jis",
		}}}
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok { // it names the path itself
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// shownLength is how many characters of a value are shown.
const shownLength = 60

// show makes text of a file fit to be printed: shortened, and control
// characters escaped.
func show(text string) string {
	if len(text) <= shownLength && isPlain(text) {
		return text
	}
	var b strings.Builder
	n := 0
	for i, r := range text {
		if n++; n > shownLength {
			return fmt.Sprintf("%s… (%d characters)", b.String(), n-1+utf8.RuneCountInString(text[i:]))
		}
		if unicode.IsGraphic(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(fmt.Sprintf("%+q", r), "'"))
		}
	}
	return b.String()
}

func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}
