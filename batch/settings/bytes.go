package settings

import "strings"

// class tells what a byte can be part of.
type class uint8

// The classes, which a byte may have several of.
const (
	ofIdentifier class = 1 << iota // a letter of ASCII, a digit or a hyphen
	ofText                         // a character of ASCII that is seen, or a space
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

// trimmed reports whether a text has no blank at its ends.
func trimmed(text string) bool { return strings.TrimSpace(text) == text }
