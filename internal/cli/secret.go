package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/words"
)

// assigned is the line of a file of variables: TELEGENT_TOKEN=…
var assigned = regexp.MustCompile(`^(export\s+)?[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\s*=`)

// secretOf returns the secret, or the address, that a variable or a file has: one line, whose ends do not belong to it.
// The error says what it is instead, and nothing of it: the API would only say that it is wrong, and an account may be
// locked after a few of those.
func secretOf(content []byte) (string, error) {
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) || bytes.IndexByte(content, 0) >= 0 {
		return "", errors.New("it is in UTF-16: write it as plain text")
	}
	if bytes.HasPrefix(content, []byte("\ufeff")) {
		return "", errors.New("it begins with a byte order mark: write it without one")
	}
	secret := strings.TrimSpace(string(content))
	switch {
	case strings.ContainsAny(secret, "\r\n"):
		return "", errors.New("it has more than one line: write the value alone")
	case assigned.MatchString(secret):
		return "", errors.New("it has the name of a variable before the value: write the value alone")
	case quoted(secret):
		return "", errors.New("it stands in quotes: write it without them")
	case !utf8.ValidString(secret):
		return "", errors.New("it is not text in UTF-8: write it as plain text")
	}
	for i, r := range []rune(secret) {
		if !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) {
			return "", fmt.Errorf("character %d is invisible: write it again", i+1)
		}
	}
	return secret, nil
}

// warnOfReaders warns of a secret's file that others can read, unless it is mounted so.
func (s Streams) warnOfReaders(option, path string) {
	if info, err := os.Stat(path); err == nil && safefile.OthersRead(info) && !safefile.Fixed(path) {
		s.warn("%s: other users can read the secret; keep them out: chmod go-r %s", option, words.ShellWord(path))
	}
}

// quoted reports whether a text stands between quotes, as shells and Docker's files of variables treat in different ways.
func quoted(text string) bool {
	return len(text) > 1 && text[0] == text[len(text)-1] && strings.IndexByte("\"'`", text[0]) >= 0
}
