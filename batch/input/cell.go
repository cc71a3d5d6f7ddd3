package input

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bulknum/bulknum/batch/settings"
)

// sheetError is what spreadsheets show for a formula that has gone wrong, in
// English and, by its form, in other languages; and for a column too narrow.
var sheetError = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^#(N/[A-Z]+|NV|GETTING_DATA|#+|[\p{Lu}\p{N}/_ ]+[!?])$`)
})

func isSheetError(text string) bool {
	return strings.HasPrefix(text, "#") && sheetError().MatchString(text)
}

func isClear(text string) bool { return isWord(text, settings.Clear) }

func isEmpty(text string) bool { return isWord(text, settings.Empty) }

func isUnknown(text string) bool { return isWord(text, settings.Unknown) }

// isWord reports whether a text is one of these words, in any case. Most texts begin otherwise.
func isWord(text, word string) bool {
	return text != "" && text[0] == word[0] && strings.EqualFold(text, word)
}

// textFormula is a formula that is a text and nothing else: ="00420". With it spreadsheets, and programs that write for
// them, keep a text from becoming a number. A quote in the text is written twice.
var textFormula = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^=\s*"((?:[^"]|"")*)"$`) })

// take reads what is written in a cell of a CSV file: the text of a formula that is one, and, of a setting, what was
// guarded. False: it is a formula that no spreadsheet has worked out.
func (c *cell) take(written string, guarded bool) bool {
	if n := len(written); n == 0 || isBare(written[0]) && isBare(written[n-1]) {
		c.text = written
		return true
	}
	text, isText := formulaText(strings.TrimSpace(written))
	c.text = text
	switch {
	case isText:
	case strings.HasPrefix(text, "="):
		return false
	case guarded:
		c.unguard()
	}
	return true
}

// isBare reports whether a text that begins or ends with a byte has nothing there to be taken away: no blank, no guard, and
// no sign of a formula.
func isBare(c byte) bool { return ' ' < c && c <= '~' && c != '\'' && c != '=' }

// formulaText returns the text of a formula that is one, or what is written.
func formulaText(written string) (text string, is bool) {
	if !strings.HasPrefix(written, "=") {
		return written, false
	}
	found := textFormula().FindStringSubmatch(written)
	if found == nil {
		return written, false
	}
	return strings.TrimSpace(strings.ReplaceAll(found[1], `""`, `"`)), true
}

// Guard makes a cell of a CSV file harmless: one that a spreadsheet would run
// as a formula, or that would mean something else to this package, gets an
// apostrophe before it. Numbers in E.164 form are left as they are.
//
// Reading a setting takes exactly that apostrophe away again: a cell that is
// guarded is text and nothing else, and an apostrophe before anything else
// ("'t Hooft") belongs to the text.
func Guard(text string) string {
	if needsGuard(text) {
		return "'" + text
	}
	return text
}

// needsGuard looks behind apostrophes, so that a text which looks like a
// guarded one is guarded in its turn and nothing is lost on the way back.
func needsGuard(text string) bool {
	text = strings.TrimLeft(text, "'")
	if text == "" {
		return false
	}
	switch text[0] {
	case '=', '-', '@', '\t', '\r':
		return true
	case '+':
		return strings.Trim(text[1:], "0123456789") != ""
	case '<':
		return isClear(text) || isEmpty(text) || isUnknown(text)
	case '#':
		return isSheetError(text)
	}
	return false
}

// unguard undoes Guard.
func (c *cell) unguard() {
	if strings.HasPrefix(c.text, "'") && needsGuard(c.text) {
		c.text, c.literal = c.text[1:], true
	}
}
