package words

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
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

// Escaped returns a writer through which text reaches another without what [Printable] replaces: each such character is
// written as JSON escapes it (\u009b), so that what is JSON stays the same JSON. Ends of lines and tabs pass. It is safe
// for concurrent use, and what was written in one piece stays one.
func Escaped(w io.Writer) io.Writer { return &escaped{w: w} }

type escaped struct {
	w io.Writer

	mu   sync.Mutex
	half []byte // a character that the last piece cut in two
}

// plain reports whether a line can be seen at a glance to need nothing: nearly all are.
func plain(line []byte) bool {
	for _, c := range line {
		if (c < ' ' || c > '~') && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

func (e *escaped) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.half) == 0 && plain(p) {
		return e.w.Write(p)
	}
	rest := make([]byte, 0, len(e.half)+len(p))
	rest, e.half = append(append(rest, e.half...), p...), nil
	safe := make([]byte, 0, len(rest))
	for len(rest) > 0 {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && !utf8.FullRune(rest) {
			e.half = rest
			break
		}
		if r == '\n' || r == '\t' || unicode.IsGraphic(r) {
			safe = utf8.AppendRune(safe, r)
		} else {
			for _, unit := range utf16.Encode([]rune{r}) {
				safe = fmt.Appendf(safe, `\u%04x`, unit)
			}
		}
		rest = rest[size:]
	}
	if _, err := e.w.Write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}
