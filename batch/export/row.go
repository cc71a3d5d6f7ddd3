package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
)

// row is a number on its way into a file.
type row struct {
	number  string
	status  string
	columns []column
	cells   []cell // by column
}

// column is a field, or a precondition of one.
type column struct {
	settings.Field
	header    string
	condition bool
}

// cell is what a row says in one column.
type cell struct {
	text string
	told bool // by the API; else the text is empty
	// damaged tells that the value has characters that no file can have.
	damaged bool
	word    string // says that the field is to be cleared, must be empty, or is not known
}

// columnsOf are those of an export: every field or, if some are to be
// set, these and what they must be now.
func columnsOf(set settings.Settings) []column {
	var sets, conditions []column
	for _, field := range settings.Fields() {
		if _, ok := set.Get(field.Name); !ok && !set.IsZero() {
			continue
		}
		sets = append(sets, column{Field: field, header: field.Name})
		if !set.IsZero() {
			conditions = append(conditions, column{Field: field, header: input.IfPrefix + field.Name, condition: true})
		}
	}
	return append(sets, conditions...)
}

// cell is what a column says of a number.
func (c column) cell(set settings.Settings, state settings.State) cell {
	if value, ok := set.Get(c.Name); ok && !c.condition {
		cell := cell{text: value, told: true}
		if value == "" {
			cell.word = settings.Clear
		}
		return cell
	}
	value, told := state.Get(c.Name)
	if strings.ContainsAny(value, damage) || c.isNothing(value) {
		return cell{word: settings.Unknown, damaged: true}
	}
	cell := cell{text: writable(c.Field, value), told: told}
	switch {
	case !told:
		cell.word = settings.Unknown
	case c.condition && value == "":
		cell.word = settings.Empty
	}
	return cell
}

// isNothing reports whether a part of a caller's name reads as a word for no value, which
// input refuses, as the first name of "N/A Ltd" does.
func (c column) isNothing(value string) bool {
	return slices.Contains([]string{"CnamFirstName", "CnamLastName"}, c.Name) && settings.StandsForNothing(value)
}

// damage are the characters with which a file is no text: a zero byte, and what a
// conversion leaves of a character that it has lost.
const damage = "\x00\uFFFD"

// iccidFiller follows the digits of some ICCIDs and means nothing (ITU-T E.118).
const iccidFiller = "F"

// writable returns a value in a spelling that can be read again. That is how it
// was told, except for ICCIDs that end in zeros: without a filler they are taken
// for numbers that a spreadsheet has rounded.
func writable(field settings.Field, value string) string {
	if _, flaw := field.Parse(value); value == "" || flaw == nil || flaw.Warning {
		return value
	}
	filled := value + iccidFiller
	if _, flaw := field.Parse(filled); field.Same(filled, value) && (flaw == nil || flaw.Warning) {
		return filled
	}
	return value
}

// refusal is why a row will not be taken as input, "" if it will.
func (r row) refusal() string {
	if _, flaw := settings.ParseNumber(r.number); flaw != nil {
		return flaw.Message
	}
	var read settings.Settings
	sets := false
	for i, c := range r.cells {
		column := r.columns[i]
		sets = sets || !column.condition && (c.word == settings.Clear || c.text != "")
		if c.text == "" {
			continue
		}
		value, flaw := column.Parse(c.text)
		if flaw != nil && !flaw.Warning {
			return fmt.Sprintf("%s %q: %s", column.header, c.text, flaw.Message)
		}
		if !column.condition {
			read.Set(column.Name, value)
		}
	}
	for _, flaw := range read.Flaws() {
		if !flaw.Warning {
			return flaw.Field + ": " + flaw.Message
		}
	}
	if !sets {
		return "the API tells no setting of it"
	}
	return ""
}
