package acceptance

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bulknum/bulknum/internal/schematest"
)

// valid is `valid NAME`: what the last command printed is as the schema of that name has it; of lines, each.
func valid(ts *testscript.TestScript, _ bool, args []string) {
	holds := schematest.Document
	if strings.HasSuffix(args[0], "-line") {
		holds = schematest.Lines
	}
	ts.Check(holds(args[0], []byte(ts.ReadFile("stdout"))))
}

// written are the files of a script that programs read, by their names.
var written = map[string]func([]byte) error{
	"summary.json": func(file []byte) error { return schematest.Document("summary", file) },
	"results.csv":  schematest.Results,
	"nightly.prom": schematest.Metrics,
}

// holdFiles holds what a script left in its folder against the schemas.
func holdFiles(folder string) error {
	return filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		holds := written[entry.Name()]
		if err != nil || holds == nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // what a script has made unreadable is none of ours
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		if err := holds(content); err != nil {
			return &fs.PathError{Op: "hold", Path: file, Err: err}
		}
		return nil
	})
}

// asksJSON is a command of a script that prints documents.
var asksJSON = regexp.MustCompile(`^(?:exec|exits [0-9]+) (?:sh -c ')?bulknum (plan diff|\S+) .*(?:--json|--format jsonl)\b`)

// Whatever a script has printed for programs is held against its schema, and there is no schema that none prints.
func TestScriptsHoldDocumentsAgainstSchemas(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{
		"summary": true, "results.csv": true, "metrics": true, // files
		"live-state": true, "notification": true, // which are held where tests follow a run, and are notified
	}
	for _, script := range scripts {
		content, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(content), "\n")
		for i, line := range lines {
			asked := asksJSON.FindStringSubmatch(line)
			if len(asked) < 2 || asked[1] == "export" || strings.HasPrefix(line, "exits 64 ") {
				continue
			}
			name, is := strings.CutPrefix(lines[i+1], "valid ")
			if is {
				held[name] = true
			} else if lines[i+1] != "! stdout ." {
				t.Errorf("%s:%d: the next line does not hold it against a schema: %s", script, i+1, line)
			}
		}
	}
	names, err := schematest.Names()
	if err != nil || len(names) < len(held) {
		t.Fatalf("%d schemas: %v", len(names), err)
	}
	for _, name := range names {
		if !held[name] {
			t.Errorf("no script prints what the schema %s describes", name)
		}
	}
}
