package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ShellWord makes a word safe to be pasted into a shell, and to be printed before: what is no printable character is
// escaped, in the quotes $'…' of POSIX.1-2024 (section 2.2.4).
func ShellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:+,@%=", r)
	}
	switch {
	case word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0:
		return word
	case Printable(word) == word:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var quoted strings.Builder
	quoted.WriteString("$'")
	for word != "" {
		r, size := utf8.DecodeRuneInString(word)
		switch char := word[:size]; {
		case r == '\'' || r == '\\':
			quoted.WriteString(`\` + char)
		case r == utf8.RuneError || !unicode.IsGraphic(r):
			for _, b := range []byte(char) {
				fmt.Fprintf(&quoted, `\%03o`, b)
			}
		default:
			quoted.WriteString(char)
		}
		word = word[size:]
	}
	return quoted.String() + "'"
}
