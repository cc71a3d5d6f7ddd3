package settings

import "strings"

// The common case of a field is a value that is sent as it is written and with which nothing is wrong. A look at its
// bytes tells it, for files have millions of cells. Of other values it says nothing: the field's check decides on them,
// and explains.

// noValue are what databases, scripts and people write for "no value", in lower case;
// words are those of them that may be somebody's name.
var (
	noValue = []string{
		`\n`, "(null)", "<null>", "[null]", "{null}", "''", `""`, "n/a", "#n/a", "n.a.", "n.v.", "k.a.", "tbd", "undefined", "-", "--", "?", "??",
	}
	words = []string{"null", "none", "nil", "nan", "na"}
)

// class tells what a byte can be part of.
type class uint8

// The classes, which a byte may have several of.
const (
	ofIdentifier  class = 1 << iota // a letter of ASCII, a digit or a hyphen
	ofWord                          // a letter of ASCII
	ofHex                           // a digit of base 16
	ofText                          // a character of ASCII that is seen, or a space
	beginsNoValue                   // the first byte of something that stands for no value
)

// classes are those of each byte.
var classes = classify()

func classify() (of [256]class) {
	for c := ' '; c <= '~'; c++ {
		of[c] |= ofText
	}
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
		of[c] |= ofWord | ofIdentifier
	}
	for _, c := range []byte("0123456789-") {
		of[c] |= ofIdentifier
	}
	for _, c := range []byte("0123456789ABCDEFabcdef") {
		of[c] |= ofHex
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

// trimmed reports whether a text has no blank at its ends.
func trimmed(text string) bool { return strings.TrimSpace(text) == text }
