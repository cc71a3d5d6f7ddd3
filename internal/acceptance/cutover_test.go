package acceptance

import (
	"os"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// follow is `follow FROM`: the commands that the README gives below a line that
// begins so, each as it stands there. The script stops at one that fails.
func follow(ts *testscript.TestScript, _ bool, args []string) {
	readme, err := os.ReadFile(root + "README.md")
	ts.Check(err)
	block := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(args[0]) + `.*\n\n((?:    .*\n)+)`).FindSubmatch(readme)
	if block == nil {
		ts.Fatalf("the README has no commands below %q", args[0])
	}
	for line := range strings.Lines(string(block[1])) {
		ts.Check(ts.Exec("/bin/sh", "-c", strings.TrimSpace(line)))
	}
}
