package input

import (
	"encoding/csv"
	"io"
	"iter"
	"strconv"

	"github.com/bulknum/bulknum/batch/settings"
)

// Write writes rows as a CSV file that reads back as the same rows: a column
// for every field, a blank cell for what a row does not set, "<clear>" for what
// it clears. Cells are guarded (see [Guard]). Only Number and Settings of the
// rows are used. It stops at the first error of rows.
func Write(w io.Writer, rows iter.Seq2[Row, error]) error {
	return WriteColumns(w, Columns{}, rows)
}

// WriteConditional is [Write] of rows with their preconditions: a column more
// for every field, "<empty>" for one that must have no value.
func WriteConditional(w io.Writer, rows iter.Seq2[Row, error]) error {
	return WriteColumns(w, Columns{If: true}, rows)
}

// Columns are those that a file has beside Number and the fields: of preconditions, and Wave.
type Columns struct{ If, Wave bool }

// WriteColumns is [Write] with these columns as well.
func WriteColumns(w io.Writer, c Columns, rows iter.Seq2[Row, error]) error {
	columns := 1 + fieldCount
	if c.If {
		columns = theStatus
	}
	return write(w, columns, c.Wave, rows)
}

// write writes the first so many columns by their targets, and in the end the one of the waves.
func write(w io.Writer, columns int, waves bool, rows iter.Seq2[Row, error]) error {
	out := csv.NewWriter(w)
	names := targets()[:columns:columns]
	if waves {
		names = append(names, WaveColumn)
	}
	if err := out.Write(names); err != nil {
		return err
	}
	fields := settings.Fields()
	cells := make([]string, len(names))
	for row, err := range rows {
		if err != nil {
			return err
		}
		cells[theNumber] = Guard(row.Number)
		for target := 1; target < columns; target++ {
			if name := fields[fieldOf(target)].Name; isCondition(target) {
				cells[target] = written(row.If, name, settings.Empty)
			} else {
				cells[target] = written(row.Settings, name, settings.Clear)
			}
		}
		if waves {
			cells[columns] = ""
			if row.Wave > 0 { // a row that was added to the file says nothing
				cells[columns] = strconv.Itoa(row.Wave)
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// written is the cell that says of a field what the settings do; nothing is the
// word for "".
func written(s settings.Settings, name, nothing string) string {
	value, set := s.Get(name)
	switch {
	case !set:
		return ""
	case value == "":
		return nothing
	}
	return Guard(value)
}

// Unloadable is why a file with the row would not load, as when its values were told by
// the API, or would load as something else; nil: it would.
func (r *Row) Unloadable() *settings.Flaw {
	for _, part := range []settings.Settings{r.Settings, r.If} {
		for _, name := range part.Names() {
			field, _ := settings.Lookup(name) // the names are the table's
			value, _ := part.Get(name)
			if value == "" {
				continue
			}
			read, flaw := field.Parse(value)
			switch {
			case flaw != nil && !flaw.Warning:
				return &settings.Flaw{Field: name, Message: flaw.Message}
			case !field.Same(read, value):
				return &settings.Flaw{Field: name, Message: "a file would ask for another value"}
			}
		}
	}
	for _, flaw := range r.Settings.Flaws() {
		if !flaw.Warning {
			return &flaw
		}
	}
	return nil
}
