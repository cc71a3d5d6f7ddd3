package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
)

// NumberWidth is how much of a number is shown: as long as E.164 allows; of an
// invalid row it is whatever was written.
const NumberWidth = 16

// Number is a number, or what was written instead of one.
func Number(number string) string { return Cut(Printable(number), NumberWidth) }

// Width is how much room a printable text takes on a terminal.
func Width(s string) int { return text.StringWidthWithoutEscSequences(s) }

// Cut shortens a text to a width of at least one column.
func Cut(s string, width int) string { return text.Snip(s, width, "…") }

// Printable is text from outside, without what would move the cursor, change
// colours or turn the direction of writing.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsGraphic(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return unicode.ReplacementChar
		}
	}, s)
}

// Capital begins a text with a capital letter.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
