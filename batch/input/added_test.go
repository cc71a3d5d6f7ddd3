package input_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/input"
)

// inUTF16 is ASCII text in UTF-16, little-endian, with its mark.
func inUTF16(text string) string {
	return "\xff\xfe" + strings.Join(strings.Split(text, ""), "\x00") + "\x00"
}

// Rows can be added behind a file of any form; they keep their settings and preconditions, and their lines are counted
// on from the file's.
func TestAddedRowsStandBehindTheFile(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		line    int
	}{
		"a line end at the end": {"Number,MessageRouteId\n+18015550100,MRID-1\n", 4},
		"no line end":           {"Number,MessageRouteId\r\n+18015550100,MRID-1", 4},
		"blank lines":           {"Number;MessageRouteId\n\n+18015550100;MRID-1\n\n", 6},
		"JSON":                  {`{"Number":"+18015550100","MessageRouteId":"MRID-1"}`, 3},
		"gzip":                  {gzipped("Number,MessageRouteId\n+18015550100,MRID-1\n"), 4},
		"UTF-16":                {inUTF16("Number,MessageRouteId\n+18015550100,MRID-1"), 4},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "input")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			row := input.Row{Number: "+18015550101"}
			row.Settings.Set("CnamFirstName", "=Bob")
			row.If.Set("MessageRouteId", "")
			var more bytes.Buffer
			var o input.Options
			added, err := input.Append(&more, path, o, int64(len(test.content)), func(yield func(input.Row, error) bool) { yield(row, nil) })
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.content+more.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			o.Added = added
			file, err := input.Check(t.Context(), path, o, func(p input.Problem) { t.Error(p) })
			if err != nil {
				t.Fatal(err)
			}
			var rows []input.Row
			for row, err := range file.Rows(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				rows = append(rows, row)
			}
			if len(rows) != 2 || rows[0].Added || !rows[1].Added {
				t.Fatalf("the rows are %+v", rows)
			}
			got := rows[1]
			if got.Line != test.line || got.Row != 2 || got.Number != row.Number || got.Settings != row.Settings || got.If != row.If {
				t.Errorf("the added row is %+v, want line %d of %+v", got, test.line, row)
			}
		})
	}
}

// A file that seems cut off seems so with rows behind it too.
func TestAddedRowsHideNoCut(t *testing.T) {
	const own = "Number,MessageRouteId\n+18015550100,MRID-12345\n+18015550101,MRID-1"
	path := filepath.Join(t.TempDir(), "input")
	var more strings.Builder
	if err := os.WriteFile(path, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	added, err := input.Append(&more, path, input.Options{}, int64(len(own)), func(yield func(input.Row, error) bool) {
		yield(input.Row{Number: "+18015550102"}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(own+more.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = input.Check(t.Context(), path, input.Options{Added: added}, func(input.Problem) {})
	if !strings.Contains(fmt.Sprint(err), "may have been cut off") {
		t.Errorf("error %v", err)
	}
}
