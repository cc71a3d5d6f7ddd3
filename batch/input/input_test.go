package input_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// write puts content into a file and returns its path.
func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// check checks a file and returns its problems as lines of text.
func check(t testing.TB, path string, o input.Options) (*input.File, []string) {
	t.Helper()
	var problems []string
	file, err := input.Check(context.Background(), path, o, func(p input.Problem) { problems = append(problems, render(p)) })
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	return file, problems
}

func render(p input.Problem) string {
	if p.Warning {
		return fmt.Sprintf("warning: %s (%s)", p, p.Hint)
	}
	return fmt.Sprintf("%s (%s)", p, p.Hint)
}

func rows(t testing.TB, file *input.File) []input.Row {
	t.Helper()
	var all []input.Row
	for row, err := range file.Rows(context.Background()) {
		if err != nil {
			t.Fatalf("rows: %v", err)
		}
		all = append(all, row)
	}
	return all
}

// brief renders what is read of a file: "2 +18018018011 VoiceEnabled=true".
func brief(t testing.TB, content string, o input.Options) []string {
	t.Helper()
	file, problems := check(t, write(t, content), o)
	if problems != nil {
		t.Errorf("problems: %s", strings.Join(problems, "\n"))
	}
	var all []string
	for _, row := range rows(t, file) {
		all = append(all, fmt.Sprintf("%d %s %s", row.Line, row.Number, row.Settings))
	}
	return all
}

func TestEveryMistakeOfTheSampleIsReported(t *testing.T) {
	file, problems := check(t, "../../samples/broken.csv", input.Options{})
	want, err := os.ReadFile("testdata/broken.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), problems); diff != "" {
		t.Error(diff)
	}
	counts := input.Counts{Rows: 40, Valid: 3, Invalid: 36, Duplicate: 1, Warnings: 3}
	if diff := cmp.Diff(counts, file.Counts()); diff != "" {
		t.Error(diff)
	}
}

func TestSamplesHaveNoMistake(t *testing.T) {
	for name, want := range map[string]int{"nightly.csv": 25, "cutover.csv": 12, "rows.jsonl": 6} {
		file, problems := check(t, "../../samples/"+name, input.Options{})
		if problems != nil {
			t.Errorf("%s: %s", name, strings.Join(problems, "\n"))
		}
		if diff := cmp.Diff(input.Counts{Rows: want, Valid: want}, file.Counts()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestBlankMeansKeep(t *testing.T) {
	want := []string{"2 +18018018011 VoiceEnabled=true"}
	got := brief(t, "Number,VoiceEnabled,Iccid,CnamLastName\n+18018018011,true,, \n", input.Options{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	want = []string{"1 +18018018011 VoiceEnabled=true"}
	got = brief(t, `{"Number":"+18018018011","VoiceEnabled":true,"Iccid":null,"CnamLastName":""}`, input.Options{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestClearHasToBeAllowed(t *testing.T) {
	o := input.Options{AllowClear: true}
	want := []string{"2 +18018018011 VoiceRouteId=<clear> CnamLastName=<clear>"}
	got := brief(t, "Number,VoiceRouteId,CnamLastName\n+18018018011,<clear>,<CLEAR>\n", o)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, problems := check(t, write(t, "Number,MessageRouteId,VoiceEnabled,MessageType\n+18018018011,<clear>,,\n+18018018012,,<clear>,\n<clear>,,,a2p\n"), input.Options{})
	wantProblems := []string{
		`line 2: MessageRouteId "<clear>": clearing a field has to be allowed (allow it, if this is meant)`,
		`line 3: VoiceEnabled "<clear>": only text can be cleared (write a value, or leave the cell blank to keep the field)`,
		`line 4: Number "<clear>": contains letters (write + and digits only, without words or extensions)`,
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Error(diff)
	}
}

func TestValuesAreShownShortAndHarmless(t *testing.T) {
	long := strings.Repeat("x", 100)
	_, problems := check(t, write(t, "Number,VoiceRouteId\n"+long+",CRID-1\n+18018018011,CRID\x1b[31m-1\n"), input.Options{})
	want := []string{
		`line 2: Number "` + long[:60] + `… (100 characters)": contains letters (write + and digits only, without words or extensions)`,
		`line 3: VoiceRouteId "CRID\x1b[31m-1": contains the invisible character U+001B in place 5 (remove it)`,
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestAllMistakesOfARowAreInItsError(t *testing.T) {
	file, _ := check(t, write(t, "Number,VoiceEnabled,MessageType,CnamLastName\n801,maybe,a2p,A name that is long\n"), input.Options{})
	got := rows(t, file)[0]
	want := `Number "801": the + is missing (write + and the country code, then the number, digits only: +18018018011); ` +
		`VoiceEnabled "maybe": not a yes or no (write true or false (yes/no, 1/0, on/off and enabled/disabled are understood too))`
	if got.Status != input.Invalid || got.Error != want || got.Number != "801" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{`CnamLastName "A name that is long": the caller name has 19 characters, networks show 15 (shorten it)`}, got.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestNoRowsIsAMistake(t *testing.T) {
	file, problems := check(t, write(t, "Number,VoiceEnabled\n"), input.Options{})
	if diff := cmp.Diff([]string{"the file has no rows (see whether the export that made it was complete)"}, problems); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(input.Counts{}, file.Counts()); diff != "" {
		t.Error(diff)
	}
	if got := rows(t, file); got != nil {
		t.Errorf("rows: %v", got)
	}
}

func TestCancelEndsBothPasses(t *testing.T) {
	path := write(t, "Number,VoiceEnabled\n+18018018011,true\n+18018018012,true\n")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	file, err := input.Check(ctx, path, input.Options{}, func(input.Problem) {})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err = range file.Rows(ctx) {
		cancel()
		n++
	}
	if !errors.Is(err, context.Canceled) || n != 2 {
		t.Errorf("second pass: %v after %d", err, n)
	}
	if _, err := input.Check(ctx, path, input.Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("first pass: %v", err)
	}
}

func TestAFileThatChangesIsNoticed(t *testing.T) {
	path := write(t, "Number,VoiceEnabled\n+18018018011,true\n")
	file, _ := check(t, path, input.Options{})
	if err := os.WriteFile(path, []byte("Number,VoiceEnabled\n+18018018011,true\n+18018018012,true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var last error
	for _, last = range file.Rows(context.Background()) {
	}
	if last == nil || !strings.HasSuffix(last.Error(), "the file has changed since it was checked") {
		t.Errorf("got %v", last)
	}
}

func TestStoppingEarlyIsNoError(t *testing.T) {
	file, _ := check(t, write(t, "Number,VoiceEnabled\n+18018018011,true\n+18018018012,true\n"), input.Options{})
	for row, err := range file.Rows(context.Background()) {
		if err != nil || row.Row != 1 {
			t.Errorf("row %d, %v", row.Row, err)
		}
		break
	}
}

func TestAMissingFileIsNoFileError(t *testing.T) {
	_, err := input.Check(context.Background(), filepath.Join(t.TempDir(), "none.csv"), input.Options{}, nil)
	if _, ok := errors.AsType[*input.FileError](err); ok || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// repeat writes a line many times.
func repeat(line string, n int) string { return string(bytes.Repeat([]byte(line), n)) }
