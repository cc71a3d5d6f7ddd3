package input_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

func FuzzCSV(f *testing.F) {
	sample, err := os.ReadFile("../../samples/broken.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	for _, seed := range []string{
		"", "\n", "Number", "Number\n+18018018011", "Number,VoiceEnabled\n+18018018011,yes\n+18018018011,no\n+18018018011,x\n",
		"\ufeffNumber;VoiceEnabled\r\n+18018018011;on\r\n;\r\n", "Number\tCnamFirstName\n+18018018011\t\"a\nb\"\n",
		"Number,CnamFirstName\n+18018018011,\"a\n+18018018012,\"b\"\n", "Number,CnamFirstName\n+1,a\"b\n", "Number,Iccid\n1,2,3\n",
		"Number,CnamFirstName\n+18018018011,'<clear>\n+18018018012,<clear>\n", "\xff\xfeN\x00u\x00", "Number,CnamFirstName\n+18018018011,\"a\"\rb\n",
		"sep=;\nNumber;CnamFirstName\n+18018018011;B\"ob\n+18018018011;\"\na\"b\n", "\n\nNumber|CnamLastName\n\r\n\n+18018018011|\"\"\"",
		gzipped("Number,VoiceEnabled\n+18018018011,yes\n"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) { twoPasses(t, content, input.CSV) })
}

func FuzzJSONL(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "[]", `{"Number":"+18018018011","VoiceEnabled":true}`, `{"Number":"+18018018011","voice_enabled":1,"VoiceEnabled":0}`,
		"{\"Number\":\"+18018018011\",\"Iccid\":89}\n\n{\"Number\":\"+18018018011\"}{}\n{\"x\":[{\"]\":\"\\\"\"}]}",
		`{"Number":"\u002b18018018011","CnamLastName":"\ud800"}`, "{\"Number\":\"+18018018011\",\"Classification\":\"iot\",\"MessageType\":\"a2p\"}\n{",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) { twoPasses(t, content, input.JSONL) })
}

// twoPasses holds what must be so for any file: a verdict on every row, every
// invalid row has a problem and no other has, and the second pass agrees.
func twoPasses(t *testing.T, content []byte, format input.Format) {
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	blamed, warnings := map[int]bool{}, 0
	report := func(p input.Problem) {
		if strings.ContainsAny(p.String(), "\x00\n\r\x1b") || p.Message == "" {
			t.Errorf("the problem %q cannot be printed", p)
		}
		if p.Hint == "" {
			t.Errorf("the problem %q has no cure", p)
		}
		if p.Warning {
			warnings++
		} else {
			blamed[p.Row] = true
		}
	}
	o := input.Options{Format: format, AllowClear: true, MaxBytes: 1 << 20}
	file, err := input.Check(context.Background(), path, o, report)
	if err != nil {
		unreadable, ok := errors.AsType[*input.FileError](err)
		if !ok {
			t.Fatalf("no FileError: %v", err)
		}
		for _, p := range unreadable.Problems {
			report(p)
		}
		return
	}
	counts := input.Counts{Warnings: warnings}
	last := input.Row{}
	for row, err := range file.Rows(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Row != last.Row+1 || row.Line <= last.Line {
			t.Errorf("row %d on line %d follows row %d on line %d", row.Row, row.Line, last.Row, last.Line)
		}
		if invalid := row.Status == input.Invalid; invalid != blamed[row.Row] || invalid != (row.Error != "") {
			t.Errorf("row %d is %v, was blamed %v: %q", row.Row, row.Status, blamed[row.Row], row.Error)
		}
		count(&counts, row.Status)
		last = row
	}
	if diff := cmp.Diff(counts, file.Counts()); diff != "" {
		t.Error(diff)
	}
}

func count(c *input.Counts, s input.RowStatus) {
	c.Rows++
	switch s {
	case input.Valid:
		c.Valid++
	case input.Invalid:
		c.Invalid++
	case input.Duplicate:
		c.Duplicate++
	}
}
