package batch

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/settings"
)

// exportedRow is a number on its way into a file.
type exportedRow struct {
	number string
	fields []settings.Field
	cells  []exportedCell // by field
}

// exportedCell is what a row says of one field.
type exportedCell struct {
	text   string
	told   bool // by the API; else the text is empty
	clears bool // the field, which takes a word for it
}

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
func (r exportedRow) refusal() string {
	if _, flaw := settings.ParseNumber(r.number); flaw != nil {
		return flaw.Message
	}
	var read settings.Settings
	sets := false
	for i, c := range r.cells {
		sets = sets || c.clears || c.text != ""
		if c.text == "" {
			continue
		}
		value, flaw := r.fields[i].Parse(c.text)
		if flaw != nil && !flaw.Warning {
			return fmt.Sprintf("%s %q: %s", r.fields[i].Name, c.text, flaw.Message)
		}
		read.Set(r.fields[i].Name, value)
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
