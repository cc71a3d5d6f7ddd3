package settings

import "strings"

// class tells what a byte can be part of.
type class uint8

// The classes, which a byte may have several of.
const (
	ofIdentifier  class = 1 << iota // a letter of ASCII, a digit or a hyphen
	ofText                          // a character of ASCII that is seen, or a space
	beginsNoValue                   // the first byte of something that stands for no value
)

// classes are those of each byte.
var classes = classify()

func classify() (of [256]class) {
	for c := ' '; c <= '~'; c++ {
		of[c] |= ofText
		if c == '-' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
			of[c] |= ofIdentifier
		}
	}
	for _, words := range [][]string{noValue, words} {
		for _, word := range words {
			of[word[0]] |= beginsNoValue
			of[strings.ToUpper(word)[0]] |= beginsNoValue
		}
	}
	return of
}

// all reports whether all bytes of a text are of a class.
func all(text string, of class) bool {
	for i := range len(text) {
		if classes[text[i]]&of == 0 {
			return false
		}
	}
	return true
}

// The common case of a text field is a value that is sent as it is written and with which nothing is wrong. A look at its
// bytes tells it, for files have millions of cells. Of other values it says nothing: the field's check decides on them,
// and explains.

// plainIdentifier finds one of the field's own prefixes, and behind it nothing that may be a UUID without its end.
func plainIdentifier(f Field, value string) bool {
	if len(value) > maxText || !all(value, ofIdentifier) {
		return false
	}
	for _, prefix := range f.Prefixes {
		if n := len(prefix); len(value) > n && value[n] == '-' && value[:n] == prefix {
			tail := value[n+1:]
			return len(tail) >= uuidLength || strings.IndexByte(tail, '-') < 0
		}
	}
	return false
}

// plainICCID finds the digits of a SIM with a check digit that fits. A zero in the end may be one of a spreadsheet's.
func plainICCID(_ Field, value string) bool {
	digits := strings.TrimSuffix(value, "F")
	n := len(digits)
	return minICCID <= n && n <= maxICCID && allDigits(digits) && luhn(digits) && value[len(value)-1] != '0'
}

// plainName finds a name of ASCII that is too short to be an identifier.
func plainName(_ Field, value string) bool {
	n := len(value)
	return 0 < n && n <= maxCallerName && classes[value[0]]&beginsNoValue == 0 && all(value, ofText) && trimmed(value)
}
