package input_test

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
)

func seq(rows []input.Row, last error) iter.Seq2[input.Row, error] {
	return func(yield func(input.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
		if last != nil {
			yield(input.Row{}, last)
		}
	}
}

func ExampleWrite() {
	var s settings.Settings
	s.Set("CnamFirstName", "=cmd()")
	s.Set("CnamLastName", "")
	rows := func(yield func(input.Row, error) bool) { yield(input.Row{Number: "+18018018011", Settings: s}, nil) }
	if err := input.Write(os.Stdout, rows); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Number,MessageEnabled,VoiceEnabled,MessageType,Classification,MessageRouteId,VoiceRouteId,AssignedSubscriberId,Iccid,CnamFirstName,CnamLastName,ProductType
	// +18018018011,,,,,,,,,'=cmd(),<clear>,
}

func TestGuard(t *testing.T) {
	for text, want := range map[string]string{
		"":              "",
		"+18018018011":  "+18018018011",
		"+":             "+",
		"+1+2":          "'+1+2",
		"=cmd()":        "'=cmd()",
		"@SUM(A1)":      "'@SUM(A1)",
		"-1":            "'-1",
		"\t=1":          "'\t=1",
		"\r=1":          "'\r=1",
		"'t Hooft":      "'t Hooft",
		"'=1":           "''=1",
		"''=1":          "'''=1",
		"'+18018018011": "'+18018018011",
		"<clear>":       "'<clear>",
		"<Clear>":       "'<Clear>",
		"<empty>":       "'<empty>",
		"<b>":           "<b>",
		"#REF!":         "'#REF!",
		"#1":            "#1",
		"MRID-1":        "MRID-1",
	} {
		if got := input.Guard(text); got != want {
			t.Errorf("Guard(%q) = %q, want %q", text, got, want)
		}
	}
}

// Only settings are guarded: an apostrophe before a number is a mistake, whatever follows it.
func TestNumbersAreNotGuarded(t *testing.T) {
	_, problems := check(t, write(t, "Number,VoiceEnabled\n'+1 801 801 8011,yes\n"), input.Options{})
	want := []string{`line 2: Number "'+1 801 801 8011": starts with an apostrophe (write +18018018011)`}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestWriteStopsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	if err := input.Write(&strings.Builder{}, seq(nil, broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := input.Write(full{}, seq([]input.Row{{Number: "+18018018011"}}, nil)); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// names are texts that are special to spreadsheets, to CSV or to this package.
var special = []string{
	"=cmd()", "'x", "''", "'=x", "''=x", "<clear>", "'<clear>", "<empty>", "'<empty>", "#N/A", "'#N/A", "-", "+1", "+1-2", "@a", `a"b`, `"`, "a,b", "a;b", `\.`, "'",
}

// anyRows draws rows as they are after a file has been read.
func anyRows(t *rapid.T) []input.Row {
	surname, _ := settings.Lookup("CnamLastName")
	name := rapid.OneOf(rapid.SampledFrom(special), rapid.StringOfN(rapid.RuneFrom(nil, unicode.GraphicRanges...), 1, 15, 60)).
		Filter(func(s string) bool {
			if _, flaw := surname.Parse(s); flaw != nil && !flaw.Warning {
				return false // a word for nothing
			}
			return strings.TrimSpace(s) == s && !strings.ContainsRune(s, unicode.ReplacementChar)
		})
	id := rapid.OneOf(rapid.SampledFrom([]string{"'x", "T1"}), rapid.StringMatching(`['A-Za-z][A-Za-z0-9]{4,9}`))
	draw := func(label string, s *settings.Settings) {
		for _, f := range settings.Fields() {
			switch choice := rapid.IntRange(0, 3).Draw(t, label+f.Name); {
			case choice == 0 || f.Kind == settings.Bool:
			case f.Kind == settings.Enum:
				s.Set(f.Name, rapid.SampledFrom(f.Values[1:]).Draw(t, "value"))
			case choice == 1:
				s.Set(f.Name, "")
			case f.Name == "Iccid":
				s.Set(f.Name, rapid.StringMatching(`89[0-9]{16,18}[1-9]F?`).Draw(t, "value"))
			case strings.HasPrefix(f.Name, "Cnam"):
				s.Set(f.Name, name.Draw(t, "value"))
			default:
				s.Set(f.Name, id.Draw(t, "value"))
			}
		}
	}
	var rows []input.Row
	for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
		row := input.Row{Row: i + 1, Line: i + 2, Number: fmt.Sprintf("+1801801%04d", i)}
		row.Settings.Set("VoiceEnabled", rapid.SampledFrom([]string{"true", "false"}).Draw(t, "VoiceEnabled"))
		draw("", &row.Settings)
		draw("If.", &row.If)
		rows = append(rows, row)
	}
	return rows
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		want := anyRows(rt)
		file, err := os.Create(dir + "/rows.csv")
		if err != nil {
			rt.Fatal(err)
		}
		if err := input.WriteConditional(file, seq(want, nil)); err != nil {
			rt.Fatal(err)
		}
		if err := file.Close(); err != nil {
			rt.Fatal(err)
		}
		checked, problems := check(t, file.Name(), input.Options{AllowClear: true})
		got := rows(t, checked)
		for i := range got {
			got[i].Warnings = nil // of long names and check digits
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b settings.Settings) bool { return a == b })); diff != "" {
			rt.Errorf("%s\n%s", diff, strings.Join(problems, "\n"))
		}
	})
}
