// Package markdown has the reports as Markdown with tables, as GitHub writes it, for a pull request or a ticket: a plan, and
// what became of a run. Each fits into [MostCharacters].
package markdown

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/bulknum/bulknum/report/words"
)

// MostCharacters is how many characters a report has at most: GitHub takes 65,536 in a comment.
const MostCharacters = 60_000

// What parts of a report may take of it; the rows have what is left.
const (
	mostKinds = 30_000
	mostNotes = 8_000
	// mostFoot is what must be left for the end.
	mostFoot = 2_000
	// mostText is how much of one text is shown.
	mostText = 300
)

// report is one that is being written.
type report struct {
	text strings.Builder
	size int // in characters
}

// add adds text that is Markdown already.
func (r *report) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.text.WriteString(text)
	r.size += utf8.RuneCountInString(text)
}

// flush writes the report.
func (r *report) flush(w io.Writer) error {
	_, err := io.WriteString(w, r.text.String())
	return err
}

// table begins a table; its columns are aligned as their names say, which begin with > where they are numbers.
func (r *report) table(title string, columns ...string) {
	if title != "" {
		r.add("\n### %s\n", title)
	}
	heads, rules := make([]string, len(columns)), make([]string, len(columns))
	for i, column := range columns {
		name, numeric := strings.CutPrefix(column, ">")
		heads[i], rules[i] = name, "---"
		if numeric {
			rules[i] = "---:"
		}
	}
	r.add("\n")
	r.row(heads...)
	r.row(rules...)
}

// row adds a line of a table.
func (r *report) row(cells ...string) { r.add("%s", rowOf(cells...)) }

// rowOf is a line of a table. Its cells are Markdown already.
func rowOf(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// rows adds lines of a table until it has so many characters, and tells how many of them it has added.
func (r *report) rows(most int, lines []string) (added int) {
	for _, line := range lines {
		if r.size+utf8.RuneCountInString(line) > most {
			break
		}
		r.add("%s", line)
		added++
	}
	return added
}

// code is a text from outside as it is, on one line: nothing in it is markup, a link or a mention.
func code(s string) string { return inCode(short(s)) }

// inCode is such a text in full.
func inCode(s string) string {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return ""
	case strings.ContainsAny(s, "`|\\"):
		return literal(s) // where these mean something even in code, renderers differ
	default:
		return "`" + s + "`"
	}
}

// plain is a text in words, which may have a text from outside in it.
func plain(s string) string { return literal(strings.TrimSpace(short(s))) }

// literal is a text in which all that Markdown or HTML may take for something else is written as its character's number.
func literal(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '@':
			b.WriteString("&#64;&#8203;") // with nothing after it nobody is mentioned
		case c == '#':
			b.WriteString("&#35;&#8203;") // nor is an issue
		case strings.ContainsRune("&<>|`\\*_[]~!$", c):
			fmt.Fprintf(&b, "&#%d;", c)
		default:
			b.WriteRune(c)
		}
	}
	// A scheme makes a link, as does what begins like a host's name.
	return strings.NewReplacer("://", ":&#8203;//", "www.", "www&#8203;.").Replace(b.String())
}

// short is as much of a text as is shown, on one line.
func short(s string) string {
	if utf8.RuneCountInString(s) > mostText {
		s = string([]rune(s)[:mostText-1]) + "…"
	}
	return words.Printable(s)
}
