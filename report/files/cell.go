package files

import "regexp"

// cell is text that came from outside, in a file that people open with a
// spreadsheet and no program reads back.
type cell string

var (
	// number is a phone number: a spreadsheet calculates nothing with it, and
	// an import needs it as it is.
	number = regexp.MustCompile(`^\+[0-9]+$`)
	// formula is what makes a spreadsheet calculate (OWASP, "CSV Injection"),
	// also behind blanks and quotes, in its full-width forms, and behind a
	// separator at which a spreadsheet with other settings splits the cell.
	formula = regexp.MustCompile(`(^|[;\t\r\n])([\p{Z}"']*[=+\-@＝＋－＠])`)
	// leading is a first character that some spreadsheets pass over.
	leading = regexp.MustCompile(`^[\t\r\n]`)
)

// MarshalCSV renders the cell so that nothing in it is calculated.
func (c cell) MarshalCSV() (string, error) {
	text := string(c)
	if harmless(text) || number.MatchString(text) {
		return text, nil
	}
	text = formula.ReplaceAllString(text, "$1'$2")
	return leading.ReplaceAllString(text, "'$0"), nil
}

// harmless reports whether a text can be seen at a glance to be none of these:
// nearly all are.
func harmless(text string) bool {
	if text == "" {
		return true
	}
	if first := text[0] | 0x20; (first < 'a' || first > 'z') && (text[0] < '0' || text[0] > '9') {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x80 || c == ';' {
			return false
		}
	}
	return true
}
