package input

import (
	"encoding/csv"
	"io"
	"iter"

	"github.com/bulknum/bulknum/batch/settings"
)

// Write writes rows as a CSV file that reads back as the same rows: a column
// for every field, a blank cell for what a row does not set, "<clear>" for what
// it clears. Cells are guarded (see [Guard]). Only Number and Settings of the
// rows are used. It stops at the first error of rows.
func Write(w io.Writer, rows iter.Seq2[Row, error]) error {
	return write(w, targets()[:1+fieldCount], rows)
}

// WriteConditional is [Write] of rows with their preconditions: a column more
// for every field, "<empty>" for one that must have no value.
func WriteConditional(w io.Writer, rows iter.Seq2[Row, error]) error {
	return write(w, targets()[:theStatus], rows)
}

// write writes the columns that have these names by targets.
func write(w io.Writer, names []string, rows iter.Seq2[Row, error]) error {
	out := csv.NewWriter(w)
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
		for target := 1; target < len(names); target++ {
			if name := fields[fieldOf(target)].Name; isCondition(target) {
				cells[target] = written(row.If, name, settings.Empty)
			} else {
				cells[target] = written(row.Settings, name, settings.Clear)
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
