package batch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
)

// ParseReadWay reads the name of a way to read current settings.
func ParseReadWay(name string) (ReadWay, error) {
	ways := []ReadWay{ReadAuto, ReadInventory, ReadEach}
	if way := ReadWay(name); slices.Contains(ways, way) {
		return way, nil
	}
	return "", fmt.Errorf("%q is not a way to read: use auto, inventory or each", name)
}

// ParseFields reads names of fields with commas between them, in any case.
func ParseFields(list string) ([]string, error) {
	var fields []string
	for name := range strings.SplitSeq(list, ",") {
		field, err := parseField(name)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// ParseFieldLimit reads "50" or "10%" for all fields, and "MessageRouteId=50"
// for one.
func ParseFieldLimit(text string) (l FieldLimit, err error) {
	limit := text
	if name, value, ok := strings.Cut(text, "="); ok {
		if l.Field, err = parseField(name); err != nil {
			return l, err
		}
		limit = value
	}
	l.Limit, err = ParseLimit(limit)
	return l, err
}

// parseField returns a field's name in the API's spelling.
func parseField(name string) (string, error) {
	var names []string
	for _, f := range settings.Fields() {
		if strings.EqualFold(f.Name, strings.TrimSpace(name)) {
			return f.Name, nil
		}
		names = append(names, f.Name)
	}
	return "", fmt.Errorf("%q is not a field: use %s", name, strings.Join(names, ", "))
}

// nationalDigits is how many digits a number of North America has without its
// country code: so many, without a +, are not taken for a number of elsewhere.
const nationalDigits = 10

// ParseNumber reads a phone number, with its + or without.
func ParseNumber(text string) (string, error) {
	number, flaw := settings.ParseNumber(text)
	if flaw != nil && len(text) != nationalDigits {
		if with, none := settings.ParseNumber("+" + text); none == nil {
			return with, nil
		}
	}
	if flaw != nil {
		return "", fmt.Errorf("%q is no phone number: %s: %s", text, flaw.Message, flaw.Hint)
	}
	return number, nil
}

// ParseNumbers reads numbers, one a line. Blank lines and those that start with
// # are passed over. All lines that are no numbers are told at once.
func ParseNumbers(r io.Reader) (map[string]struct{}, error) {
	numbers := map[string]struct{}{}
	var wrong []error
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		number, flaw := settings.ParseNumber(text)
		if flaw != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %q: %s", n, text, flaw.Message))
			continue
		}
		numbers[number] = struct{}{}
	}
	return numbers, errors.Join(append(wrong, lines.Err())...)
}
