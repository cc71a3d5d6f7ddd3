package mask

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/settings"
)

// hidden stands in place of the middle of a value. It does not tell how long that was.
const hidden = "***"

// Value hides the middle of a value: of a number or a SIM the beginning and the last two characters stay, of a short
// name its first one, and of less than four characters nothing.
func Value(value string) string {
	all := []rune(value)
	switch n := len(all); {
	case n == 0:
		return ""
	case n < 4:
		return hidden
	case n < 8:
		return string(all[:1]) + hidden
	default:
		return string(all[:min(4, n/4)]) + hidden + string(all[n-2:])
	}
}

// patterns are what is looked for in texts.
type patterns struct {
	phone       *regexp.Regexp // a number as people write it, with something between its digits; a SIM in groups
	digits      *regexp.Regexp // as many as a number has: counts, lines, statuses and times have fewer
	token       *regexp.Regexp // a word, with what stands within words
	fingerprint *regexp.Regexp // the hash of a file
	quoted      *regexp.Regexp // a text in quotation marks

	// Of the fields whose values belong to single numbers, and so to persons: subscribers, SIMs, names of callers.
	fields   *regexp.Regexp // their names
	assigned *regexp.Regexp // a name with its value
	moved    *regexp.Regexp // a name with a value and the next one
	prefixed *regexp.Regexp // values that are known by their beginnings
	kept     *regexp.Regexp // ids that are nobody's: of routes
}

// compiled are the patterns, with those of the table of fields. Most commands hide nothing, and are spared the time.
var compiled = sync.OnceValue(func() *patterns {
	var names, prefixes, kept []string
	for _, f := range settings.Fields() {
		if f.PerNumber {
			names, prefixes = append(names, f.Name), append(prefixes, f.Prefixes...)
		} else {
			kept = append(kept, f.Prefixes...)
		}
	}
	const value = `("(?:[^"\\]|\\.)*"|\([^)]*\)|[^\s;,]+)`
	name := `((?:` + strings.Join(names, "|") + `)`
	return &patterns{
		phone:       regexp.MustCompile(`\+\d[\d ().-]{6,}\d|(?:\d{1,2}[ .-])?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|\b89(?:[ -]?\d){15,20}`),
		digits:      regexp.MustCompile(`\d{10,}`),
		token:       regexp.MustCompile(`[\p{L}\p{N}\p{M}]+(?:['’_-][\p{L}\p{N}\p{M}]+)*`),
		fingerprint: regexp.MustCompile(`^[0-9a-f]{32,}$`),
		quoted:      regexp.MustCompile(`"(?:[^"\\]|\\.)*"`),

		fields:   regexp.MustCompile(`\b` + name + `)`),
		assigned: regexp.MustCompile(`\b` + name + `(?:=|: | is now | is | expects | was ))` + value),
		moved:    regexp.MustCompile(`\b` + name + ` )` + value + `( -> )` + value),
		prefixed: regexp.MustCompile(`\b(?:` + strings.Join(prefixes, "|") + `)[-_:]?[\w-]*\d[\w-]*`),
		kept:     regexp.MustCompile(`^(?:` + strings.Join(kept, "|") + `)\b`),
	}
})

// Text hides numbers, SIMs, subscribers and names in a text, wherever it is from: what is known of the run, what looks
// like them, and what is told of a field that has them.
func (m *Masker) Text(text string) string {
	if m == nil || text == "" {
		return text
	}
	p := compiled()
	text = p.moved.ReplaceAllStringFunc(text, func(s string) string {
		part := p.moved.FindStringSubmatch(s)
		return part[1] + told(part[2]) + part[3] + told(part[4])
	})
	text = p.assigned.ReplaceAllStringFunc(text, func(s string) string {
		part := p.assigned.FindStringSubmatch(s)
		return part[1] + told(part[2])
	})
	if at := p.fields.FindStringIndex(text); at != nil {
		text = text[:at[1]] + p.quoted.ReplaceAllStringFunc(text[at[1]:], told)
	}
	text = p.prefixed.ReplaceAllStringFunc(text, Value)
	text = p.token.ReplaceAllStringFunc(text, m.token) // before what may lead from one number to the next
	return p.phone.ReplaceAllStringFunc(text, Value)
}

// failure is [Masker.Text] of what an API answered, which may name somebody that the run does not know: what it quotes is
// hidden as well.
func (m *Masker) failure(text string) string {
	return compiled().quoted.ReplaceAllStringFunc(m.Text(text), func(quoted string) string {
		if compiled().kept.MatchString(strings.Trim(quoted, `"`)) {
			return quoted
		}
		return told(quoted)
	})
}

// told hides a value as messages write it. Words in place of one stay.
func told(value string) string {
	switch {
	case strings.HasPrefix(value, "("), strings.Contains(value, hidden):
		return value
	case strings.HasPrefix(value, `"`):
		return `"` + Value(strings.Trim(value, `"`)) + `"`
	}
	switch value {
	case settings.Clear, settings.Empty, settings.Unknown, "not", "no", "none", "too", "a", "an", "the", "sent", "set", "kept":
		return value
	}
	return Value(value)
}

// token hides a word that is known, or has the digits of a number.
func (m *Masker) token(word string) string {
	switch {
	case compiled().kept.MatchString(word), compiled().fingerprint.MatchString(word):
		return word
	case m.known[word]:
		return Value(word)
	}
	parts := strings.FieldsFunc(word, within)
	if len(parts) > 1 {
		for _, part := range parts {
			if m.known[part] {
				word = strings.Replace(word, part, Value(part), 1)
			}
		}
	}
	return compiled().digits.ReplaceAllStringFunc(word, Value)
}

// within reports what stands within words.
func within(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }

// learn takes in the words of a value, as they are written and in capitals.
func (m *Masker) learn(value string) {
	for _, word := range compiled().token.FindAllString(value, -1) {
		m.learnWord(word)
		if strings.IndexFunc(word, within) >= 0 {
			for _, part := range strings.FieldsFunc(word, within) {
				m.learnWord(part)
			}
		}
	}
}

// learnWord takes in a word. A single letter tells nobody's name, and is in every text.
func (m *Masker) learnWord(word string) {
	if utf8.RuneCountInString(word) < 2 {
		return
	}
	first, size := utf8.DecodeRuneInString(word)
	m.known[word] = true
	m.known[strings.ToUpper(word)] = true
	m.known[string(unicode.ToUpper(first))+strings.ToLower(word[size:])] = true
}
