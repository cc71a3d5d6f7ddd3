package acceptance

import (
	"os"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// follow is `follow FROM`: the commands that docs/cutover.md gives below a line that
// begins so, each as it stands there. The script stops at one that fails.
func follow(ts *testscript.TestScript, _ bool, args []string) {
	document, err := os.ReadFile(root + "docs/cutover.md")
	ts.Check(err)
	block := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(args[0]) + `.*\n\n((?:    .*\n)+)`).FindSubmatch(document)
	if block == nil {
		ts.Fatalf("docs/cutover.md has no commands below %q", args[0])
	}
	for line := range strings.Lines(string(block[1])) {
		ts.Check(ts.Exec("/bin/sh", "-c", strings.TrimSpace(line)))
	}
}
