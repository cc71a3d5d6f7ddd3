// Package input is the reader of input files: the rows of numbers and their settings,
// and all that is wrong with them.
//
// A file is CSV or JSONL, compressed or not, in UTF-8, UTF-16 or an encoding
// that is named; what it is, is told by its content. A first line sep=; as
// spreadsheets write it names the delimiter. A file is read twice:
//
//	file, err := input.Check(ctx, path, options, report) // every mistake, located
//	for row, err := range file.Rows(ctx) { … }           // the same verdicts, row by row
//
// Check remembers the set of numbers and nothing else of the rows, so that a
// file of a million rows needs little memory, however often a number stands in
// it. Where numbers stand in more than one row it reads the file twice more, to
// tell of each of these rows. Rows needs only what is known of those numbers.
//
// Nothing is guessed: a cell that cannot be meant as it is written makes its
// row invalid, with a hint how to write it. A blank cell keeps a setting as it
// is, so no accident with a spreadsheet clears one. White space around a cell
// does not belong to it, and rows of nothing but blank cells are no rows.
//
// Where the id of a route belongs, "name:EU SMS hub" names one: see [RouteNames].
//
// A column Wave puts each row into a wave of a cutover, from 1.
//
// A column If.<Field> is a precondition: the row is to be sent only while its
// number has that value. A blank cell asks for nothing, "<empty>" for no value.
//
// # Contexts and errors
//
// The end of ctx ends reading, with its cause. A file that cannot be read as a whole is a [FileError]; a row that is
// wrong is no error but a [Problem]. Other errors are those of readers, writers and files, as they are, and of words
// that are no option's or field's name, which say which are.
package input

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/input/plaintext"
	"github.com/bulknum/bulknum/batch/settings"
)

// Format is how the rows of a file are written.
type Format int

// The formats.
const (
	Auto  Format = iota // told by the content
	CSV                 // a header, then a record a row (RFC 4180)
	JSONL               // one JSON object a line
)

// ParseFormat understands "auto" (or nothing), "csv" and "jsonl".
func ParseFormat(name string) (Format, error) {
	switch name {
	case "", "auto":
		return Auto, nil
	case "csv":
		return CSV, nil
	case "jsonl":
		return JSONL, nil
	}
	return Auto, fmt.Errorf("format %q is not known: use csv, jsonl or auto", name)
}

// String is the word that [ParseFormat] reads.
func (f Format) String() string { return [...]string{"auto", "csv", "jsonl"}[f] }

// MarshalText writes the format's name, as the store keeps it.
func (f Format) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (f *Format) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFormat(string(text))
	return err
}

// DefaultMaxBytes is the size, decompressed, up to which a file is read unless
// Options say otherwise: some six million rows that set every field, or sixty
// million that set one. At the API's standard rate that is three months, or more
// than two years.
const DefaultMaxBytes = 1 << 30

// Options say how to read a file. The zero value finds out by itself.
type Options struct {
	// Format is CSV or JSONL where the content must not decide.
	Format Format `json:"format,omitzero"`
	// Delimiter stands between the cells of a CSV file; 0: found from the header.
	Delimiter rune `json:"delimiter,omitzero"`
	// Encoding is the name of a character encoding (those of the WHATWG
	// Encoding Standard), "": UTF-8, or UTF-16 if the file starts with its mark.
	Encoding string `json:"encoding,omitzero"`
	// Map gives columns of the file another name: {"Phone": "Number"}.
	Map map[string]string `json:"map,omitempty"`
	// Ignore are columns of the file that are not read.
	Ignore []string `json:"ignore,omitempty"`
	// AllowClear lets "<clear>" set a text field to nothing.
	AllowClear bool `json:"allowClear,omitzero"`
	// AllowSharedICCID lets rows of several numbers set one ICCID.
	AllowSharedICCID bool `json:"allowSharedIccid,omitzero"`
	// AllowPartialLastLine lets a file end in the middle of a line, as far as can be told.
	AllowPartialLastLine bool `json:"allowPartialLastLine,omitzero"`
	// AsTold takes values as they are written, unchecked: of a file that was
	// made from what the API itself has told, some of which nobody may write
	// today.
	AsTold bool `json:"asTold,omitzero"`
	// Added are rows of an earlier run behind the file's own bytes: see [Append].
	Added Added `json:"added,omitzero"`
	// Routes finds the routes that are named in place of their ids; nil: a name is a mistake.
	Routes RouteNames `json:"-"`
	// State takes rows for what numbers have, as an export tells it, and not for what
	// is to be set: a blank cell is a field that has no value.
	State bool `json:"-"`
	// MaxBytes is how much is read, decompressed, before the file is refused;
	// 0: DefaultMaxBytes. More than 4 GiB cannot be asked for.
	MaxBytes int64 `json:"maxBytes,omitzero"`
}

// RowStatus is the verdict on a row.
type RowStatus int

// The verdicts.
const (
	Valid     RowStatus = iota // to be planned and sent
	Invalid                    // cannot be sent as written
	Duplicate                  // the same in every column as the row on line SameAs
)

// String is the status in a word.
func (s RowStatus) String() string { return [...]string{"valid", "invalid", "duplicate"}[s] }

// Row is one record of the input.
type Row struct {
	// Row counts the records from 1, Line the lines of the file from 1; Line is
	// where the record starts.
	Row, Line int
	// Number is in E.164 form. If the row is invalid it is what was written,
	// shortened, and may be empty.
	Number string
	// Settings are what the row sets; of an invalid row, those without mistakes.
	Settings settings.Settings
	// If are the row's preconditions: it is sent only while its number has these
	// values, "" for none.
	If     settings.Settings
	Status RowStatus
	// NumberStatus is the number's status as an export has shown it, which the row does not ask for; often "".
	NumberStatus string
	// Added tells that the row is none of the file's own: see [Options.Added].
	Added bool
	// SameAs is the line of the row that a Duplicate repeats, else 0.
	SameAs int
	// Wave is the wave that the row is put into, from 1; 0: the row does not say.
	Wave int
	// Error says why the row is invalid, all mistakes in one line; else "".
	Error string
	// Warnings are what looks odd but does not stop the row.
	Warnings []string
}

// Counts is the verdict on a file. Rows is the sum of Valid, Invalid and
// Duplicate.
type Counts struct {
	Rows      int `json:"rows"`
	Valid     int `json:"valid"`
	Invalid   int `json:"invalid"`
	Duplicate int `json:"duplicate"`
	Warnings  int `json:"warnings"` // problems that are only warnings
}

// Kind is what a file is made of.
type Kind struct {
	Format      Format
	Compression plaintext.Compression
}

// Ext returns the usual ending of such a file's name: ".csv", ".jsonl.gz".
func (k Kind) Ext() string {
	ext := ".csv"
	if k.Format == JSONL {
		ext = ".jsonl"
	}
	return ext + k.Compression.Ext()
}
