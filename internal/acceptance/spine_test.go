package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The scripts of a plain run have each command, see docs/testing.md.
func TestAPlainRunHasEachCommand(t *testing.T) {
	t.Parallel()
	pages, err := os.ReadFile(root + "docs/flags.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var plain strings.Builder
	for _, name := range scripts {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut("\n"+string(script), "\n[plain] ")
		plain.WriteString(text + "\n")
	}
	commands := regexp.MustCompile(`(?m)^## (bulknum.*)$`).FindAllStringSubmatch(string(pages), -1)
	if len(commands) == 0 {
		t.Fatal("docs/flags.md names no command")
	}
	for _, command := range commands {
		if !regexp.MustCompile(`(?m)^[^#\n]*` + command[1] + `(\s|$)`).MatchString(plain.String()) {
			t.Errorf("no script shows %s in a plain run", command[1])
		}
	}
}
