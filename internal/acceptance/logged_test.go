package acceptance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// Whatever stands in a cell, an option or an answer: each line of the log is one
// JSON object, on standard error and in run.log.
func TestLogLinesAreJSON(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
		v.Refuse = "not \"" + after.CnamFirstName + "\"\\\r\n\x1b[2J\x00 {\"level\":\"info\"}"
		return v
	}})
	const cells = "Number,CnamFirstName,CnamLastName,Notes\n" +
		"+18015550001,\"O\"\"x\\\",世界,\"a\nb \x1b[2J\"\n" +
		"+18015550002,\"a\nb\",\"\x1b[2J\",\n" + // two lines: it is invalid
		"+18015550003,{},&<>',\u2028\n"
	if err := os.WriteFile(filepath.Join(o.dir, "weird.csv"), []byte(cells), 0o600); err != nil {
		t.Fatal(err)
	}
	c := o.bulknum(5, "apply", "weird.csv", "--yes", "--all", "--run", "one", "--ignore-column", "Notes", "--skip-invalid", "--max-invalid", "100%",
		"--max-failures", "100%", "--log-format", "json", "--log-level", "debug", "--job", "we\nird", "--ticket", "\x1b[2J\n", "--operator", "\xff\xfe")
	kept, err := os.ReadFile(filepath.Join(o.dir, "runs", "one", "run.log"))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"stderr": c.stderr.String(), "run.log": string(kept)} {
		lines := 0
		for line := range strings.Lines(text) {
			lines++
			var fields struct{ Time, Level, Message string }
			if err := json.Unmarshal([]byte(line), &fields); err != nil || fields.Time == "" || fields.Level == "" || fields.Message == "" {
				t.Errorf("%s: %v: %q", where, err, line)
			}
		}
		if failed := strings.Count(text, `"status":"failed"`); lines < 8 || failed != 2 || strings.ContainsAny(text, "\x1b\x00\r") {
			t.Errorf("%s: %d lines, %d rows that failed: %q", where, lines, failed, text)
		}
	}
}
