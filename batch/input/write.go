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
	names := targets()
	out := csv.NewWriter(w)
	if err := out.Write(names); err != nil {
		return err
	}
	cells := make([]string, len(names))
	for row, err := range rows {
		if err != nil {
			return err
		}
		cells[theNumber] = Guard(row.Number)
		for i, name := range names[1:] {
			cells[i+1] = written(row.Settings, name)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// written is the cell that sets a field as the settings do.
func written(s settings.Settings, name string) string {
	value, set := s.Get(name)
	switch {
	case !set:
		return ""
	case value == "":
		return settings.Clear
	}
	return Guard(value)
}
