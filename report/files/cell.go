package files

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// formula is what makes a spreadsheet calculate (OWASP, "CSV Injection"),
	// also behind blanks and quotes, in its full-width forms, and behind a
	// separator at which a spreadsheet with other settings splits the cell.
	formula = regexp.MustCompile(`(^|[;\t\r\n])([\p{Z}"']*[=+\-@＝＋－＠])`)
	// leading is a first character that some spreadsheets pass over.
	leading = regexp.MustCompile(`^[\t\r\n]`)
)

// cell is text that came from outside, in a file that people open with a
// spreadsheet and no program reads back: so that nothing in it is calculated.
func cell(text string) string {
	if harmless(text) || isNumber(text) {
		return text
	}
	text = formula.ReplaceAllString(text, "$1'$2")
	return leading.ReplaceAllString(text, "'$0")
}

// isNumber reports whether a text is a phone number: a spreadsheet calculates nothing with it, and an import needs it as
// it is.
func isNumber(text string) bool {
	digits, plus := strings.CutPrefix(text, "+")
	return plus && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// harmless reports whether a text can be seen at a glance to be none of these:
// nearly all are.
func harmless(text string) bool {
	begins := true // a cell could begin here
	for i := range len(text) {
		switch c := text[i]; c {
		case '\t', '\r', '\n':
			return false
		case ';':
			begins = true
		case ' ', '"', '\'':
		case '=', '+', '-', '@':
			if begins {
				return false
			}
		default:
			if c >= utf8.RuneSelf {
				return false
			}
			begins = false
		}
	}
	return true
}
