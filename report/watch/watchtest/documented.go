package watchtest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Documented are the names in the first column of the table that follows some
// words in docs/watching.md, sorted.
func Documented(t *testing.T, words string) []string {
	t.Helper()
	content, err := os.ReadFile("../../../docs/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(content), words)
	_, text, table := strings.Cut(text, "\n|---|---|\n")
	if !found || !table {
		t.Fatalf("docs/watching.md has no table after %q", words)
	}
	var names []string
	for row := range strings.Lines(text) {
		if !strings.HasPrefix(row, "|") {
			break
		}
		for _, name := range regexp.MustCompile("`([a-z_]+)[^`]*`").FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			names = append(names, name[1])
		}
	}
	slices.Sort(names)
	return names
}
