package input

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
)

// AddWhere adds a condition that a number must meet to be exported, as in
// "MessageRouteId=MRID-a". Nothing after the sign stands for a field without a
// value.
func AddWhere(where settings.Settings, assignment string) (settings.Settings, error) {
	field, value, err := parseAssignment(where, assignment)
	if err != nil {
		return where, err
	}
	where.Set(field.Name, value)
	return where, nil
}

// AddSet adds a value that is exported instead of the one that a number has, as
// in "MessageRouteId=MRID-b". To clear a field is said by [settings.Clear], as
// in a file of rows.
func AddSet(set settings.Settings, assignment string) (settings.Settings, error) {
	field, value, err := parseAssignment(set, assignment)
	switch {
	case err != nil:
		return set, err
	case value == "" && !field.Clearable:
		return set, fmt.Errorf("%s cannot be cleared", field.Name)
	case value == "" && !strings.HasSuffix(assignment, settings.Clear):
		return set, fmt.Errorf("there is no value: write %s=%s if the field is to be cleared", field.Name, settings.Clear)
	}
	set.Set(field.Name, value)
	for _, flaw := range set.Flaws() {
		if !flaw.Warning {
			return set, flawed(flaw)
		}
	}
	return set, nil
}

// parseAssignment reads FIELD=VALUE, of a field that is not among the others yet. The
// value is "" if there is none.
func parseAssignment(others settings.Settings, assignment string) (field settings.Field, value string, err error) {
	name, value, ok := strings.Cut(assignment, "=")
	if !ok {
		return field, "", errors.New("not of the form MessageRouteId=MRID-a")
	}
	field, err = FindField(name)
	if err != nil {
		return field, "", err
	}
	if _, twice := others.Get(field.Name); twice {
		return field, "", fmt.Errorf("%s is given twice", field.Name)
	}
	if value = strings.TrimSpace(value); value == "" || value == settings.Clear || value == settings.Empty {
		return field, "", nil
	}
	value, flaw := field.Parse(value)
	if flaw != nil && !flaw.Warning {
		return field, "", flawed(*flaw)
	}
	return field, value, nil
}

// flawed is a flaw as an error.
func flawed(f settings.Flaw) error {
	if f.Hint == "" {
		return errors.New(f.Message)
	}
	return fmt.Errorf("%s (%s)", f.Message, f.Hint)
}
