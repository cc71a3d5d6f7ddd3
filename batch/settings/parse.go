package settings

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxText is a length, in bytes, that no setting comes near. It keeps a file
// whose columns have run together from being sent as one.
const maxText = 255

// maxCallerName is how many characters of a caller's name the networks show.
const maxCallerName = 15

// plainBool finds the words that are sent.
func plainBool(_ *Field, value string) bool { return value == On || value == "false" }

func parseBool(_ *Field, value string) (string, *Flaw) {
	switch strings.ToLower(value) {
	case "true", "yes", "1", "on", "enabled":
		return "true", nil
	case "false", "no", "0", "off", "disabled":
		return "false", nil
	}
	return "", wrong("not a yes or no", "write true or false (yes/no, 1/0, on/off and enabled/disabled are understood too)")
}

// plainEnum finds a value in the spelling of the API.
func plainEnum(f *Field, value string) bool { return slices.Contains(f.Values, value) }

func parseEnum(f *Field, value string) (string, *Flaw) {
	for _, v := range f.Values {
		if strings.EqualFold(v, value) {
			return v, nil
		}
	}
	return "", wrong("not a value of "+f.Name, "write one of "+strings.Join(f.Values, ", "))
}

// plainName finds a name of ASCII that is too short to be an identifier.
func plainName(_ *Field, value string) bool {
	n := len(value)
	return 0 < n && n <= maxCallerName && classes[value[0]]&beginsNoValue == 0 && all(value, ofText) && trimmed(value)
}

// parseName takes a caller's name as it is written, apart from what no name has.
func parseName(f *Field, value string) (string, *Flaw) {
	if flaw := unusable(value); flaw != nil {
		return "", flaw
	}
	switch {
	case isNoValue(value, noValue):
		return "", wrong("stands for no value", f.keepOrClear())
	case isNoValue(value, words):
		return value, doubtful("may stand for no value", "if it is nobody's name, "+f.keepOrClear())
	}
	// A short name may look like an identifier; an identifier is never short.
	if owner := ownerOf(value); owner != "" && len(value) > maxCallerName {
		return "", wrong("this is the id of "+owner, "is the value in the wrong column?")
	}
	return value, nil
}

// unusable finds what belongs into no text field: too much of it, and
// characters that cannot be seen.
func unusable(value string) *Flaw {
	if len(value) > maxText {
		return wrong(fmt.Sprintf("%d bytes long, no setting is longer than %d", len(value), maxText),
			"has a quote been left open, or have columns run together?")
	}
	for i, r := range []rune(value) {
		switch {
		case r == '\n' || r == '\r':
			return wrong("contains a line break", "remove it")
		case r == unicode.ReplacementChar:
			return wrong("contains damaged characters", "write them again")
		case !unicode.IsGraphic(r):
			return wrong(fmt.Sprintf("contains the invisible character %U in place %d", r, i+1), "remove it")
		}
	}
	return nil
}
